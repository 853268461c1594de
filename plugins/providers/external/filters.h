#pragma once
// What a template may do to a value, from left to right: {now:/temp|round:1}
//
//   round:N        a number with N decimals          number:N   the same with 1,234 separators
//   times:name     times a parameter or a number
//   table:name     the word for a code; no value when the table lacks it
//   date           2026-11-25… as "25 November 2026" or 2026年11月25日
//   time           the hh:mm of an ISO time
//   text           HTML's text                       quote      each line behind "> "
//   lines          keeps line ends (else spaces)     cut:N      at most N characters
//   upper lower    ASCII case                        default:x  when there is no value

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace pagoda::external {

struct Filter {
  enum class Kind {
    Round,
    Number,
    Times,
    Table,
    Date,
    Time,
    Text,
    Quote,
    Lines,
    Cut,
    Upper,
    Lower,
    Default
  };
  Kind kind = Kind::Lines;
  std::string argument;
  int number = 0;
};

struct Words {
  std::string english;
  std::string japanese;
};
/// Codes to words.
using Table = std::map<std::string, Words, std::less<>>;

struct FilterContext {
  Language language = Language::English;
  const std::map<std::string, Table, std::less<>>* tables = nullptr;
  std::function<std::optional<std::string>(std::string_view)> parameter;
};

/// `round:1|cut:20`. Throws Failure(PAGODA_E_CONFIG).
std::vector<Filter> readFilters(std::string_view text);

/// Applies them and makes the result safe to show. What is no number passes `round`, `number` and
/// `times` as no value.
std::optional<std::string> filtered(std::optional<std::string> value,
                                    const std::vector<Filter>& filters,
                                    const FilterContext& context);

/// A decimal with `decimals` places; with commas if `grouped`.
std::string formatted(double number, int decimals, bool grouped);

}  // namespace pagoda::external
