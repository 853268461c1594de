#pragma once
// Lets requests in by their rates; where too many are under way, they wait in a short fair queue.

#include <atomic>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "core/domain/runtime.h"
#include "core/services/rate_book.h"

namespace pagoda::services {

class RateLimiter;

/// One admitted request. Gives its place back when destroyed, on any thread.
class RateTicket {
 public:
  RateTicket() = default;
  RateTicket(RateLimiter& limiter, const RateParty& party, std::int64_t tokens)
      : limiter_(&limiter), party_(party), tokens_(tokens) {}
  RateTicket(RateTicket&& other) noexcept;
  RateTicket& operator=(RateTicket&& other) = delete;
  ~RateTicket();

  /// Tokens that were set aside at admission.
  std::int64_t tokens() const { return tokens_; }
  /// What was used in truth; once.
  void settle(std::int64_t used);

 private:
  RateLimiter* limiter_ = nullptr;
  RateParty party_;
  std::int64_t tokens_ = 0;
};

/// Thread-safe; one for the process.
class RateLimiter {
 public:
  RateLimiter(RateLimits limits, TrustedProxies proxies, const Clock& clock);

  RateBook& book() { return book_; }
  const TrustedProxies& proxies() const { return proxies_; }

  /// Counts the request and waits for its place, at most `queueTimeout` or until `gone` (may be
  /// null). Errors: RateLimited, with the time to wait; Cancelled.
  Task<Result<RateTicket>> admit(RateParty party, std::int64_t tokens, RateView& view,
                                 Runtime& runtime, CancelSource* gone);
  /// Requests that wait now.
  std::size_t waiting() const { return waiting_.load(); }

 private:
  friend class RateTicket;
  struct Waiter;
  /// The requests of one caller (or, without keys, of one address), first come first served.
  struct Lane {
    RateId id;
    std::deque<std::shared_ptr<Waiter>> waiters;
  };

  void leave(const RateParty& party);
  Task<bool> waitForPlace(const RateParty& party, Runtime& runtime, CancelSource* gone);
  bool join(const std::shared_ptr<Waiter>& waiter);
  bool quit(const std::shared_ptr<Waiter>& waiter);
  void callNext();

  const RateLimits limits_;
  const TrustedProxies proxies_;
  RateBook book_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::list<Lane> lanes_;  ///< guarded by mutex_; the next in turn first
};

}  // namespace pagoda::services
