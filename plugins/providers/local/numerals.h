#pragma once
// Japanese numerals: 三万五千 and 3万5千 as digits.

#include <string>
#include <string_view>

namespace pagoda::local {

/// Every numeral of `text` that has a Japanese numeral in it, as ASCII digits; all else as it is.
/// 十二 is 12, 二〇二六 is 2026, 1.5億 is 150000000.
std::string digitsForNumerals(std::string_view text);

}  // namespace pagoda::local
