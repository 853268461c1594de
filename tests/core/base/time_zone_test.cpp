#include "core/base/time_zone.h"

#include <catch2/catch.hpp>

using namespace pagoda;

namespace {

constexpr std::int64_t kHour = 3600;
// 2026-11-30T23:59:59Z
constexpr UnixMillis kLastOfNovember = 1'796'083'199'000;

// A version 2 file without transitions: all is in its last line, as in today's zone files.
std::string zoneFile(const std::string& rule) {
  const std::string counts("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4", 24);
  const std::string type("\0\0\0\0\0\0", 6);
  const std::string block =
      "TZif2" + std::string(15, '\0') + counts + type + std::string("UTC\0", 4);
  return block + block + "\n" + rule + "\n";
}

}  // namespace

TEST_CASE("days of UTC need no zone file", "[base][zone]") {
  const auto zone = TimeZone::utc();
  CHECK(zone->dayOf(kLastOfNovember) == 20261130);
  CHECK(zone->dayOf(kLastOfNovember + 1000) == 20261201);
  CHECK(zone->dayOf(0) == 19700101);
  CHECK(zone->dayOf(-1) == 19691231);
  CHECK(zone->startOf(20261201) == kLastOfNovember + 1000);
}

TEST_CASE("a zone east of Greenwich begins its month earlier", "[base][zone]") {
  const auto zone = TimeZone::parse("test", zoneFile("JST-9"));
  REQUIRE(zone);
  CHECK(zone->dayOf(kLastOfNovember) == 20261201);
  CHECK(zone->startOf(20261201) == kLastOfNovember + 1000 - 9 * kHour * 1000);
}

TEST_CASE("summer time follows the rule of the file's last line", "[base][zone]") {
  struct Case {
    const char* rule;
    std::int64_t at;
    std::int64_t offset;
  };
  const Case cases[] = {
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1'774'745'999, kHour},      // 2026-03-29T00:59:59Z
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1'774'746'000, 2 * kHour},  // 01:00:00Z
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1'792'889'999, 2 * kHour},  // 2026-10-25T00:59:59Z
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1'792'890'000, kHour},
      {"EST5EDT,M3.2.0,M11.1.0", 1'783'000'000, -4 * kHour},        // July 2026
      {"EST5EDT,M3.2.0,M11.1.0", 1'796'083'199, -5 * kHour},        // November 2026
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1'796'083'199, 11 * kHour},  // south: summer in November
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1'783'000'000, 10 * kHour},
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1'783'000'000, -1 * kHour},
      {"<+0330>-3:30", 1'783'000'000, 3 * kHour + 1800},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.rule << " at " << c.at) {
      const auto zone = TimeZone::parse("test", zoneFile(c.rule));
      REQUIRE(zone);
      CHECK(zone->offsetAt(c.at) == c.offset);
    }
  }
}

TEST_CASE("a day of 23 or 25 hours begins and ends at its own midnights", "[base][zone]") {
  const auto zone = TimeZone::parse("test", zoneFile("CET-1CEST,M3.5.0,M10.5.0/3"));
  REQUIRE(zone);
  CHECK(zone->startOf(20260330) - zone->startOf(20260329) == 23 * kHour * 1000);
  CHECK(zone->startOf(20261026) - zone->startOf(20261025) == 25 * kHour * 1000);
}

TEST_CASE("a malformed zone file is no zone", "[base][zone]") {
  CHECK_FALSE(TimeZone::parse("test", ""));
  CHECK_FALSE(TimeZone::parse("test", "TZif2"));
  CHECK_FALSE(TimeZone::parse("test", zoneFile("CET-1CEST,M3.5.0")));
  CHECK_FALSE(TimeZone::parse("test", zoneFile("CET-1CEST,M13.5.0,M10.5.0")));
  const std::string good = zoneFile("JST-9");
  for (std::size_t size = 0; size + 7 < good.size(); ++size)
    CHECK_FALSE(TimeZone::parse("test", good.substr(0, size)));
}

TEST_CASE("a zone's name never leaves the folder of zones", "[base][zone]") {
  CHECK_FALSE(TimeZone::find("../../etc/passwd"));
  CHECK_FALSE(TimeZone::find("/etc/passwd"));
  CHECK_FALSE(TimeZone::find(""));
  CHECK_FALSE(TimeZone::find("Mars/Olympus"));
}

TEST_CASE("zones of this system agree with their well-known offsets", "[base][zone]") {
  const auto tokyo = TimeZone::find("Asia/Tokyo");
  if (!tokyo) {
    WARN("skipped: this system has no zone files");
    return;
  }
  CHECK(tokyo->offsetAt(1'796'083'199) == 9 * kHour);
  const auto york = TimeZone::find("America/New_York");
  REQUIRE(york);
  CHECK(york->offsetAt(1'783'000'000) == -4 * kHour);
  CHECK(york->offsetAt(1'100'000'000) == -5 * kHour);  // November 2004: by the file's transitions
  CHECK(york->offsetAt(4'000'000'000) == -4 * kHour);  // 2096, October: by its rule
}

TEST_CASE("days and months count as the calendar does", "[base][zone]") {
  CHECK(nextDay(20240228) == 20240229);
  CHECK(nextDay(20261231) == 20270101);
  CHECK(daysInMonth(202402) == 29);
  CHECK(daysInMonth(202612) == 31);
  for (std::int64_t day = -200'000; day < 200'000; day += 777) {
    const CalendarDay date = civilFromDays(day);
    if (date <= 0) continue;
    CHECK(daysFromCivil(date / 10'000, static_cast<unsigned>(date / 100 % 100),
                        static_cast<unsigned>(date % 100)) == day);
  }
}
