// Admission and ledger under a seeded scheduler: requests of several callers begin, end, die with
// the process and meet new days, and after every step the sums are those of a model that keeps
// nothing but the list of what happened.

#include <array>
#include <deque>
#include <optional>
#include <random>

#include <catch2/catch.hpp>

#include "core/services/budget_ledger.h"
#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using pagoda::testing::FakeClock;

namespace {

constexpr int kSeeds = 1'000;
constexpr int kSteps = 150;
constexpr int kCallers = 4;

Money nano(std::int64_t amount) {
  return Money::fromNanoUsd(amount);
}

/// REQUIRE costs a microsecond even when it holds, and there are millions.
void must(bool holds, const char* what) {
  if (!holds) FAIL(what);
}

/// Money that was charged, or is held, by whom and for what.
struct Entry {
  CalendarDay day = 0;
  int tier = 0;
  int caller = 0;
  Money amount;
};

struct OpenRequest {
  Hold hold;
  Entry entry;
};

class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {
    rules_.all = {nano(40'000), nano(100'000), nano(400'000)};
    rules_.shares = {{0, nano(150'000'000)},
                     {1, nano(500'000'000)},
                     {2, nano(250'000'000)},
                     {3, nano(100'000'000)}};
    rules_.borrowing = static_cast<Borrowing>(pick(3));
    rules_.teams["a"] = {std::nullopt, nano(60'000), std::nullopt};
    for (int i = 0; i < kCallers; ++i) {
      Caller& caller = callers_[static_cast<std::size_t>(i)];
      caller.key = ApiKeyId("key_" + std::to_string(i));
      if (i == 1) caller.monthlyBudget = nano(30'000);
      if (i == 2) caller.dailyBudget = nano(9'000);
      if (i == 3) caller.totalBudget = nano(120'000);
      if (i < 2) caller.team = "a";
    }
    start();
  }

  void step() {
    const int what = pick(100);
    if (what < 55) {
      begin();
    } else if (what < 90) {
      end();
    } else if (what < 97) {
      clock_.advance(std::chrono::minutes(pick(60 * 30)));
    } else {
      die();
    }
    check();
  }

  int paid() const { return static_cast<int>(charged_.size()); }
  int refused() const { return refused_; }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void begin() {
    Entry entry;
    entry.caller = pick(kCallers);
    entry.tier = pick(kTierCount);
    const Caller& caller = callers_[static_cast<std::size_t>(entry.caller)];
    const Money most = budgets_->purse(caller).of(entry.tier);
    // Often as much as there is, or just more than that.
    const int kind = pick(6);
    entry.amount = kind == 0 ? most : kind == 1 ? most + nano(1) : nano(1 + pick(12'000));
    Result<Hold> hold = budgets_->hold(caller, entry.tier, entry.amount);
    // What the purse promised is given, and not a nano-USD more.
    must(hold.has_value() == (entry.amount <= most), "the purse keeps its word");
    if (!hold) {
      ++refused_;
      return;
    }
    entry.day = hold->day();
    open_.push_back({*std::move(hold), entry});
  }

  void end() {
    if (open_.empty()) return;
    const auto which = open_.begin() + pick(static_cast<int>(open_.size()));
    OpenRequest request = std::move(*which);
    open_.erase(which);
    if (pick(5) == 0) return;  // void: the hold goes back by itself
    const std::int64_t held = request.entry.amount.nanoUsd();
    request.entry.amount = nano(pick(3) == 0 ? held : held * pick(100) / 100);
    request.hold.settle(request.entry.amount);
    charged_.push_back(request.entry);
  }

  /// The process dies; its successor charges what was open in full and starts from the rows.
  void die() {
    for (OpenRequest& request : open_) charged_.push_back(request.entry);
    open_.clear();
    start();
  }

  void start() {
    LedgerTotals totals;
    totals.today = TimeZone::utc()->dayOf(clock_.unixNow());
    for (const Entry& entry : charged_) {
      const Caller& caller = callers_[static_cast<std::size_t>(entry.caller)];
      std::vector<std::string> scopes{"all", "tier=" + std::to_string(entry.tier),
                                      "key=" + caller.key.value()};
      if (!caller.team.empty()) scopes.push_back("team=" + caller.team);
      for (const std::string& scope : scopes) add(totals.spent[scope], entry, totals.today);
    }
    budgets_.emplace(clock_, rules_, totals);
  }

  static void add(Spent& spent, const Entry& entry, CalendarDay today) {
    spent.total += entry.amount;
    if (entry.day / 100 == today / 100) spent.month += entry.amount;
    if (entry.day == today) spent.day += entry.amount;
  }

  struct Sums {
    Spent spent;
    Money held;
  };
  template <class Which>
  Sums sum(Which which) const {
    Sums sums;
    for (const Entry& entry : charged_)
      if (which(entry)) add(sums.spent, entry, budgets_->today());
    for (const OpenRequest& request : open_)
      if (which(request.entry)) sums.held += request.entry.amount;
    return sums;
  }

  static void within(const WindowLimits& limits, const Sums& sums) {
    if (limits.day) must(sums.spent.day + sums.held <= *limits.day, "daily limit");
    if (limits.month) must(sums.spent.month + sums.held <= *limits.month, "monthly limit");
    if (limits.total) must(sums.spent.total + sums.held <= *limits.total, "total limit");
  }

  void check() const {
    const BudgetState state = budgets_->state();
    const Sums all = sum([](const Entry&) { return true; });
    must(state.windows.day == all.spent.day, "spent today");
    must(state.windows.month == all.spent.month, "spent this month");
    must(state.windows.total == all.spent.total, "spent ever");
    must(state.held == all.held, "held");
    within(rules_.all, all);
    within(rules_.teams.at("a"), sum([](const Entry& entry) { return entry.caller < 2; }));
    for (int i = 0; i < kCallers; ++i) {
      const Caller& caller = callers_[static_cast<std::size_t>(i)];
      within({caller.dailyBudget, caller.monthlyBudget, caller.totalBudget},
             sum([i](const Entry& entry) { return entry.caller == i; }));
    }
    checkTiers(state);
  }

  void checkTiers(const BudgetState& state) const {
    Money parts;
    Money together;
    for (int tier = 0; tier < kTierCount; ++tier) {
      const Sums sums = sum([tier](const Entry& entry) { return entry.tier == tier; });
      const TierState& shown = state.tiers[static_cast<std::size_t>(tier)];
      must(shown.spent == sums.spent.month, "spent by tier");
      must(shown.held == sums.held, "held by tier");
      parts += shown.allocation;
      together += sums.spent.month + sums.held;
      if (rules_.borrowing == Borrowing::None)
        must(sums.spent.month + sums.held <= shown.allocation, "a tier's own part");
      if (rules_.borrowing == Borrowing::Lower) must(together <= parts, "borrowed from below only");
    }
  }

  std::mt19937 random_;
  FakeClock clock_;
  BudgetRules rules_;
  std::array<Caller, kCallers> callers_;
  std::optional<BudgetLedger> budgets_;
  std::vector<Entry> charged_;
  std::deque<OpenRequest> open_;
  int refused_ = 0;
};

}  // namespace

TEST_CASE("no order of requests, ends, deaths and new days passes a limit or loses money",
          "[services][budget][simulation]") {
  int paid = 0;
  int refused = 0;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    INFO("seed " << seed);
    Simulation simulation(seed);
    for (int step = 0; step < kSteps; ++step) simulation.step();
    paid += simulation.paid();
    refused += simulation.refused();
  }
  // Both sides of every limit were visited.
  CHECK(paid > 10 * kSeeds);
  CHECK(refused > 10 * kSeeds);
}
