#pragma once
// From what became of a plan to the strategy's lesson: at the request's end, and from its record
// when somebody rates it later.

#include <optional>
#include <string_view>

#include "core/domain/answer.h"
#include "core/domain/lesson.h"
#include "core/domain/routing.h"
#include "core/services/selector.h"

namespace pagoda::services {

/// Of the outcome's attempts from `first` on; of `request` and a collected answer it is checked
/// whether the answer is a weak one.
Lesson lessonOf(const ChatRequest& request, const Plan& plan, const Selection& selection,
                const Outcome& outcome, std::size_t first, Millis total);

/// None where no strategy decided, or the text is no record.
std::optional<Lesson> lessonOf(std::string_view decisionJson);

}  // namespace pagoda::services
