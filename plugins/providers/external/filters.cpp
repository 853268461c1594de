#include "filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <pagoda/sdk.hpp>

namespace pagoda::external {
namespace {

using Kind = Filter::Kind;

constexpr std::size_t kMostFilters = 8;
constexpr std::size_t kLongestValue = 4000;
constexpr int kMostDecimals = 12;
constexpr double kLargestShown = 1e15;

struct Named {
  std::string_view name;
  Kind kind;
  enum class Argument { None, Count, Text } argument;
};
constexpr std::array<Named, 13> kFilters = {{{"round", Kind::Round, Named::Argument::Count},
                                             {"number", Kind::Number, Named::Argument::Count},
                                             {"times", Kind::Times, Named::Argument::Text},
                                             {"table", Kind::Table, Named::Argument::Text},
                                             {"date", Kind::Date, Named::Argument::None},
                                             {"time", Kind::Time, Named::Argument::None},
                                             {"text", Kind::Text, Named::Argument::None},
                                             {"quote", Kind::Quote, Named::Argument::None},
                                             {"lines", Kind::Lines, Named::Argument::None},
                                             {"cut", Kind::Cut, Named::Argument::Count},
                                             {"upper", Kind::Upper, Named::Argument::None},
                                             {"lower", Kind::Lower, Named::Argument::None},
                                             {"default", Kind::Default, Named::Argument::Text}}};

Filter readFilter(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto known = std::ranges::find(kFilters, name, &Named::name);
  if (known == kFilters.end())
    throw sdk::Failure(PAGODA_E_CONFIG, "there is no filter '" + std::string(name) + "'");
  Filter filter{known->kind, {}, 0};
  if (colon != std::string_view::npos) filter.argument = text.substr(colon + 1);
  const auto wrong = [&](const char* what) {
    throw sdk::Failure(PAGODA_E_CONFIG, "filter '" + std::string(name) + "' " + what);
  };
  if (known->argument == Named::Argument::None && colon != std::string_view::npos)
    wrong("takes no argument");
  if (known->argument == Named::Argument::Text && filter.argument.empty()) wrong("needs one");
  if (known->argument == Named::Argument::Count) {
    const char* const end = filter.argument.data() + filter.argument.size();
    const auto [stop, error] = std::from_chars(filter.argument.data(), end, filter.number);
    if (error != std::errc{} || stop != end || filter.number < 0 ||
        filter.number > static_cast<int>(kLongestValue))
      wrong("needs a number");
    if (filter.kind != Kind::Cut && filter.number > kMostDecimals) wrong("has too many decimals");
  }
  return filter;
}

std::optional<double> numberIn(std::string_view text) {
  // Some servers put numbers into strings, with a sign, commas or a percent sign.
  std::string digits;
  for (const char c : text)
    if (c != ',' && c != ' ' && c != '+') digits += c;
  if (digits.ends_with('%')) digits.pop_back();
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || stop != digits.data() + digits.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

int digitsAt(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  if (text.size() < at + size) return -1;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::string dateText(const std::string& iso, Language language) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const int year = digitsAt(iso, 0, 4);
  const int month = digitsAt(iso, 5, 2);
  const int day = digitsAt(iso, 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || iso[4] != '-' || iso[7] != '-')
    return iso;
  if (language == Language::Japanese)
    return std::to_string(year) + "年" + std::to_string(month) + "月" + std::to_string(day) + "日";
  return std::to_string(day) + " " + std::string(kMonths[static_cast<std::size_t>(month - 1)]) +
         " " + std::to_string(year);
}

std::string timeText(const std::string& iso) {
  const std::size_t at = iso.find('T');
  if (at == std::string::npos || digitsAt(iso, at + 1, 2) < 0 || digitsAt(iso, at + 4, 2) < 0)
    return iso;
  return iso.substr(at + 1, 5);
}

std::string quoted(const std::string& text) {
  std::string out = "> ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out;
}

std::string cased(std::string text, bool upper) {
  for (char& c : text) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

std::optional<std::string> lookedUp(const std::string& code, const Filter& filter,
                                    const FilterContext& context) {
  if (context.tables == nullptr) return std::nullopt;
  const auto table = context.tables->find(filter.argument);
  if (table == context.tables->end()) return std::nullopt;
  auto entry = table->second.find(code);
  if (entry == table->second.end()) {
    // 3.0 is code 3 as well.
    const auto number = numberIn(code);
    if (number) entry = table->second.find(formatted(*number, 0, false));
    if (!number || std::trunc(*number) != *number || entry == table->second.end())
      return std::nullopt;
  }
  return context.language == Language::Japanese ? entry->second.japanese : entry->second.english;
}

std::optional<std::string> arithmetic(const std::string& value, const Filter& filter,
                                      const FilterContext& context) {
  const auto number = numberIn(value);
  if (!number || std::abs(*number) >= kLargestShown) return std::nullopt;
  if (filter.kind != Kind::Times)
    return formatted(*number, filter.number, filter.kind == Kind::Number);
  auto factor = numberIn(filter.argument);
  if (!factor && context.parameter) {
    const auto parameter = context.parameter(filter.argument);
    if (parameter) factor = numberIn(*parameter);
  }
  if (!factor) return std::nullopt;
  const double product = *number * *factor;
  if (!std::isfinite(product) || std::abs(product) >= kLargestShown) return std::nullopt;
  return formatted(product, kMostDecimals, false);
}

std::optional<std::string> applied(const std::string& value, const Filter& filter,
                                   const FilterContext& context) {
  switch (filter.kind) {
    case Kind::Round:
    case Kind::Number:
    case Kind::Times:
      return arithmetic(value, filter, context);
    case Kind::Table:
      return lookedUp(value, filter, context);
    case Kind::Date:
      return dateText(value, context.language);
    case Kind::Time:
      return timeText(value);
    case Kind::Text:
      return withoutTags(value);
    case Kind::Upper:
    case Kind::Lower:
      return cased(value, filter.kind == Kind::Upper);
    default:
      return value;
  }
}

}  // namespace

std::vector<Filter> readFilters(std::string_view text) {
  std::vector<Filter> filters;
  for (;;) {
    const std::size_t bar = text.find('|');
    filters.push_back(readFilter(text.substr(0, bar)));
    if (bar == std::string_view::npos) break;
    text.remove_prefix(bar + 1);
  }
  if (filters.size() > kMostFilters)
    throw sdk::Failure(PAGODA_E_CONFIG, "more than 8 filters at one place");
  return filters;
}

std::optional<std::string> filtered(std::optional<std::string> value,
                                    const std::vector<Filter>& filters,
                                    const FilterContext& context) {
  bool lines = false;
  bool quotes = false;
  std::size_t most = kLongestValue;
  for (const Filter& filter : filters) {
    if (filter.kind == Kind::Default) {
      if (!value) value = filter.argument;
    } else if (value) {
      value = applied(*value, filter, context);
    }
    lines = lines || filter.kind == Kind::Lines;
    quotes = quotes || filter.kind == Kind::Quote;
    if (filter.kind == Kind::Cut) most = static_cast<std::size_t>(filter.number);
  }
  if (!value) return std::nullopt;
  // Whatever was done to it, a stranger's text ends up bounded and without tricks.
  std::string clean = cleaned(*value, most, lines);
  if (clean.empty()) return std::nullopt;
  return quotes ? quoted(clean) : clean;
}

std::string formatted(double number, int decimals, bool grouped) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::fixed, decimals)
                       .ptr;
  std::string text(digits.data(), end);
  if (text.find_first_not_of("-0.") == std::string::npos && text.starts_with('-')) text.erase(0, 1);
  if (!grouped) return text;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t start = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = point; at > start + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace pagoda::external
