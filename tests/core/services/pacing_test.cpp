#include "core/services/pacing.h"

#include <catch2/catch.hpp>

using namespace pagoda;
using namespace pagoda::services;

namespace {

constexpr UnixMillis kDay = 86'400'000;
constexpr UnixMillis kNovember = 1'793'491'200'000;  // 2026-11-01T00:00:00Z

Money usd(std::string_view text) {
  return *Money::parseUsd(text);
}

BudgetState spending(std::string_view limit, std::string_view spent) {
  BudgetState state;
  state.today = 20261111;
  state.limit = usd(limit);
  state.spent = usd(spent);
  for (TierState& tier : state.tiers) tier.left = state.limit;
  return state;
}

BudgetPace at(const BudgetState& state, UnixMillis now) {
  return paceOf(state, now, *TimeZone::utc());
}

}  // namespace

TEST_CASE("a month's spending is forecast by its mean pace", "[services][pacing]") {
  REQUIRE(TimeZone::utc()->dayOf(kNovember) == 20261101);
  const BudgetPace steady = at(spending("70", "20"), kNovember + 10 * kDay);
  CHECK(steady.all.forecast == usd("60"));
  CHECK_FALSE(steady.all.runsOut);
  const BudgetPace fast = at(spending("70", "35"), kNovember + 10 * kDay);
  CHECK(fast.all.forecast == usd("105"));
  CHECK(*fast.all.runsOut == 20261121);
  const BudgetPace spent = at(spending("70", "70"), kNovember + 10 * kDay);
  CHECK(*spent.all.runsOut == 20261111);
  const BudgetPace none = at(spending("70", "0"), kNovember + 10 * kDay);
  CHECK(none.all.forecast == Money{});
  CHECK_FALSE(none.all.runsOut);
}

TEST_CASE("the first hour of a month counts as a day", "[services][pacing]") {
  BudgetState state = spending("70", "1");
  state.today = 20261101;
  const BudgetPace pace = at(state, kNovember + kDay / 24);
  CHECK(pace.all.forecast < usd("31"));
  CHECK_FALSE(pace.all.runsOut);
}

TEST_CASE("a tier runs out by what it may still spend", "[services][pacing]") {
  BudgetState state = spending("70", "20");
  state.tiers[2].spent = usd("10");
  state.tiers[2].left = usd("5");
  state.tiers[3].spent = usd("1");
  state.tiers[3].left = Money{};
  const BudgetPace pace = at(state, kNovember + 10 * kDay);
  CHECK(pace.tiers[2].forecast == usd("30"));
  CHECK(*pace.tiers[2].runsOut == 20261116);
  CHECK(*pace.tiers[3].runsOut == 20261111);
  CHECK_FALSE(pace.tiers[0].runsOut);
}

TEST_CASE("a forecast saturates, and holds at the year's end and for clocks set back",
          "[services][pacing]") {
  BudgetState state = spending("70", "20");
  state.limit = Money::max();
  state.spent = Money::max();
  CHECK(at(state, kNovember + kDay).all.forecast == Money::max());
  BudgetState december = spending("70", "62");
  december.today = 20261231;
  const BudgetPace last = at(december, kNovember + (30 + 31) * kDay - 1);
  CHECK(last.all.forecast >= usd("62"));
  CHECK(last.all.forecast < usd("62.01"));
  // The clock says October, the budget is in November already.
  const BudgetPace back = at(spending("70", "1"), kNovember - 5 * kDay);
  CHECK(back.all.forecast == usd("31"));
}
