#include <catch2/catch.hpp>

#include "dates.h"
#include "refusal.h"
#include "unit_table.h"
#include "units.h"

using namespace pagoda::local;

namespace {

constexpr Date kToday{2026, 7, 27};

struct Case {
  const char* prompt;
  const char* expected;  // nullptr: not asked for
};

}  // namespace

TEST_CASE("convertUnits reads questions in English and Japanese", "[local][units]") {
  const Case cases[] = {
      {"10 km in miles", "10 km ≈ 6.21371192 mi"},
      {"convert 3 feet to cm", "3 ft = 91.44 cm"},
      {"how many miles is 10 km", "10 km ≈ 6.21371192 mi"},
      {"how many feet are in a mile", "1 mi = 5280 ft"},
      {"5 feet 10 inches in cm", "5 ft 10 in = 177.8 cm"},
      {"72F to C", "72 °F ≈ 22.2222222 °C"},
      {"-40 C to F", "-40 °C = -40 °F"},
      {"0 K in C", "0 K = -273.15 °C"},
      {"100 Mb in MB", "100 Mbit = 12.5 MB"},
      {"1 GiB in MB", "1 GiB = 1073.741824 MB"},
      {"60 mph to km/h", "60 mph = 96.56064 km/h"},
      {"8 oz in ml", "8 fl oz = 236.5882365 ml"},
      {"8 oz in grams", "8 oz = 226.796185 g"},
      {"1 gallon to liters", "1 gal = 3.785411784 L"},
      {"1,500 m in km", "1500 m = 1.5 km"},
      {"5マイルは何キロ？", "5 mi = 8.04672 km"},
      {"5マイルをkmに変換して", "5 mi = 8.04672 km"},
      {"十キロは何マイル", "10 km ≈ 6.21371192 mi"},
      {"5キロは何ポンド", "5 kg ≈ 11.0231131 lb"},
      {"摂氏100度は華氏何度", "100 °C = 212 °F"},
      {"華氏32度は摂氏何度ですか", "32 °F = 0 °C"},
      {"時速100キロは何マイル", "100 km/h ≈ 62.1371192 mph"},
      {"1坪は何平方メートル", "1 坪 ≈ 3.30578512 m²"},
      {"3時間は何秒", "3 h = 10800 s"},
      {"10 m in a box", nullptr},
      {"I ran 10 km in the morning", nullptr},
      {"convert 100 usd to eur", nullptr},
      {"hello", nullptr},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(convertUnits(c.prompt).value_or("none") ==
            (c.expected == nullptr ? "none" : c.expected));
    }
  }
}

TEST_CASE("convertUnits refuses to mix dimensions", "[local][units]") {
  try {
    convertUnits("10 km in kg");
    FAIL("accepted");
  } catch (const Refusal& refusal) {
    CHECK(refusal.phrase().en == "length cannot be converted to mass");
    CHECK(refusal.phrase().ja == "長さを重さに換算することはできません");
  }
}

TEST_CASE("every unit converts to each other of its dimension and back without loss",
          "[local][units]") {
  for (const Unit& from : allUnits()) {
    const std::string fromName(from.names.substr(0, from.names.find('|')));
    for (const Unit& to : allUnits()) {
      if (from.dimension != to.dimension) continue;
      const std::string toName(to.names.substr(0, to.names.find('|')));
      const auto there = convertUnits(Number::fraction(7), fromName, toName);
      REQUIRE(there.has_value());
      const auto back = convertUnits(*there, toName, fromName);
      REQUIRE(back.has_value());
      INFO(fromName << " to " << toName);
      if (there->exact()) {
        CHECK(back->shown() == "7");
      } else {
        CHECK(static_cast<double>(back->value()) == Approx(7));
      }
    }
  }
}

TEST_CASE("the calendar agrees with itself over four thousand years", "[local][dates]") {
  std::int64_t number = dayNumber({1, 1, 1});
  int weekdayNow = weekday({1, 1, 1});
  CHECK(weekdayNow == 1);  // proleptic Gregorian: a Monday
  for (int year = 1; year <= 4000; ++year) {
    for (int month = 1; month <= 12; ++month) {
      const Date first{year, month, 1};
      REQUIRE(dayNumber(first) == number);
      REQUIRE(dateOf(number) == first);
      REQUIRE(weekday(first) == weekdayNow);
      number += daysInMonth(year, month);
      weekdayNow = (weekdayNow + daysInMonth(year, month)) % 7;
    }
  }
}

