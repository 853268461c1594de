#pragma once
// Questions about dates: days between two, the weekday, a date some time later or earlier, leap
// years.

#include <optional>
#include <string>
#include <string_view>

#include "calendar.h"

namespace pagoda::local {

/// An answer in `tongue`, or nullopt when the prompt asks for nothing of the kind. Throws Refusal.
std::optional<std::string> answerDates(std::string_view prompt, const Date& today, Tongue tongue);

}  // namespace pagoda::local
