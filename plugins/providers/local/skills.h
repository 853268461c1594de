#pragma once
// What the provider can do: the first skill that recognises the prompt answers it.

#include <string>
#include <string_view>

#include "calendar.h"
#include "text.h"

namespace pagoda::local {

struct SkillAnswer {
  std::string text;
  std::string_view skill;  ///< calculation, units, dates, summary, conversion, language, task, help
};

/// Answers any prompt; what no skill covers gets an honest account of what this provider is.
SkillAnswer answer(std::string_view prompt, const Date& today);

}  // namespace pagoda::local
