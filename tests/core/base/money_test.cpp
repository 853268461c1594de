#include "core/base/money.h"

#include <limits>

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST_CASE("a decimal amount of dollars is read exactly or not at all", "[base][money]") {
  struct Case {
    const char* text;
    std::optional<std::int64_t> nano;
  };
  const Case cases[] = {
      {"0", 0},
      {"70", 70'000'000'000},
      {"0.0000375", 37'500},
      {"0.000000001", 1},
      {"-0.5", -500'000'000},
      {"-0", 0},
      {"007", 7'000'000'000},
      {"9223372036.854775807", kMost},
      {"9223372036.854775808", std::nullopt},
      {"99999999999999999999", std::nullopt},
      {"0.0000000001", std::nullopt},
      {"", std::nullopt},
      {"-", std::nullopt},
      {".", std::nullopt},
      {".5", std::nullopt},
      {"5.", std::nullopt},
      {"1.-5", std::nullopt},
      {"1.+5", std::nullopt},
      {"--1", std::nullopt},
      {"+1", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"1e3", std::nullopt},
      {"0x10", std::nullopt},
      {"1,5", std::nullopt},
      {"1.2.3", std::nullopt},
      {"nan", std::nullopt},
      {"１", std::nullopt},
  };
  for (const Case& c : cases) {
    INFO('"' << c.text << '"');
    const auto money = Money::parseUsd(c.text);
    CHECK(money.has_value() == c.nano.has_value());
    if (money && c.nano) CHECK(money->nanoUsd() == *c.nano);
  }
}

TEST_CASE("money prints without float and without trailing zeros, and reads back",
          "[base][money]") {
  struct Case {
    std::int64_t nano;
    const char* text;
  };
  const Case cases[] = {
      {0, "0"},
      {1, "0.000000001"},
      {38'000, "0.000038"},
      {70'000'000'000, "70"},
      {333'333'000, "0.333333"},
      {-1'500'000'000, "-1.5"},
      {kMost, "9223372036.854775807"},
      {kLeast, "-9223372036.854775808"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const Money money = Money::fromNanoUsd(c.nano);
    CHECK(money.toString() == c.text);
    if (c.nano != kLeast) CHECK(Money::parseUsd(c.text) == money);
  }
}

TEST_CASE("arithmetic stops at the ends of the range instead of wrapping", "[base][money]") {
  const Money most = Money::max();
  const Money least = Money::fromNanoUsd(kLeast);
  const Money one = Money::fromNanoUsd(1);
  CHECK(most + one == most);
  CHECK(most - least == most);
  CHECK(least - one == least);
  CHECK(least + least == least);
  CHECK(Money{} - least == most);
  Money sum;
  for (int i = 0; i < 1'000; ++i) sum += Money::fromNanoUsd(333'333);
  CHECK(sum.nanoUsd() == 333'333'000);
}

TEST_CASE("costOf rounds up to the next nano-USD and saturates", "[base][money]") {
  struct Case {
    const char* name;
    Tokens tokens;
    std::int64_t perMillion;
    std::int64_t expected;
  };
  const Case cases[] = {
      {"no tokens cost nothing", 0, 75'000'000, 0},
      {"one token of a cheap model", 1, 37'500'000, 38},
      {"exact multiples are not rounded", 1'000'000, 37'500'000, 37'500'000},
      {"one token more than a multiple", 1'000'001, 1, 2},
      {"the smallest price of the smallest use", 1, 1, 1},
      {"negative tokens are no credit", -5, 1'000, 0},
      {"negative prices are no credit", 5, -1'000, 0},
      {"a hostile count saturates", kMost, kMost, kMost},
      {"10^18 tokens of a dear model", 1'000'000'000'000'000'000, 75'000'000'000, kMost},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(costOf(c.tokens, Money::fromNanoUsd(c.perMillion)).nanoUsd() == c.expected);
    }
  }
}

}  // namespace
}  // namespace pagoda
