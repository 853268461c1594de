#include "core/services/budget_ledger.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

namespace pagoda::services {
namespace {

constexpr Money kNothing{};
constexpr std::int64_t kBillion = 1'000'000'000;

BudgetRules monthly(Money limit) {
  BudgetRules rules;
  rules.all.month = limit;
  return rules;
}

Money share(Money whole, Money part) {
  __extension__ using Wide = __int128;
  return Money::fromNanoUsd(
      static_cast<std::int64_t>(static_cast<Wide>(whole.nanoUsd()) * part.nanoUsd() / kBillion));
}

int tierIndex(int tier) {
  return std::clamp(tier, 0, kTierCount - 1);
}

}  // namespace

Hold::Hold(Hold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      amount_(other.amount_),
      tier_(other.tier_),
      key_(std::move(other.key_)),
      team_(std::move(other.team_)),
      day_(other.day_) {}

Hold& Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  if (owner_ != nullptr) owner_->release(*this, {});
  owner_ = std::exchange(other.owner_, nullptr);
  amount_ = other.amount_;
  tier_ = other.tier_;
  key_ = std::move(other.key_);
  team_ = std::move(other.team_);
  day_ = other.day_;
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

Money Purse::of(int tier) const {
  if (tier >= 0 && tier < kTierCount) return byTier[static_cast<std::size_t>(tier)];
  return *std::ranges::min_element(byTier);
}
Money Purse::most() const {
  return *std::ranges::max_element(byTier);
}

/// Which limit is in the way, and how much it leaves.
struct BudgetLedger::Refusal {
  std::string scope;
  Money left;
};

BudgetLedger::BudgetLedger(const Clock& clock, BudgetRules rules, const LedgerTotals& totals,
                           std::shared_ptr<const TimeZone> zone)
    : clock_(clock), zone_(std::move(zone)), rules_(std::move(rules)) {
  for (const auto& [scope, spent] : totals.spent) {
    const std::size_t mark = scope.find('=');
    const std::string name = mark == std::string::npos ? "" : scope.substr(mark + 1);
    if (scope == "all") {
      all_.spent = spent;
    } else if (scope.starts_with("key=")) {
      keys_[name].spent = spent;
    } else if (scope.starts_with("team=")) {
      teams_[name].spent = spent;
    } else if (scope.starts_with("tier=")) {
      int tier = 0;
      std::from_chars(name.data(), name.data() + name.size(), tier);
      tiers_[static_cast<std::size_t>(tierIndex(tier))].spent = spent;
    }
  }
  today_ = totals.today != 0 ? totals.today : zone_->dayOf(clock_.unixNow());
}

BudgetLedger::BudgetLedger(const Clock& clock, Money monthlyLimit, const LedgerTotals& totals)
    : BudgetLedger(clock, monthly(monthlyLimit), totals) {}

const BudgetLedger::Account& BudgetLedger::account(
    const std::unordered_map<std::string, Account>& accounts, const std::string& name) const {
  static const Account kUnused;
  const auto found = accounts.find(name);
  return found == accounts.end() ? kUnused : found->second;
}

// What is held counts in every window: a hold of yesterday may still become today's surprise.
template <class Visit>
void BudgetLedger::forEachLimit(const Caller& caller, Visit visit) const {
  const auto windows = [&](const WindowLimits& limits, const Account& used, const char* whose) {
    const auto window = [&](const std::optional<Money>& limit, Money spent, const char* when) {
      if (limit) visit(*limit - spent - used.held, whose, when);
    };
    window(limits.day, used.spent.day, "today");
    window(limits.month, used.spent.month, "this month");
    window(limits.total, used.spent.total, "in total");
  };
  windows(rules_.all, all_, "the budget");
  if (caller.dailyBudget || caller.monthlyBudget || caller.totalBudget)
    windows({caller.dailyBudget, caller.monthlyBudget, caller.totalBudget},
            account(keys_, caller.key.value()), "this API key");
  if (caller.team.empty()) return;
  if (const auto team = rules_.teams.find(caller.team); team != rules_.teams.end())
    windows(team->second, account(teams_, caller.team), "the key's team");
}

/// The tier's own part of the month; tiers without one share what is left of it.
Money BudgetLedger::allocated(int tier) const {
  const Money month = rules_.all.month.value_or(Money::max());
  if (const auto own = rules_.shares.find(tier); own != rules_.shares.end())
    return share(month, own->second);
  Money left = month;
  for (const auto& [other, part] : rules_.shares) left -= share(month, part);
  return std::max(left, kNothing);
}

// With borrowing from below, a tier is limited together with all below it, and by what those above
// it have taken from there already: every prefix of the tiers stays within the sum of its parts.
// That needs no memory of who lent to whom, so a restart finds the same answer.
Money BudgetLedger::tierLeft(int tier) const {
  if (rules_.shares.empty() || rules_.borrowing == Borrowing::Any) return Money::max();
  const auto used = [&](int t) {
    const Account& account = tiers_[static_cast<std::size_t>(t)];
    return account.spent.month + account.held;
  };
  const auto hasOwn = [&](int t) { return rules_.shares.contains(t); };
  const bool own = hasOwn(tier);
  if (rules_.borrowing == Borrowing::None) {
    Money together;
    for (int t = 0; t < kTierCount; ++t)
      if (own ? t == tier : !hasOwn(t)) together += used(t);
    return allocated(tier) - together;
  }
  Money left = Money::max();
  Money parts;
  Money together;
  for (int t = 0; t < kTierCount; ++t) {
    if (!hasOwn(t)) continue;
    parts += allocated(t);
    together += used(t);
    if (own && t >= tier) left = std::min(left, parts - together);
  }
  // The tiers without a part come last; all of them together are the month.
  for (int t = 0; t < kTierCount; ++t)
    if (!hasOwn(t)) together += used(t);
  return std::min(left, rules_.all.month.value_or(Money::max()) - together);
}

std::optional<BudgetLedger::Refusal> BudgetLedger::tightest(const Caller& caller, int tier,
                                                            Money amount) const {
  std::optional<Refusal> refusal;
  const auto visit = [&](Money left, const char* whose, const char* when) {
    if (amount <= left || (refusal && refusal->left <= left)) return;
    refusal = Refusal{
        std::string(whose) + " has $" + std::max(left, kNothing).toString() + " left " + when,
        left};
  };
  forEachLimit(caller, visit);
  const std::string whose = "tier " + std::to_string(tier);
  visit(tierLeft(tier), whose.c_str(), "this month");
  return refusal;
}

Result<Hold> BudgetLedger::hold(const Caller& caller, int tier, Money amount) {
  const std::scoped_lock lock(mutex_);
  roll();
  tier = tierIndex(tier);
  if (amount > kNothing) {
    if (const auto refusal = tightest(caller, tier, amount))
      return fail(ErrorCode::BudgetExceeded,
                  "Budget exceeded and no fallback available: this request may cost up to $" +
                      amount.toString() + " and " + refusal->scope +
                      "; lower max_tokens, choose a cheaper model or raise the budget");
  }
  Hold hold;
  hold.owner_ = this;
  hold.amount_ = amount;
  hold.tier_ = tier;
  hold.key_ = caller.key.value();
  hold.team_ = caller.team;
  hold.day_ = today_;
  all_.held += amount;
  tiers_[static_cast<std::size_t>(tier)].held += amount;
  keys_[hold.key_].held += amount;
  if (!hold.team_.empty()) teams_[hold.team_].held += amount;
  return hold;
}

void BudgetLedger::release(const Hold& hold, Money cost) {
  const std::scoped_lock lock(mutex_);
  roll();
  const auto book = [&](Account& account) {
    account.held -= hold.amount_;
    account.spent.total += cost;
    // Held in one month and settled in the next: the ledger books it by the day of the hold, and
    // so do these sums.
    if (hold.day_ / 100 == today_ / 100) account.spent.month += cost;
    if (hold.day_ == today_) account.spent.day += cost;
  };
  book(all_);
  book(tiers_[static_cast<std::size_t>(hold.tier_)]);
  book(keys_[hold.key_]);
  if (!hold.team_.empty()) book(teams_[hold.team_]);
}

Purse BudgetLedger::purse(const Caller& caller) const {
  const std::scoped_lock lock(mutex_);
  roll();
  Money least = Money::max();
  forEachLimit(caller,
               [&](Money left, const char*, const char*) { least = std::min(least, left); });
  Purse purse;
  purse.today = today_;
  for (int tier = 0; tier < kTierCount; ++tier)
    purse.byTier[static_cast<std::size_t>(tier)] =
        std::max(kNothing, std::min(least, tierLeft(tier)));
  return purse;
}

CalendarDay BudgetLedger::today() const {
  const std::scoped_lock lock(mutex_);
  roll();
  return today_;
}

Money BudgetLedger::left(const Caller& caller) const {
  return purse(caller).most();
}

BudgetState BudgetLedger::state() const {
  const std::scoped_lock lock(mutex_);
  roll();
  BudgetState state;
  state.limits = rules_.all;
  state.limit = rules_.all.month.value_or(Money::max());
  state.spent = all_.spent.month;
  state.held = all_.held;
  state.windows = all_.spent;
  state.today = today_;
  const Money left = std::max(kNothing, state.limit - state.spent - state.held);
  for (int tier = 0; tier < kTierCount; ++tier) {
    const Account& account = tiers_[static_cast<std::size_t>(tier)];
    TierState& shown = state.tiers[static_cast<std::size_t>(tier)];
    shown.allocation = allocated(tier);
    shown.spent = account.spent.month;
    shown.held = account.held;
    shown.left = std::max(kNothing, std::min(left, tierLeft(tier)));
    if (account.spent.month > kNothing) state.spentByTier[tier] = account.spent.month;
  }
  return state;
}

void BudgetLedger::setRules(BudgetRules rules) {
  const std::scoped_lock lock(mutex_);
  rules_ = std::move(rules);
}

void BudgetLedger::roll() const {
  // Days of all zones begin with a minute.
  constexpr std::int64_t kMinute = 60'000;
  const UnixMillis now = clock_.unixNow();
  if (now / kMinute == minute_) return;
  minute_ = now / kMinute;
  const CalendarDay day = zone_->dayOf(now);
  // A clock that is set back does not reopen a day that was spent.
  if (day <= today_) return;
  const bool newMonth = day / 100 > today_ / 100;
  today_ = day;
  const auto begin = [newMonth](Account& account) {
    account.spent.day = {};
    if (newMonth) account.spent.month = {};
  };
  begin(all_);
  for (Account& account : tiers_) begin(account);
  for (auto& [name, account] : keys_) begin(account);
  for (auto& [name, account] : teams_) begin(account);
}

}  // namespace pagoda::services
