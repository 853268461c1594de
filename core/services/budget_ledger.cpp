#include "core/services/budget_ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace pagoda::services {

Hold::Hold(Hold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      amount_(other.amount_),
      tier_(other.tier_),
      key_(std::move(other.key_)),
      month_(other.month_) {}

Hold& Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  if (owner_ != nullptr) owner_->release(*this, {});
  owner_ = std::exchange(other.owner_, nullptr);
  amount_ = other.amount_;
  tier_ = other.tier_;
  key_ = std::move(other.key_);
  month_ = other.month_;
  return *this;
}

Hold::~Hold() {
  if (owner_ != nullptr) owner_->release(*this, {});
}

void Hold::settle(Money cost) {
  assert(owner_ != nullptr && "a hold is settled once");
  assert(cost <= amount_ && "more than was held would pass the limit");
  owner_->release(*this, cost);
  owner_ = nullptr;
}

BudgetLedger::BudgetLedger(const Clock& clock, Money monthlyLimit, const LedgerTotals& totals)
    : clock_(clock), limit_(monthlyLimit), month_(monthOf(clock.unixNow())) {
  global_.spent = totals.spentThisMonth;
  spentByTier_ = totals.spentThisMonthByTier;
  for (const auto& [key, spent] : totals.spentThisMonthByKey) keys_[key].spent = spent;
}

Result<Hold> BudgetLedger::hold(const Caller& caller, int tier, Money amount) {
  const std::scoped_lock lock(mutex_);
  rollMonth();
  const auto refuse = [&](std::string_view whose, Money left) {
    return fail(
        ErrorCode::BudgetExceeded,
        "this request may cost up to $" + amount.toString() + " and " + std::string(whose) +
            " has $" + std::max(left, Money{}).toString() +
            " left this month; lower max_tokens, choose a cheaper model or raise the budget");
  };
  Money left = limit_ - global_.spent - global_.held;
  if (amount > left) return refuse("the monthly budget", left);
  Account& account = keys_[caller.key.value()];
  if (caller.monthlyBudget) {
    left = *caller.monthlyBudget - account.spent - account.held;
    if (amount > left) return refuse("this API key", left);
  }
  global_.held += amount;
  account.held += amount;
  Hold hold;
  hold.owner_ = this;
  hold.amount_ = amount;
  hold.tier_ = tier;
  hold.key_ = caller.key.value();
  hold.month_ = month_;
  return hold;
}

void BudgetLedger::release(const Hold& hold, Money cost) {
  const std::scoped_lock lock(mutex_);
  rollMonth();
  global_.held -= hold.amount_;
  Account& account = keys_[hold.key_];
  account.held -= hold.amount_;
  // Held in one month and settled in the next: the ledger books it by the request's time, and so
  // does this sum.
  if (hold.month_ != month_) return;
  global_.spent += cost;
  account.spent += cost;
  spentByTier_[hold.tier_] += cost;
}

Money BudgetLedger::left(const Caller& caller) const {
  const std::scoped_lock lock(mutex_);
  rollMonth();
  Money left = limit_ - global_.spent - global_.held;
  if (caller.monthlyBudget) {
    const auto account = keys_.find(caller.key.value());
    const Money used =
        account == keys_.end() ? Money{} : account->second.spent + account->second.held;
    left = std::min(left, *caller.monthlyBudget - used);
  }
  return std::max(left, Money{});
}

BudgetState BudgetLedger::state() const {
  const std::scoped_lock lock(mutex_);
  rollMonth();
  return {limit_, global_.spent, global_.held, spentByTier_};
}

void BudgetLedger::rollMonth() const {
  const std::int32_t now = monthOf(clock_.unixNow());
  // A clock that is set back does not reopen a month that was spent.
  if (now <= month_) return;
  month_ = now;
  global_.spent = {};
  spentByTier_.clear();
  for (auto& [key, account] : keys_) account.spent = {};
}

}  // namespace pagoda::services
