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
  totals.spent["all"].month = usd("0.7");
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

namespace {

BudgetRules seedRules(Borrowing borrowing = Borrowing::Lower) {
  BudgetRules rules;
  rules.all.month = usd("100");
  rules.shares = {{0, usd("0.15")}, {1, usd("0.5")}, {2, usd("0.25")}, {3, usd("0.1")}};
  rules.borrowing = borrowing;
  return rules;
}

void spend(BudgetLedger& budgets, int tier, std::string_view amount, const Caller& caller = {}) {
  Result<Hold> hold = budgets.hold(caller, tier, usd(amount));
  REQUIRE(hold);
  hold->settle(usd(amount));
}

}  // namespace

TEST_CASE("a tier spends its own part and by rule that of others", "[services][budget]") {
  struct Case {
    Borrowing borrowing;
    int tier;
    const char* most;
  };
  // Nothing is spent: the most that one tier alone could hold.
  const Case cases[] = {
      {Borrowing::None, 0, "15"},   {Borrowing::None, 3, "10"},   {Borrowing::None, 4, "0"},
      {Borrowing::Lower, 0, "15"},  {Borrowing::Lower, 1, "65"},  {Borrowing::Lower, 2, "90"},
      {Borrowing::Lower, 3, "100"}, {Borrowing::Lower, 4, "100"}, {Borrowing::Any, 0, "100"},
      {Borrowing::Any, 4, "100"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION("rule " << static_cast<int>(c.borrowing) << " tier " << c.tier) {
      FakeClock clock;
      BudgetLedger budgets(clock, seedRules(c.borrowing), {});
      CHECK(budgets.purse({}).of(c.tier) == usd(c.most));
      CHECK_FALSE(budgets.hold({}, c.tier, usd(c.most) + usd("0.000000001")));
      CHECK(budgets.hold({}, c.tier, usd(c.most)));
    }
  }
}

TEST_CASE("what a tier borrowed is gone for its lender and comes back with the month",
          "[services][budget]") {
  FakeClock clock;
  BudgetLedger budgets(clock, seedRules(), {});
  spend(budgets, 1, "60");  // ten of them from tier 0
  CHECK(budgets.purse({}).of(0) == usd("5"));
  CHECK(budgets.purse({}).of(1) == usd("5"));
  CHECK(budgets.purse({}).of(2) == usd("30"));
  const Result<Hold> refused = budgets.hold({}, 0, usd("6"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("tier 0 has $5 left this month") != std::string::npos);
  // After a restart the sums alone give the same answer.
  LedgerTotals totals;
  totals.spent["all"].month = totals.spent["tier=1"].month = usd("60");
  BudgetLedger again(clock, seedRules(), totals);
  CHECK(again.purse({}).byTier == budgets.purse({}).byTier);
  clock.advance(std::chrono::hours(24 * 31));
  CHECK(budgets.purse({}).of(0) == usd("15"));
}

TEST_CASE("a tier without a part of its own draws on what is unallocated", "[services][budget]") {
  FakeClock clock;
  BudgetRules rules = seedRules(Borrowing::None);
  rules.shares.erase(0);
  BudgetLedger budgets(clock, rules, {});
  spend(budgets, 4, "9");
  CHECK(budgets.purse({}).of(4) == usd("6"));
  CHECK(budgets.purse({}).of(0) == usd("6"));
  CHECK(budgets.purse({}).of(1) == usd("50"));
}

TEST_CASE("key, team and global budgets move together or not at all, refused by the tightest",
          "[services][budget][BL-20]") {
  FakeClock clock;
  BudgetRules rules;
  rules.all = {usd("3"), usd("10"), usd("100")};
  rules.teams["blue"].month = usd("2");
  BudgetLedger budgets(clock, rules, {});
  Caller caller;
  caller.key = ApiKeyId("key_a");
  caller.team = "blue";
  caller.totalBudget = usd("1");
  const auto refusal = [&](std::string_view amount) {
    const Result<Hold> hold = budgets.hold(caller, 0, usd(amount));
    return hold ? std::string() : hold.error().message;
  };
  CHECK(refusal("1.5").find("this API key has $1 left in total") != std::string::npos);
  CHECK(budgets.state().held == Money{});
  spend(budgets, 0, "0.75", caller);
  Caller mate = caller;
  mate.key = ApiKeyId("key_b");
  mate.totalBudget.reset();
  CHECK(budgets.purse(mate).of(0) == usd("1.25"));
  spend(budgets, 0, "1.25", mate);
  CHECK(refusal("0.1").find("the key's team has $0 left this month") != std::string::npos);
  CHECK(budgets.purse({}).of(0) == usd("1"));
  const Result<Hold> today = budgets.hold({}, 0, usd("1.1"));
  REQUIRE_FALSE(today);
  CHECK(today.error().message.find("the budget has $1 left today") != std::string::npos);
  clock.advance(std::chrono::hours(24));
  CHECK(budgets.hold({}, 0, usd("3")));
}

TEST_CASE("months begin in the budget's time zone", "[services][budget]") {
  FakeClock clock;
  const auto zone = TimeZone::find("Asia/Tokyo");
  if (!zone) {
    WARN("skipped: this system has no zone files");
    return;
  }
  clock.advance(Millis(zone->startOf(20261201) - 1 - clock.unixNow()));
  BudgetRules rules;
  rules.all.month = usd("1");
  BudgetLedger budgets(clock, rules, {}, zone);
  spend(budgets, 0, "1");
  CHECK_FALSE(budgets.hold({}, 0, usd("0.1")));
  clock.advance(Millis(1));
  const Result<Hold> hold = budgets.hold({}, 0, usd("1"));
  REQUIRE(hold);
  CHECK(hold->day() == 20261201);
}

TEST_CASE("a clock that is set back reopens no day", "[services][budget]") {
  FakeClock clock;
  BudgetRules rules;
  rules.all = {usd("1"), usd("5"), {}};
  BudgetLedger budgets(clock, rules, {});
  clock.advance(std::chrono::hours(24));
  spend(budgets, 0, "1");
  clock.advance(-std::chrono::hours(24));
  CHECK_FALSE(budgets.hold({}, 0, usd("0.1")));
}
