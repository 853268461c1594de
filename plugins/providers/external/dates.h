#pragma once
// Dates in a prompt, English and Japanese.

#include <optional>
#include <string>
#include <string_view>

namespace pagoda::external {

/// Proleptic Gregorian; always a day that exists.
struct Date {
  int year = 1970;
  int month = 1;
  int day = 1;
};

/// The local date.
Date today();

/// The first date as YYYY-MM-DD: 2026-11-25, 2026/11/25, 2026年11月25日, 11月25日, 25 November
/// 2026, November 25, today, yesterday, tomorrow, 3 days ago, 今日, 昨日, 明日, 一昨日, 明後日,
/// 3日前, 3日後. Without a year it is that of `today`.
std::optional<std::string> findDate(std::u32string_view text, const Date& today);

}  // namespace pagoda::external