TEST_CASE("ISO weeks follow the year of their Thursday", "[local][dates]") {
  CHECK(isoWeek({2026, 1, 1}) == 1);
  CHECK(isoWeek({2027, 1, 1}) == 53);
  CHECK(isoWeek({2024, 12, 30}) == 1);
  CHECK(isoWeek({2020, 12, 31}) == 53);
}

TEST_CASE("answerDates reads questions in English and Japanese", "[local][dates]") {
  const Case cases[] = {
      {"days between 2026-01-01 and 2026-03-01",
       "From 2026-01-01 (Thursday) to 2026-03-01 (Sunday): 59 days (8 weeks and 3 days)"},
      {"how many days from 2024-01-01 to 2024-03-01",
       "From 2024-01-01 (Monday) to 2024-03-01 (Friday): 60 days (8 weeks and 4 days)"},
      {"what day is 2026-11-25", "2026-11-25 (Wednesday)"},
      {"What day of the week was July 4, 1776?", "1776-07-04 (Thursday)"},
      {"what day is 25 Dec 2026", "2026-12-25 (Friday)"},
      {"2026-01-31 + 1 month", "2026-02-28 (Saturday)"},
      {"2024-01-31 + 1 month", "2024-02-29 (Thursday)"},
      {"2024-02-29 + 1 year", "2025-02-28 (Friday)"},
      {"2026-03-01 - 1 day", "2026-02-28 (Saturday)"},
      {"2 weeks before 2026-03-01", "2026-02-15 (Sunday)"},
      {"10 days after March 3", "2026-03-13 (Friday)"},
      {"100 days from today", "2026-11-04 (Wednesday)"},
      {"in 30 days", "2026-08-26 (Wednesday)"},
      {"2 weeks ago", "2026-07-13 (Monday)"},
      {"what is today's date", "2026-07-27 (Monday), ISO week 31, day 208 of the year"},
      {"how many days until December 25, 2026?",
       "From 2026-07-27 (Monday) to 2026-12-25 (Friday): 151 days (21 weeks and 4 days)"},
      {"is 2028 a leap year?", "Yes, 2028 is a leap year (366 days)."},
      {"is 2100 a leap year?", "No, 2100 is not a leap year (365 days)."},
      {"2026年3月1日から100日後", "2026年6月9日(火)です"},
      {"2026年1月1日から2026年3月1日まで何日？",
       "2026年1月1日(木)から2026年3月1日(日)まで: 59日(8週間と3日)"},
      {"2026年11月25日は何曜日？", "2026年11月25日(水)は水曜日です"},
      {"令和8年11月25日は何曜日ですか", "2026年11月25日(水)は水曜日です"},
      {"二〇二六年三月一日の十日後", "2026年3月11日(水)です"},
      {"今日は何日ですか", "2026年7月27日(月)、ISO第31週、年の208日目"},
      {"今日は何曜日", "2026年7月27日(月)は月曜日です"},
      {"3ヶ月前", "2026年4月27日(月)です"},
      {"100日後は何日？", "2026年11月4日(水)です"},
      {"1900年はうるう年ですか", "1900年はうるう年ではありません(365日)。"},
      {"what did I do yesterday?", nullptr},
      {"10 business days from today", nullptr},
      {"How do I write a date parser in Python?", nullptr},
      {"10 km in miles", nullptr},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.prompt) {
      CHECK(answerDates(c.prompt, kToday, tongueOf(c.prompt)).value_or("none") ==
            (c.expected == nullptr ? "none" : c.expected));
    }
  }
}

TEST_CASE("answerDates refuses days that do not exist and years beyond the calendar",
          "[local][dates]") {
  for (const char* prompt : {"what day is 2026-02-30", "2025年2月29日は何曜日",
                             "9999-12-31 + 1 day", "2026-01-01 - 3000 years"}) {
    DYNAMIC_SECTION(prompt) {
      CHECK_THROWS_AS(answerDates(prompt, kToday, Tongue::English), Refusal);
    }
  }
}
