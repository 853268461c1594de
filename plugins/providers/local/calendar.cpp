#include "calendar.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pagoda::local {

bool isLeap(int year) noexcept {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int daysInMonth(int year, int month) noexcept {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && isLeap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::optional<Date> makeDate(long long year, long long month, long long day) noexcept {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  const Date date{static_cast<int>(year), static_cast<int>(month),
                  static_cast<int>(std::min(day, 99LL))};
  if (date.day > daysInMonth(date.year, date.month)) return std::nullopt;
  return date;
}

// Counts in years that begin in March, so that the leap day is the last of its year.
std::int64_t dayNumber(const Date& date) noexcept {
  const std::int64_t year = date.month > 2 ? date.year : date.year - 1;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t era = year / 400;
  const std::int64_t yearOfEra = year - era * 400;
  const std::int64_t dayOfYear = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  constexpr std::int64_t kDaysOfEra = 146097, kEpoch = 719468;
  return era * kDaysOfEra + dayOfEra - kEpoch;
}

std::optional<Date> dateOf(std::int64_t number) noexcept {
  static const std::int64_t first = dayNumber({1, 1, 1});
  static const std::int64_t last = dayNumber({9999, 12, 31});
  if (number < first || number > last) return std::nullopt;
  // The year by its mean length, then corrected by at most one.
  int year = static_cast<int>(1970 + number * 400 / 146097);
  year = std::clamp(year, 1, 9999);
  while (year > 1 && dayNumber({year, 1, 1}) > number) --year;
  while (year < 9999 && dayNumber({year + 1, 1, 1}) <= number) ++year;
  int rest = static_cast<int>(number - dayNumber({year, 1, 1}));
  int month = 1;
  for (; rest >= daysInMonth(year, month); ++month) rest -= daysInMonth(year, month);
  return Date{year, month, rest + 1};
}

int weekday(const Date& date) noexcept {
  const auto days = static_cast<int>((dayNumber(date) + 4) % 7);  // 1970-01-01 was a Thursday
  return days < 0 ? days + 7 : days;
}

std::optional<Date> addMonths(const Date& date, std::int64_t months) noexcept {
  constexpr std::int64_t kMost = 12 * 20000;
  if (months > kMost || months < -kMost) return std::nullopt;
  const std::int64_t count = date.year * 12LL + date.month - 1 + months;
  if (count < 12 || count >= 10000LL * 12) return std::nullopt;
  const auto year = static_cast<int>(count / 12);
  const auto month = static_cast<int>(count % 12) + 1;
  return Date{year, month, std::min(date.day, daysInMonth(year, month))};
}

int dayOfYear(const Date& date) noexcept {
  return static_cast<int>(dayNumber(date) - dayNumber({date.year, 1, 1})) + 1;
}

int isoWeek(const Date& date) noexcept {
  // The week belongs to the year of its Thursday.
  const int isoDay = weekday(date) == 0 ? 7 : weekday(date);
  const auto thursday = dateOf(dayNumber(date) + 4 - isoDay);
  return thursday ? (dayOfYear(*thursday) - 1) / 7 + 1 : 1;
}

const Phrase& weekdayName(int weekday) {
  static const std::array<Phrase, 7> names{{{"Sunday", "日"},
                                            {"Monday", "月"},
                                            {"Tuesday", "火"},
                                            {"Wednesday", "水"},
                                            {"Thursday", "木"},
                                            {"Friday", "金"},
                                            {"Saturday", "土"}}};
  return names[static_cast<std::size_t>(weekday)];
}

std::string shown(const Date& date, Tongue tongue) {
  const Phrase& name = weekdayName(weekday(date));
  std::array<char, 64> buffer{};
  if (tongue == Tongue::Japanese) {
    std::snprintf(buffer.data(), buffer.size(), "%d年%d月%d日(%s)", date.year, date.month, date.day,
                  name.ja.c_str());
  } else {
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d (%s)", date.year, date.month,
                  date.day, name.en.c_str());
  }
  return buffer.data();
}

}  // namespace pagoda::local
