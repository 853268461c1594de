#pragma once
// Keeps spending within its limits: `spent + held <= limit` at every instant, in all scopes of a
// hold or in none.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"

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
  /// Replaces the hold by the real cost, at most the hold.
  void settle(Money cost);

 private:
  friend class BudgetLedger;
  BudgetLedger* owner_ = nullptr;
  Money amount_;
  int tier_ = 0;
  std::string key_;
  std::int32_t month_ = 0;
};

struct BudgetState {
  Money limit;
  Money spent;
  Money held;
  std::map<int, Money> spentByTier;
};

/// Thread-safe. Months are calendar months in UTC.
class BudgetLedger {
 public:
  BudgetLedger(const Clock& clock, Money monthlyLimit, const LedgerTotals& totals);

  /// Sets `amount` aside in the month's and, where it has one, the key's budget.
  /// Errors: BudgetExceeded, with the worst case and what is left in the message.
  Result<Hold> hold(const Caller& caller, int tier, Money amount);
  /// The most that `caller` could hold now.
  Money left(const Caller& caller) const;
  BudgetState state() const;

 private:
  friend class Hold;
  struct Account {
    Money spent;
    Money held;
  };
  void release(const Hold& hold, Money cost);
  void rollMonth() const;

  const Clock& clock_;
  const Money limit_;
  mutable std::mutex mutex_;
  mutable std::int32_t month_;
  mutable Account global_;
  mutable std::map<int, Money> spentByTier_;
  mutable std::map<std::string, Account> keys_;
};

}  // namespace pagoda::services
