#include "core/services/budget_ledger.h"

#include <thread>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using pagoda::testing::FakeClock;

namespace {

Money usd(std::string_view text) {
  return *Money::parseUsd(text);
}

}  // namespace

TEST_CASE("a hold sets money aside and gives it back when it is dropped", "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, usd("1"), {});
  const Caller caller;
  {
    const Result<Hold> hold = budgets.hold(caller, 0, usd("0.4"));
    REQUIRE(hold);
    CHECK(budgets.state().held == usd("0.4"));
    CHECK(budgets.left(caller) == usd("0.6"));
  }
  CHECK(budgets.state().held == Money{});
  CHECK(budgets.state().spent == Money{});
}

TEST_CASE("settling replaces the hold by the cost", "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, usd("1"), {});
  Result<Hold> hold = budgets.hold({}, 2, usd("0.4"));
  REQUIRE(hold);
  hold->settle(usd("0.1"));
  CHECK(budgets.state().held == Money{});
  CHECK(budgets.state().spent == usd("0.1"));
  CHECK(budgets.state().spentByTier.at(2) == usd("0.1"));
}

TEST_CASE("a hold that would pass the limit is refused with what is left", "[services][budget]") {
  FakeClock clock;
  LedgerTotals totals;
  totals.spentThisMonth = usd("0.7");
  BudgetLedger budgets(clock, usd("1"), totals);
  const Result<Hold> hold = budgets.hold({}, 0, usd("0.300000001"));
  REQUIRE_FALSE(hold);
  CHECK(hold.error().code == ErrorCode::BudgetExceeded);
  CHECK(hold.error().message.find("$0.300000001") != std::string::npos);
  CHECK(hold.error().message.find("$0.3 left") != std::string::npos);
  CHECK(budgets.hold({}, 0, usd("0.3")));
}

TEST_CASE("a key's own budget is held in the same step as the month's", "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, usd("10"), {});
  Caller caller;
  caller.key = ApiKeyId("key_a");
  caller.monthlyBudget = usd("1");
  Result<Hold> first = budgets.hold(caller, 0, usd("0.8"));
  REQUIRE(first);
  CHECK_FALSE(budgets.hold(caller, 0, usd("0.3")));
  CHECK(budgets.state().held == usd("0.8"));
  first->settle(usd("0.1"));
  CHECK(budgets.hold(caller, 0, usd("0.9")));
}

TEST_CASE("a new month starts with nothing spent and a former hold stays out of it",
          "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, usd("1"), {});
  Result<Hold> open = budgets.hold({}, 0, usd("0.5"));
  REQUIRE(open);
  clock.advance(std::chrono::hours(24 * 10));
  CHECK(budgets.state().spent == Money{});
  open->settle(usd("0.5"));
  CHECK(budgets.state().spent == Money{});
  CHECK(budgets.state().held == Money{});
}

TEST_CASE("many threads never hold more than the limit", "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, usd("5"), {});
  std::atomic<int> paid{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 125; ++i) {
        Result<Hold> hold = budgets.hold({}, 0, usd("0.1"));
        if (!hold) continue;
        hold->settle(usd("0.1"));
        ++paid;
      }
    });
  }
  threads.clear();
  CHECK(paid == 50);
  CHECK(budgets.state().spent == usd("5"));
}
