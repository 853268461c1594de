#include "core/services/rate_limiter.h"

#include <algorithm>
#include <utility>

namespace pagoda::services {

struct RateLimiter::Waiter {
  Waiter(const RateParty& whose, Runtime& loop) : party(whose), runtime(loop) {}
  const RateParty party;
  Runtime& runtime;
  CancelSource wake;    ///< on the waiter's own loop
  bool called = false;  ///< has its place; guarded by the limiter's mutex
};

RateTicket::RateTicket(RateTicket&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      party_(other.party_),
      tokens_(other.tokens_) {}

RateTicket::~RateTicket() {
  if (limiter_ != nullptr) limiter_->leave(party_);
}

void RateTicket::settle(std::int64_t used) {
  if (limiter_ != nullptr) limiter_->book_.settle(party_, tokens_, used);
  tokens_ = used;
}

RateLimiter::RateLimiter(RateLimits limits, TrustedProxies proxies, const Clock& clock)
    : limits_(limits), proxies_(std::move(proxies)), book_(limits_, clock) {}

Task<Result<RateTicket>> RateLimiter::admit(RateParty party, std::int64_t tokens, RateView& view,
                                            Runtime& runtime, CancelSource* gone) {
  if (!party.limited()) co_return RateTicket{};
  Result<void> charged = book_.charge(party, tokens, view);
  if (!charged) co_return tl::unexpected<Error>(std::move(charged).error());
  // Whoever waits came first.
  bool inside = !party.limitsConcurrency() || (waiting_.load() == 0 && book_.enter(party));
  if (!inside) inside = co_await waitForPlace(party, runtime, gone);
  if (inside) co_return RateTicket(*this, party, tokens);
  book_.refund(party, tokens);
  if (gone != nullptr && gone->cancelled())
    co_return fail(ErrorCode::Cancelled, "the client went away");
  Error error{ErrorCode::RateLimited,
              "too many requests are under way; wait for one of yours to end, or try again",
              {},
              {},
              std::chrono::seconds(1)};
  co_return tl::unexpected<Error>(std::move(error));
}

Task<bool> RateLimiter::waitForPlace(const RateParty& party, Runtime& runtime, CancelSource* gone) {
  const auto waiter = std::make_shared<Waiter>(party, runtime);
  if (!join(waiter)) co_return false;
  callNext();  // a place may have become free between the look and the queue
  const TimePoint until = runtime.clock().now() + limits_.queueTimeout;
  std::optional<CancelRegistration> watch;
  if (gone != nullptr && !gone->cancelled())
    watch.emplace(gone, [waiter] { waiter->wake.cancel(); });
  if (gone == nullptr || !gone->cancelled()) co_await runtime.sleepUntil(until, &waiter->wake);
  co_return quit(waiter);
}

bool RateLimiter::join(const std::shared_ptr<Waiter>& waiter) {
  const RateParty& party = waiter->party;
  const RateId id = party.key == RateId{} ? party.address : party.key;
  // Before callNext() looks for room: who leaves after that look sees that somebody waits.
  if (waiting_.fetch_add(1) >= limits_.queue) {
    waiting_.fetch_sub(1);
    return false;
  }
  const std::lock_guard lock(mutex_);
  const auto lane = std::ranges::find(lanes_, id, &Lane::id);
  if (lane != lanes_.end()) {
    lane->waiters.push_back(waiter);
  } else {
    lanes_.push_back({id, {waiter}});
  }
  return true;
}

// Whether the waiter has a place; out of the queue either way.
bool RateLimiter::quit(const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  if (waiter->called) return true;
  for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
    if (std::erase(lane->waiters, waiter) == 0) continue;
    if (lane->waiters.empty()) lanes_.erase(lane);
    break;
  }
  waiting_.fetch_sub(1);
  return false;
}

void RateLimiter::leave(const RateParty& party) {
  book_.leave(party);
  if (waiting_.load() > 0) callNext();
}

// Each caller in turn gets one place, as long as there are any.
void RateLimiter::callNext() {
  std::vector<std::shared_ptr<Waiter>> called;
  {
    const std::lock_guard lock(mutex_);
    std::size_t without = 0;  // lanes in a row that found no room
    while (!lanes_.empty() && without < lanes_.size()) {
      Lane& lane = lanes_.front();
      if (!book_.enter(lane.waiters.front()->party)) {
        ++without;
        lanes_.splice(lanes_.end(), lanes_, lanes_.begin());
        continue;
      }
      without = 0;
      lane.waiters.front()->called = true;
      called.push_back(std::move(lane.waiters.front()));
      lane.waiters.pop_front();
      waiting_.fetch_sub(1);
      if (lane.waiters.empty()) {
        lanes_.pop_front();
      } else {
        lanes_.splice(lanes_.end(), lanes_, lanes_.begin());
      }
    }
  }
  for (const std::shared_ptr<Waiter>& waiter : called)
    waiter->runtime.post([waiter] { waiter->wake.cancel(); });
}

}  // namespace pagoda::services
