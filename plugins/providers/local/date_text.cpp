// Dates as people write them: findDate of calendar.h.
#include <array>
#include <utility>

#include "calendar.h"
#include "refusal.h"

namespace pagoda::local {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) {}
  std::size_t at() const { return at_; }
  void space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view word) {
    if (!startsWith(text_.substr(at_), word)) return false;
    at_ += word.size();
    return true;
  }
  // Up to `most` digits; none follows.
  std::optional<long long> digits(std::size_t least, std::size_t most) {
    std::size_t end = at_;
    long long value = 0;
    while (end < text_.size() && isDigit(text_[end]) && end - at_ < most)
      value = value * 10 + (text_[end++] - '0');
    if (end - at_ < least || (end < text_.size() && isDigit(text_[end]))) return std::nullopt;
    at_ = end;
    return value;
  }
  std::string_view rest() const { return text_.substr(at_); }

 private:
  std::string_view text_;
  std::size_t at_;
};

DateMatch found(long long year, long long month, long long day, std::size_t begin,
                std::size_t end) {
  const auto date = makeDate(year, month, day);
  const std::string written =
      std::to_string(year) + "-" + std::to_string(month) + "-" + std::to_string(day);
  if (!date)
    throw Refusal(
        {"there is no day " + written + " in the calendar", written + "という日は暦にありません"});
  return {*date, begin, end - begin};
}

// 2026-11-25, 2026/11/25, 2026.11.25
std::optional<DateMatch> numeric(std::string_view text, std::size_t at) {
  for (const std::string_view separator : {"-", "/", "."}) {
    Cursor c(text, at);
    const auto year = c.digits(4, 4);
    if (!year || !c.take(separator)) continue;
    const auto month = c.digits(1, 2);
    if (!month || !c.take(separator)) continue;
    if (const auto day = c.digits(1, 2)) return found(*year, *month, *day, at, c.at());
  }
  return std::nullopt;
}

// 2026年11月25日, 令和8年11月25日, 11月25日
std::optional<DateMatch> japanese(std::string_view text, std::size_t at, const Date& today) {
  constexpr std::pair<std::string_view, int> kEras[] = {
      {"令和", 2018}, {"平成", 1988}, {"昭和", 1925}};
  Cursor c(text, at);
  int before = 0;
  for (const auto& [name, offset] : kEras)
    if (c.take(name)) before = offset;
  long long year = today.year;
  Cursor monthFirst = c;
  const auto first = before != 0 && c.take("元") ? std::optional<long long>(1) : c.digits(1, 4);
  if (!first) return std::nullopt;
  if (c.take("年")) {
    year = *first + before;
    monthFirst = c;
  } else if (before != 0) {
    return std::nullopt;
  }
  monthFirst.space();
  const auto month = monthFirst.digits(1, 2);
  if (!month || !monthFirst.take("月")) return std::nullopt;
  monthFirst.space();
  const auto day = monthFirst.digits(1, 2);
  if (!day || !monthFirst.take("日")) return std::nullopt;
  return found(year, *month, *day, at, monthFirst.at());
}

int monthNamed(Cursor& c) {
  constexpr std::array<std::string_view, 12> kMonths{
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    for (const std::string_view name :
         {kMonths[i], std::string_view("sept"), kMonths[i].substr(0, 3)}) {
      if (name == "sept" && i != 8) continue;
      const std::string_view rest = c.rest();
      if (!startsWith(rest, name) || (rest.size() > name.size() && isAsciiWord(rest[name.size()])))
        continue;
      c.take(name);
      c.take(".");
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

void takeOrdinal(Cursor& c) {
  for (const std::string_view ending : {"st", "nd", "rd", "th"})
    if (c.take(ending)) return;
}

// November 25, 2026 and Nov 25
std::optional<DateMatch> monthFirst(std::string_view text, std::size_t at, const Date& today) {
  Cursor c(text, at);
  const int month = monthNamed(c);
  if (month == 0) return std::nullopt;
  c.space();
  const auto day = c.digits(1, 2);
  if (!day) return std::nullopt;
  takeOrdinal(c);
  Cursor withYear = c;
  withYear.take(",");
  withYear.space();
  const auto year = withYear.digits(4, 4);
  return found(year.value_or(today.year), month, *day, at, year ? withYear.at() : c.at());
}

// 25 November 2026, 25th of Nov
std::optional<DateMatch> dayFirst(std::string_view text, std::size_t at, const Date& today) {
  Cursor c(text, at);
  const auto day = c.digits(1, 2);
  if (!day) return std::nullopt;
  takeOrdinal(c);
  c.space();
  if (c.take("of ")) c.space();
  const int month = monthNamed(c);
  if (month == 0) return std::nullopt;
  Cursor withYear = c;
  withYear.take(",");
  withYear.space();
  const auto year = withYear.digits(4, 4);
  return found(year.value_or(today.year), month, *day, at, year ? withYear.at() : c.at());
}

std::optional<DateMatch> relative(std::string_view text, std::size_t at, const Date& today) {
  constexpr std::pair<std::string_view, int> kWords[] = {{"the day after tomorrow", 2},
                                                         {"the day before yesterday", -2},
                                                         {"today", 0},
                                                         {"tomorrow", 1},
                                                         {"yesterday", -1},
                                                         {"明後日", 2},
                                                         {"あさって", 2},
                                                         {"一昨日", -2},
                                                         {"おととい", -2},
                                                         {"今日", 0},
                                                         {"本日", 0},
                                                         {"きょう", 0},
                                                         {"明日", 1},
                                                         {"あした", 1},
                                                         {"昨日", -1},
                                                         {"きのう", -1}};
  const std::string_view rest = text.substr(at);
  for (const auto& [word, days] : kWords) {
    if (!startsWith(rest, word)) continue;
    const auto date = dateOf(dayNumber(today) + days);
    if (date) return DateMatch{*date, at, word.size()};
  }
  return std::nullopt;
}

}  // namespace

std::optional<DateMatch> findDate(std::string_view text, std::size_t from, const Date& today) {
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    // A date does not begin within a word or a number.
    if (at > 0 && isAsciiWord(c) && isAsciiWord(text[at - 1])) continue;
    std::optional<DateMatch> match;
    if (isDigit(c)) {
      match = numeric(text, at);
      if (!match) match = japanese(text, at, today);
      if (!match) match = dayFirst(text, at, today);
    } else {
      match = relative(text, at, today);
      if (!match) match = japanese(text, at, today);
      if (!match) match = monthFirst(text, at, today);
    }
    if (match) return match;
  }
  return std::nullopt;
}

}  // namespace pagoda::local
