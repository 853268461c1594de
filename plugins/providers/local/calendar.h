#pragma once
// The proleptic Gregorian calendar, years 1 to 9999.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text.h"

namespace pagoda::local {

struct Date {
  int year = 1970;
  int month = 1;
  int day = 1;
  bool operator==(const Date&) const = default;
};

bool isLeap(int year) noexcept;
int daysInMonth(int year, int month) noexcept;
/// nullopt for a day that does not exist.
std::optional<Date> makeDate(long long year, long long month, long long day) noexcept;
/// Days since 1970-01-01.
std::int64_t dayNumber(const Date& date) noexcept;
/// nullopt outside the years 1 to 9999.
std::optional<Date> dateOf(std::int64_t dayNumber) noexcept;
/// 0 is Sunday.
int weekday(const Date& date) noexcept;
/// The last day of the month where the day does not exist: January 31 + 1 month is February 28.
std::optional<Date> addMonths(const Date& date, std::int64_t months) noexcept;
/// ISO 8601.
int isoWeek(const Date& date) noexcept;
int dayOfYear(const Date& date) noexcept;

const Phrase& weekdayName(int weekday);
/// "Wednesday, 2026-11-25" or 「2026年11月25日(水)」.
std::string shown(const Date& date, Tongue tongue);

/// A date as people write it: 2026-11-25, 2026/11/25, 2026年11月25日, 11月25日 (of `today`'s year),
/// 令和8年11月25日, November 25, 2026, 25 Nov 2026, today, tomorrow, yesterday, 今日 and so on.
struct DateMatch {
  Date date;
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// The first date in `text` (lower case, folded) at or after `from`. Throws Refusal for one that
/// does not exist, such as 2026-02-30.
std::optional<DateMatch> findDate(std::string_view text, std::size_t from, const Date& today);

}  // namespace pagoda::local
