#pragma once
// Finds in a prompt what a declaration asks for.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dates.h"
#include "declaration.h"

namespace pagoda::external {

/// The prompt, read once for all rules.
struct Prompt {
  std::string text;  ///< as it came, cut to what is looked at
  std::u32string folded;
  Language language = Language::English;

  static Prompt of(std::string_view text, std::optional<Language> language);
};

/// Parameters by name; absent ones are not required and have no default.
using Values = std::map<std::string, std::string, std::less<>>;

/// The value of one parameter, by its rules or its default.
std::optional<std::string> valueOf(const Parameter& parameter, const Prompt& prompt,
                                   const Date& today);

/// All of them. Throws Failure(PAGODA_E_UNSUPPORTED) that says what is missing, or that the prompt
/// asks for something else (`when`): another model may know the answer.
Values readValues(const Api& api, const Prompt& prompt, const Date& today);

/// Whether `when` lets the prompt in.
bool wants(const Api& api, const Prompt& prompt);

}  // namespace pagoda::external
