#include "dates.h"

#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <utility>
#include <vector>

#include "pattern.h"
#include "text.h"

namespace pagoda::external {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

year_month_day of(const Date& date) {
  return {year(date.year), month(static_cast<unsigned>(date.month)),
          day(static_cast<unsigned>(date.day))};
}

std::string padded(int number, std::size_t digits) {
  std::string text = std::to_string(number);
  return text.size() >= digits ? text : std::string(digits - text.size(), '0') + text;
}

std::optional<std::string> isoOf(year_month_day date) {
  if (!date.ok() || int(date.year()) < 1 || int(date.year()) > 9999) return std::nullopt;
  return padded(int(date.year()), 4) + "-" + padded(static_cast<int>(unsigned(date.month())), 2) +
         "-" + padded(static_cast<int>(unsigned(date.day())), 2);
}

std::vector<int> numbersIn(std::u32string_view text) {
  std::vector<int> numbers;
  bool inside = false;
  for (const char32_t c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !inside) numbers.push_back(0);
    if (digit && numbers.back() < 100'000)
      numbers.back() = numbers.back() * 10 + static_cast<int>(c - '0');
    inside = digit;
  }
  return numbers;
}

int monthNamed(std::u32string_view text) {
  constexpr std::array<std::u32string_view, 12> kMonths = {U"jan", U"feb", U"mar", U"apr",
                                                           U"may", U"jun", U"jul", U"aug",
                                                           U"sep", U"oct", U"nov", U"dec"};
  std::u32string lower(text);
  for (char32_t& c : lower) c = lowered(c);
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (lower.find(kMonths[i]) != std::u32string::npos) return static_cast<int>(i + 1);
  return 0;
}

enum class Form {
  YearMonthDay,
  MonthDay,
  NamedDayFirst,
  NamedMonthFirst,
  DaysAgo,
  DaysLater,
  Word
};
struct Rule {
  Pattern pattern;
  Form form;
  int offset = 0;  // days, of a word
};

const std::vector<Rule>& rules() {
  constexpr const char* kMonth =
      "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
      "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
  static const std::vector<Rule> made = [&] {
    const std::string name = kMonth;
    std::vector<Rule> out;
    const auto add = [&](const std::string& pattern, Form form, int offset = 0) {
      out.push_back({Pattern(pattern), form, offset});
    };
    add("\\d{4}\\s*[-/年.]\\s*\\d{1,2}\\s*[-/月.]\\s*\\d{1,2}", Form::YearMonthDay);
    add("\\d{1,2}\\s*月\\s*\\d{1,2}\\s*日", Form::MonthDay);
    add("\\b\\d{1,2}(?:st|nd|rd|th)?(?: of)? " + name + "\\b,?(?: \\d{4})?", Form::NamedDayFirst);
    add("\\b" + name + "\\.? \\d{1,2}(?:st|nd|rd|th)?\\b(?:,? \\d{4}\\b)?", Form::NamedMonthFirst);
    add("\\b\\d{1,4} days? ago\\b|\\d{1,4}\\s*日前", Form::DaysAgo);
    add("\\bin \\d{1,4} days?\\b|\\d{1,4}\\s*日後", Form::DaysLater);
    add("\\bday before yesterday\\b|一昨日|おととい", Form::Word, -2);
    add("\\bday after tomorrow\\b|明後日|あさって", Form::Word, 2);
    add("\\byesterday\\b|昨日|きのう", Form::Word, -1);
    add("\\btomorrow\\b|明日|あした", Form::Word, 1);
    add("\\btoday\\b|今日|本日|きょう", Form::Word, 0);
    return out;
  }();
  return made;
}

std::optional<year_month_day> dateOf(const Rule& rule, std::u32string_view text,
                                     const Date& today) {
  const std::vector<int> numbers = numbersIn(text);
  const auto shifted = [&](int offset) {
    return year_month_day(sys_days(of(today)) + days(offset));
  };
  switch (rule.form) {
    case Form::YearMonthDay:
      return of({numbers[0], numbers[1], numbers[2]});
    case Form::MonthDay:
      return of({today.year, numbers[0], numbers[1]});
    case Form::NamedDayFirst:
    case Form::NamedMonthFirst:
      return of({numbers.size() > 1 ? numbers[1] : today.year, monthNamed(text), numbers[0]});
    case Form::DaysAgo:
      return shifted(-numbers[0]);
    case Form::DaysLater:
      return shifted(numbers[0]);
    case Form::Word:
      return shifted(rule.offset);
  }
  return std::nullopt;
}

}  // namespace

Date today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return {local.tm_year + 1900, local.tm_mon + 1, local.tm_mday};
}

std::optional<std::string> findDate(std::u32string_view text, const Date& today) {
  std::size_t first = std::numeric_limits<std::size_t>::max();
  std::optional<std::string> found;
  for (const Rule& rule : rules()) {
    const auto match = rule.pattern.find(text);
    // A rule further up sees more of the same words: "day before yesterday" has a yesterday.
    if (!match || match->whole.from >= first) continue;
    const auto words = text.substr(match->whole.from, match->whole.to - match->whole.from);
    const auto date = dateOf(rule, words, today);
    const auto iso = date ? isoOf(*date) : std::nullopt;
    if (!iso) continue;
    first = match->whole.from;
    found = iso;
  }
  return found;
}

}  // namespace pagoda::external
