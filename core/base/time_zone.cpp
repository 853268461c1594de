#include "core/base/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace pagoda {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kLargestFile = 1 << 20;

/// Reads big-endian numbers; `good` turns false at the end of the bytes.
struct Bytes {
  std::string_view left;
  bool good = true;

  std::string_view take(std::size_t size) {
    if (size > left.size()) {
      good = false;
      return {};
    }
    const std::string_view taken = left.substr(0, size);
    left.remove_prefix(size);
    return taken;
  }
  std::int64_t number(std::size_t size) {
    const std::string_view bytes = take(size);
    if (bytes.empty()) return 0;
    std::uint64_t value = (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }
};

struct Counts {
  std::size_t utcFlags = 0, wallFlags = 0, leaps = 0, times = 0, types = 0, letters = 0;
  std::size_t bytes(std::size_t timeSize) const {
    return times * timeSize + times + types * 6 + letters + leaps * (timeSize + 4) + wallFlags +
           utcFlags;
  }
};

std::optional<Counts> readHead(Bytes& bytes, char& version) {
  const std::string_view head = bytes.take(20);
  if (head.substr(0, 4) != "TZif") return std::nullopt;
  version = head[4];
  Counts counts;
  for (std::size_t* count : {&counts.utcFlags, &counts.wallFlags, &counts.leaps, &counts.times,
                             &counts.types, &counts.letters}) {
    *count = static_cast<std::size_t>(bytes.number(4));
    if (*count > kLargestFile) return std::nullopt;
  }
  if (!bytes.good || counts.types == 0) return std::nullopt;
  return counts;
}

/// A POSIX TZ string, front to back.
struct RuleText {
  std::string_view left;

  bool skipName() {
    std::size_t size = 0;
    if (left.starts_with('<')) {
      size = left.find('>');
      if (size == std::string_view::npos) return false;
      ++size;
    } else {
      while (size < left.size() && ((left[size] | 0x20) >= 'a' && (left[size] | 0x20) <= 'z'))
        ++size;
      if (size < 3) return false;
    }
    left.remove_prefix(size);
    return true;
  }
  bool skip(char c) {
    if (!left.starts_with(c)) return false;
    left.remove_prefix(1);
    return true;
  }
  std::optional<int> number() {
    std::size_t size = 0;
    int value = 0;
    while (size < left.size() && left[size] >= '0' && left[size] <= '9' && size < 6)
      value = value * 10 + (left[size++] - '0');
    if (size == 0) return std::nullopt;
    left.remove_prefix(size);
    return value;
  }
  /// [+-]hh[:mm[:ss]] in seconds.
  std::optional<std::int64_t> duration() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const auto hours = number();
    if (!hours) return std::nullopt;
    std::int64_t seconds = *hours * 3600;
    for (const int unit : {60, 1}) {
      if (!skip(':')) break;
      const auto part = number();
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }
};

bool isLeap(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

std::int64_t floorDiv(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

std::int64_t daysFromCivil(std::int64_t year, unsigned month, unsigned day) noexcept {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = floorDiv(year, 400);
  const std::int64_t yearOfEra = year - era * 400;
  const std::int64_t dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719'468;
}

CalendarDay civilFromDays(std::int64_t days) noexcept {
  days += 719'468;
  const std::int64_t era = floorDiv(days, 146'097);
  const std::int64_t dayOfEra = days - era * 146'097;
  const std::int64_t yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36'524 - dayOfEra / 146'096) / 365;
  const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::int64_t shifted = (5 * dayOfYear + 2) / 153;
  const std::int64_t day = dayOfYear - (153 * shifted + 2) / 5 + 1;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return static_cast<CalendarDay>(year * 10'000 + month * 100 + day);
}

namespace {
std::int64_t daysOf(CalendarDay day) {
  return daysFromCivil(day / 10'000, static_cast<unsigned>(day / 100 % 100),
                       static_cast<unsigned>(day % 100));
}
}  // namespace

CalendarDay parseDay(std::string_view text) noexcept {
  CalendarDay day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) continue;
    if (text[i] < '0' || text[i] > '9') return 0;
    day = day * 10 + (text[i] - '0');
  }
  const int month = day / 100 % 100;
  if (month < 1 || month > 12 || day % 100 < 1 || day % 100 > daysInMonth(day / 100)) return 0;
  return day;
}

std::string formatDay(CalendarDay day) {
  std::string text = std::to_string(day);
  if (text.size() < 8) text.insert(0, 8 - text.size(), '0');
  return text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2);
}

std::int64_t daysBetween(CalendarDay from, CalendarDay to) noexcept {
  return daysOf(to) - daysOf(from);
}

CalendarDay nextDay(CalendarDay day) noexcept {
  return civilFromDays(daysOf(day) + 1);
}

int daysInMonth(std::int32_t month) noexcept {
  const std::int32_t after = month % 100 == 12 ? (month / 100 + 1) * 100 + 1 : month + 1;
  return static_cast<int>(daysOf(after * 100 + 1) - daysOf(month * 100 + 1));
}

std::shared_ptr<const TimeZone> TimeZone::utc() {
  static const auto zone = std::make_shared<const TimeZone>();
  return zone;
}

std::shared_ptr<const TimeZone> TimeZone::find(const std::string& name) {
  if (name == "UTC" || name == "Etc/UTC") return utc();
  // A name is a path below the folder, never one that leaves it.
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos ||
      name.find('\0') != std::string::npos)
    return nullptr;
  const char* folder = std::getenv("TZDIR");
  std::ifstream file(std::string(folder == nullptr ? "/usr/share/zoneinfo" : folder) + "/" + name,
                     std::ios::binary);
  if (!file) return nullptr;
  std::string bytes(kLargestFile, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return parse(name, bytes);
}

std::shared_ptr<const TimeZone> TimeZone::parse(std::string name, std::string_view text) {
  Bytes bytes{text};
  char version = 0;
  std::optional<Counts> counts = readHead(bytes, version);
  if (!counts) return nullptr;
  std::size_t timeSize = 4;
  if (version >= '2') {
    // The first block is for readers of 32-bit times.
    bytes.take(counts->bytes(4));
    counts = readHead(bytes, version);
    if (!counts) return nullptr;
    timeSize = 8;
  }
  auto zone = std::make_shared<TimeZone>();
  zone->name_ = std::move(name);
  for (std::size_t i = 0; i < counts->times && bytes.good; ++i)
    zone->from_.push_back(bytes.number(timeSize));
  const std::string_view kinds = bytes.take(counts->times);
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < counts->types && bytes.good; ++i) {
    offsets.push_back(bytes.number(4));
    bytes.take(2);
  }
  bytes.take(counts->letters + counts->leaps * (timeSize + 4) + counts->wallFlags +
             counts->utcFlags);
  if (!bytes.good || !std::ranges::is_sorted(zone->from_)) return nullptr;
  for (const char kind : kinds) {
    const auto index = static_cast<unsigned char>(kind);
    if (index >= offsets.size()) return nullptr;
    zone->offsets_.push_back(offsets[index]);
  }
  zone->before_ = offsets.front();
  if (timeSize == 8 && bytes.left.size() > 2 && bytes.left.front() == '\n') {
    const std::string_view rule = bytes.left.substr(1, bytes.left.find('\n', 1) - 1);
    zone->hasRule_ = !rule.empty();
    if (zone->hasRule_ && !parseRule(rule, zone->rule_)) return nullptr;
  }
  return zone;
}

