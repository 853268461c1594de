#include "dates.h"

#include <utility>

#include "numerals.h"
#include "refusal.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMaxPrompt = 400;
constexpr long long kMostDays = 4'000'000;

enum class Span { Days, Weeks, Months, Years };

/// "100 days", 「3か月」.
struct Period {
  long long count = 0;
  Span span = Span::Days;
  std::size_t begin = 0, end = 0;
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Period> periodAt(std::string_view text, std::size_t begin) {
  constexpr std::pair<std::string_view, Span> kSpans[] = {
      {"business days", Span::Days}, {"days", Span::Days},   {"day", Span::Days},
      {"weeks", Span::Weeks},        {"week", Span::Weeks},  {"months", Span::Months},
      {"month", Span::Months},       {"years", Span::Years}, {"year", Span::Years},
      {"日間", Span::Days},          {"日", Span::Days},     {"週間", Span::Weeks},
      {"か月", Span::Months},        {"ヶ月", Span::Months}, {"ヵ月", Span::Months},
      {"カ月", Span::Months},        {"ケ月", Span::Months}, {"箇月", Span::Months},
      {"年間", Span::Years},         {"年", Span::Years}};
  std::size_t at = begin;
  long long count = 0;
  while (at < text.size() && isDigit(text[at]) && at - begin < 8)
    count = count * 10 + (text[at++] - '0');
  if (at == begin || (at < text.size() && isDigit(text[at]))) return std::nullopt;
  while (at < text.size() && text[at] == ' ') ++at;
  for (const auto& [name, span] : kSpans) {
    if (!startsWith(text.substr(at), name)) continue;
    const std::size_t end = at + name.size();
    if (name == "business days" ||
        (isAsciiWord(name.back()) && end < text.size() && isAsciiWord(text[end])))
      continue;
    return Period{count, span, begin, end};
  }
  return std::nullopt;
}

// The first period outside of the date at [skipBegin, skipEnd).
std::optional<Period> findPeriod(std::string_view text, std::size_t skipBegin,
                                 std::size_t skipEnd) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at >= skipBegin && at < skipEnd) continue;
    if (!isDigit(text[at]) || (at > 0 && (isDigit(text[at - 1]) || text[at - 1] == '.'))) continue;
    if (auto period = periodAt(text, at)) return period;
  }
  return std::nullopt;
}

Date moved(const Date& date, const Period& period, int sign) {
  std::optional<Date> result;
  if (period.count <= kMostDays) {
    switch (period.span) {
      case Span::Days:
        result = dateOf(dayNumber(date) + sign * period.count);
        break;
      case Span::Weeks:
        result = dateOf(dayNumber(date) + sign * period.count * 7);
        break;
      case Span::Months:
        result = addMonths(date, sign * period.count);
        break;
      case Span::Years:
        result = addMonths(date, sign * period.count * 12);
        break;
    }
  }
  if (!result)
    throw Refusal({"that date lies outside of the years 1 to 9999",
                   "その日付は西暦1年から9999年の範囲を外れます"});
  return *result;
}

bool hasAny(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (containsWord(text, word)) return true;
  return false;
}

// +1 later, -1 earlier, 0: the text says neither. `around` is what stands right before the period.
int direction(std::string_view text, const Period& period) {
  const std::string_view before = trim(text.substr(0, period.begin));
  const std::string_view after = trim(text.substr(period.end));
  if (startsWith(after, "後") || startsWith(after, "先") || startsWith(after, "を足") ||
      startsWith(after, "を加"))
    return 1;
  if (startsWith(after, "前") || startsWith(after, "を引")) return -1;
  if (endsWith(before, "+") || endsWith(before, "plus") || endsWith(before, "add")) return 1;
  if (endsWith(before, "-") || endsWith(before, "minus") || endsWith(before, "subtract")) return -1;
  if (startsWith(after, "ago") || startsWith(after, "before") || startsWith(after, "prior") ||
      startsWith(after, "earlier"))
    return -1;
  if (startsWith(after, "after") || startsWith(after, "from") || startsWith(after, "later") ||
      startsWith(after, "since"))
    return 1;
  return endsWith(before, "in") ? 1 : 0;
}

std::string joined(Tongue tongue, const std::string& en, const std::string& ja) {
  return tongue == Tongue::Japanese ? ja : en;
}

