#pragma once
// Keeps spending within its limits: `spent + held <= limit` at every instant, in all scopes of a
// hold or in none. Scopes are the whole, the tier's allocation, the API key and its team, each with
// limits by day, month and in total.

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/time_zone.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"
#include "core/services/budget_rules.h"

namespace pagoda::services {

class BudgetLedger;

/// Money set aside for one attempt. Gives it back unless settled, so no early return leaks money.
/// Belongs to one request; the BudgetLedger outlives it.
class Hold {
 public:
  Hold() = default;
  Hold(Hold&& other) noexcept;
  Hold& operator=(Hold&& other) noexcept;
  ~Hold();
  Money amount() const { return amount_; }
  /// The day that its money is booked to, in the budget's zone.
  CalendarDay day() const { return day_; }
  /// Replaces the hold by the real cost, at most the hold.
  void settle(Money cost);

 private:
  friend class BudgetLedger;
  BudgetLedger* owner_ = nullptr;
  Money amount_;
  int tier_ = 0;
  std::string key_;
  std::string team_;
  CalendarDay day_ = 0;
};

/// One tier this month.
struct TierState {
  Money allocation;  ///< its own part; of tiers without one: what is unallocated
  Money spent;
  Money held;
  Money left;  ///< what it could hold now, with what it may borrow, over all callers
};

struct BudgetState {
  Money limit;  ///< of the month
  Money spent;
  Money held;
  std::map<int, Money> spentByTier;
  std::array<TierState, kTierCount> tiers{};
  WindowLimits limits;
  Spent windows;  ///< spent today, this month, ever
  CalendarDay today = 0;
};

/// The most that a caller could hold now, by tier.
struct Purse {
  std::array<Money, kTierCount> byTier{};
  CalendarDay today = 0;  ///< whose prices hold
  /// Of the tier; the least of all for a number that is no tier's.
  Money of(int tier) const;
  Money most() const;
};

/// Thread-safe.
class BudgetLedger {
 public:
  /// `clock` outlives the ledger. `totals` are of `zone`'s calendar.
  BudgetLedger(const Clock& clock, BudgetRules rules, const LedgerTotals& totals,
               std::shared_ptr<const TimeZone> zone = TimeZone::utc());
  /// With a limit of the month alone.
  BudgetLedger(const Clock& clock, Money monthlyLimit, const LedgerTotals& totals);

  /// Sets `amount` aside in every scope and window of the caller. Errors: BudgetExceeded, which
  /// names the scope that refused, the worst case and what is left.
  Result<Hold> hold(const Caller& caller, int tier, Money amount);
  /// The most that `caller` could hold now in any tier, and by tier.
  Money left(const Caller& caller) const;
  Purse purse(const Caller& caller) const;
  CalendarDay today() const;
  BudgetState state() const;
  /// Limits of a new configuration; holds that are open stay.
  void setRules(BudgetRules rules);
  const TimeZone& zone() const { return *zone_; }

 private:
  friend class Hold;
  struct Account {
    Spent spent;
    Money held;
  };
  struct Refusal;

  void release(const Hold& hold, Money cost);
  void roll() const;
  Money tierLeft(int tier) const;
  Money allocated(int tier) const;
  std::optional<Refusal> tightest(const Caller& caller, int tier, Money amount) const;
  template <class Visit>
  void forEachLimit(const Caller& caller, Visit visit) const;
  const Account& account(const std::unordered_map<std::string, Account>& accounts,
                         const std::string& name) const;

  const Clock& clock_;
  const std::shared_ptr<const TimeZone> zone_;
  mutable std::mutex mutex_;
  BudgetRules rules_;  // guarded by mutex_, as all below
  mutable std::int64_t minute_ = -1;
  mutable CalendarDay today_ = 0;
  mutable Account all_;
  mutable std::array<Account, kTierCount> tiers_;
  mutable std::unordered_map<std::string, Account> keys_;
  mutable std::unordered_map<std::string, Account> teams_;
};

}  // namespace pagoda::services
