#pragma once
// Calendar days of an IANA time zone, for budgets whose months begin where their owner lives. Reads
// the system's zone files; nothing in the process depends on TZ.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"

namespace pagoda {

/// A calendar day as a number, 20261125. Its month is `day / 100`, and days compare as they come.
using CalendarDay = std::int32_t;

/// Immutable, thread-safe.
class TimeZone {
 public:
  static std::shared_ptr<const TimeZone> utc();
  /// "Asia/Tokyo", from /usr/share/zoneinfo (or the folder that TZDIR names). Null: there is no
  /// such zone, or its file cannot be read. "UTC" needs no file.
  static std::shared_ptr<const TimeZone> find(const std::string& name);
  /// From the bytes of a zone file. Source: RFC 8536, read 2026-11. Null: malformed.
  static std::shared_ptr<const TimeZone> parse(std::string name, std::string_view bytes);

  const std::string& name() const { return name_; }
  /// Seconds east of UTC at an instant.
  std::int64_t offsetAt(std::int64_t unixSeconds) const noexcept;
  CalendarDay dayOf(UnixMillis time) const noexcept;
  /// The first instant of a day: where a clock change leaves midnight out, of what follows it.
  UnixMillis startOf(CalendarDay day) const noexcept;

 private:
  /// One end of summer time, as the file's last line says it for all years to come.
  struct Change {
    char kind = 'M';  ///< M month.week.day, J day 1-365 without Feb 29, 0 day 0-365
    int month = 0, week = 0, day = 0;
    std::int64_t time = 7200;  ///< seconds after midnight, local
  };
  struct Rule {
    std::int64_t standard = 0, summer = 0;
    bool hasSummer = false;
    Change begin, end;
  };
  static bool parseRule(std::string_view text, Rule& rule);
  static std::int64_t secondOf(const Change& change, std::int64_t year) noexcept;
  std::int64_t byRule(std::int64_t unixSeconds) const noexcept;

  std::string name_ = "UTC";
  std::vector<std::int64_t> from_;     ///< instants at which an offset begins
  std::vector<std::int64_t> offsets_;  ///< of from_
  std::int64_t before_ = 0;            ///< offset before the first of them
  bool hasRule_ = false;               ///< `rule_` holds after the last of them
  Rule rule_;
};

/// Days since 1970-01-01 of a date, and the date of such a day. Source: H. Hinnant,
/// "chrono-compatible low-level date algorithms", read 2026-11.
std::int64_t daysFromCivil(std::int64_t year, unsigned month, unsigned day) noexcept;
CalendarDay civilFromDays(std::int64_t days) noexcept;
/// Of "2026-11-25", a day of the calendar; 0: it is none. And back.
CalendarDay parseDay(std::string_view text) noexcept;
std::string formatDay(CalendarDay day);
/// Days from one to another; below 0 where `to` comes first.
std::int64_t daysBetween(CalendarDay from, CalendarDay to) noexcept;
/// The day after, and the number of days of a month (202611).
CalendarDay nextDay(CalendarDay day) noexcept;
int daysInMonth(std::int32_t month) noexcept;

}  // namespace pagoda