std::string difference(const Date& a, const Date& b, Tongue tongue) {
  const std::int64_t days = dayNumber(b) - dayNumber(a);
  const std::int64_t size = days < 0 ? -days : days;
  const std::string count = std::to_string(size);
  std::string en = "From " + shown(a, tongue) + " to " + shown(b, tongue) + ": " + count +
                   (size == 1 ? " day" : " days");
  std::string ja = shown(a, tongue) + "から" + shown(b, tongue) + "まで: " + count + "日";
  if (size >= 14) {
    const std::string weeks = std::to_string(size / 7), rest = std::to_string(size % 7);
    en += " (" + weeks + " weeks" +
          (size % 7 == 0 ? "" : " and " + rest + (size % 7 == 1 ? " day" : " days")) + ")";
    ja += "(" + weeks + "週間" + (size % 7 == 0 ? "" : "と" + rest + "日") + ")";
  }
  if (days < 0) {
    en += ", backwards in time";
    ja += "(過去に向かって)";
  }
  return joined(tongue, en, ja);
}

std::optional<std::string> leapYear(std::string_view text, Tongue tongue) {
  if (!contains(text, "leap year") && !contains(text, "うるう年") && !contains(text, "閏年"))
    return std::nullopt;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!isDigit(text[at]) || (at > 0 && isDigit(text[at - 1]))) continue;
    std::size_t end = at;
    int year = 0;
    while (end < text.size() && isDigit(text[end]) && end - at < 5)
      year = year * 10 + (text[end++] - '0');
    if (year < 1 || year > 9999) return std::nullopt;
    const std::string name = std::to_string(year);
    const int days = isLeap(year) ? 366 : 365;
    return joined(tongue,
                  (isLeap(year) ? "Yes, " + name + " is a leap year"
                                : "No, " + name + " is not a leap year") +
                      " (" + std::to_string(days) + " days).",
                  name + "年は" + (isLeap(year) ? "うるう年です" : "うるう年ではありません") + "(" +
                      std::to_string(days) + "日)。");
  }
  return std::nullopt;
}

bool asksWeekday(std::string_view text) {
  return hasAny(text, {"what day", "which day", "day of the week", "weekday", "何曜日",
                       "なんようび", "曜日"});
}

bool asksDifference(std::string_view text) {
  return hasAny(text, {"between", "how many days", "how long", "until", "till", "days from",
                       "days since", "difference", "何日", "日数", "まで", "あと", "差"});
}

bool asksToday(std::string_view text) {
  return hasAny(text, {"what date", "date today", "today's date", "what is today", "what's today",
                       "the date", "何日", "日付", "何月", "いつ"});
}

std::string dateFacts(const Date& date, Tongue tongue) {
  const std::string week = std::to_string(isoWeek(date)), day = std::to_string(dayOfYear(date));
  return joined(tongue,
                shown(date, tongue) + ", ISO week " + week + ", day " + day + " of the year",
                shown(date, tongue) + "、ISO第" + week + "週、年の" + day + "日目");
}

}  // namespace

std::optional<std::string> answerDates(std::string_view prompt, const Date& today, Tongue tongue) {
  if (prompt.size() > kMaxPrompt) return std::nullopt;
  const std::string text = digitsForNumerals(lower(foldWidth(prompt)));
  if (auto leap = leapYear(text, tongue)) return leap;
  const auto first = findDate(text, 0, today);
  const auto second = first ? findDate(text, first->begin + first->size, today) : std::nullopt;
  if (first && second &&
      (asksDifference(text) || contains(text, "から") || contains(text, " to ") ||
       contains(text, " - ")))
    return difference(first->date, second->date, tongue);

  const std::size_t skipEnd = first ? first->begin + first->size : 0;
  const auto period = findPeriod(text, first ? first->begin : 0, skipEnd);
  if (period) {
    const int sign = direction(text, *period);
    const bool bare = trim(text).size() - (period->end - period->begin) <= 40;
    if (sign != 0 && (first || bare)) {
      const Date from = first ? first->date : today;
      const std::string result = shown(moved(from, *period, sign), tongue);
      return joined(tongue, result, result + "です");
    }
  }
  if (!first) return std::nullopt;
  if (asksWeekday(text))
    return joined(
        tongue, shown(first->date, tongue),
        shown(first->date, tongue) + "は" + weekdayName(weekday(first->date)).ja + "曜日です");
  const bool onlyRelative =
      std::string_view(text).substr(first->begin, first->size).find_first_of("0123456789") ==
      std::string_view::npos;
  if (hasAny(text,
             {"until", "till", "since", "how many days", "まで", "あと何日", "何日前", "何日後"}) &&
      !onlyRelative) {
    const bool since = hasAny(text, {"since", "何日たち", "何日前"});
    return since ? difference(first->date, today, tongue) : difference(today, first->date, tongue);
  }
  if (hasAny(text, {"week number", "which week", "what week", "第何週", "何週目", "day of the year",
                    "何日目"}))
    return dateFacts(first->date, tongue);
  const bool alone = trim(text).size() <= first->size + 3;
  if ((onlyRelative && asksToday(text) && charCount(text) <= 40) || (alone && !onlyRelative))
    return dateFacts(first->date, tongue);
  return std::nullopt;
}

}  // namespace pagoda::local
