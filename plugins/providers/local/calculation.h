#pragma once
// Calculation asked for in words: "what is 15% of 80?", 「12かける3は？」.

#include <optional>
#include <string>
#include <string_view>

#include "text.h"

namespace pagoda::local {

/// "12 * 3 = 36", or nullopt when the prompt asks for no calculation. Throws Refusal when it does
/// and cannot be done.
std::optional<std::string> calculate(std::string_view prompt);

/// The prompt with its words of arithmetic as signs and its words of asking taken away.
std::string expressionOf(std::string_view prompt);

}  // namespace pagoda::local