bool TimeZone::parseRule(std::string_view text, Rule& rule) {
  RuleText rest{text};
  if (!rest.skipName()) return false;
  const auto west = rest.duration();
  if (!west) return false;
  rule.standard = -*west;
  if (rest.left.empty()) return true;
  rule.hasSummer = true;
  rule.summer = rule.standard + 3600;
  if (!rest.skipName()) return false;
  if (!rest.left.starts_with(',')) {
    const auto summer = rest.duration();
    if (!summer) return false;
    rule.summer = -*summer;
  }
  for (Change* change : {&rule.begin, &rule.end}) {
    if (!rest.skip(',')) return false;
    change->kind = rest.skip('M') ? 'M' : rest.skip('J') ? 'J' : '0';
    const auto first = rest.number();
    if (!first) return false;
    change->day = *first;
    if (change->kind == 'M') {
      change->month = *first;
      if (!rest.skip('.')) return false;
      const auto week = rest.number();
      if (!week || !rest.skip('.')) return false;
      const auto day = rest.number();
      if (!day || *first < 1 || *first > 12 || *week < 1 || *week > 5 || *day > 6) return false;
      change->week = *week;
      change->day = *day;
    }
    if (rest.skip('/')) {
      const auto time = rest.duration();
      if (!time) return false;
      change->time = *time;
    }
  }
  return rest.left.empty();
}

/// The change's second of the year's count since 1970, in the local time before it.
std::int64_t TimeZone::secondOf(const Change& change, std::int64_t year) noexcept {
  std::int64_t days = 0;
  if (change.kind == 'M') {
    const auto month = static_cast<unsigned>(change.month);
    const std::int64_t first = daysFromCivil(year, month, 1);
    const std::int64_t weekday = ((first + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    days = first + (change.day - weekday + 7) % 7 + (change.week - 1) * 7;
    const int length = daysInMonth(static_cast<std::int32_t>(year * 100 + change.month));
    if (days >= first + length) days -= 7;
  } else {
    days = daysFromCivil(year, 1, 1) + change.day;
    if (change.kind == 'J') {
      days -= 1;
      if (isLeap(year) && change.day >= 60) days += 1;
    }
  }
  return days * kDay + change.time;
}

std::int64_t TimeZone::byRule(std::int64_t unixSeconds) const noexcept {
  if (!rule_.hasSummer) return rule_.standard;
  const std::int64_t year = civilFromDays(floorDiv(unixSeconds + rule_.standard, kDay)) / 10'000;
  const std::int64_t begin = secondOf(rule_.begin, year) - rule_.standard;
  const std::int64_t end = secondOf(rule_.end, year) - rule_.summer;
  const bool summer = begin < end ? unixSeconds >= begin && unixSeconds < end
                                  : unixSeconds >= begin || unixSeconds < end;
  return summer ? rule_.summer : rule_.standard;
}

std::int64_t TimeZone::offsetAt(std::int64_t unixSeconds) const noexcept {
  const auto next = std::ranges::upper_bound(from_, unixSeconds);
  if (next == from_.end() && hasRule_) return byRule(unixSeconds);
  if (next == from_.begin()) return before_;
  return offsets_[static_cast<std::size_t>(next - from_.begin() - 1)];
}

CalendarDay TimeZone::dayOf(UnixMillis time) const noexcept {
  const std::int64_t seconds = floorDiv(time, 1000);
  return civilFromDays(floorDiv(seconds + offsetAt(seconds), kDay));
}

UnixMillis TimeZone::startOf(CalendarDay day) const noexcept {
  // Between the earliest and the latest instant that any zone calls this midnight, the day changes
  // once.
  std::int64_t before = daysOf(day) * kDay - 26 * 3600;
  std::int64_t after = daysOf(day) * kDay + 26 * 3600;
  while (after - before > 1) {
    const std::int64_t middle = before + (after - before) / 2;
    (dayOf(middle * 1000) >= day ? after : before) = middle;
  }
  return after * 1000;
}

}  // namespace pagoda
