#pragma once
// What every caller, every address and all together may do, and have done.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/domain/keys.h"
#include "core/services/client_address.h"
#include "core/services/rate_table.h"

namespace pagoda::services {

/// 0: no limit.
struct RateScope {
  std::int64_t requestsPerMinute = 0;
  std::int64_t tokensPerMinute = 0;
  std::int64_t concurrent = 0;
  bool limits() const { return requestsPerMinute > 0 || tokensPerMinute > 0 || concurrent > 0; }
};

struct RateLimits {
  RateScope key;  ///< of keys that have no rate of their own
  RateScope address;
  RateScope global;
  std::int64_t wrongKeysPerMinute = 60;  ///< of one address
  std::size_t tracked = 100'000;         ///< addresses, and callers, that are remembered
  std::size_t queue = 256;               ///< requests that wait for others to end
  Millis queueTimeout{1'000};            ///< how long one waits
};

/// The tightest limit of each kind, for the client: what is left of it, and when it is whole again.
struct RateView {
  struct Figure {
    std::int64_t limit = 0, remaining = 0;
    Duration untilFull{};
  };
  std::optional<Figure> requests, tokens;
};

/// Whom one request counts against. A scope without limits is left alone.
struct RateParty {
  RateId key;      ///< zero: without authentication
  RateId address;  ///< zero unless RateBook::asksForAddress()
  RateScope keyLimits, addressLimits, globalLimits;

  bool limited() const {
    return keyLimits.limits() || addressLimits.limits() || globalLimits.limits();
  }
  bool limitsConcurrency() const {
    return keyLimits.concurrent > 0 || addressLimits.concurrent > 0 || globalLimits.concurrent > 0;
  }
  /// The smallest limit on tokens; nothing: there is none.
  std::optional<std::int64_t> tokensPerMinute() const;
};

/// Thread-safe.
class RateBook {
 public:
  RateBook(const RateLimits& limits, const Clock& clock);

  /// Whether partyOf() makes anything of the address: it has limits, or who waits for others to end
  /// is told apart by it.
  bool asksForAddress() const { return limits_.address.limits() || limits_.global.limits(); }
  /// A caller without a key (no authentication) is limited by its address and by what all may do.
  RateParty partyOf(const Caller& caller, const AddressBytes& address) const;

  /// Counts one request and `tokens` in every scope, or in none. Fills `view` either way. Errors:
  /// RateLimited, with the time after which the same would be let through.
  Result<void> charge(const RateParty& party, std::int64_t tokens, RateView& view);
  /// `charged` tokens were `used` in truth.
  void settle(const RateParty& party, std::int64_t charged, std::int64_t used);
  /// As if charge() had not been.
  void refund(const RateParty& party, std::int64_t tokens);

  /// Takes a place in every scope that limits how many are under way, or in none.
  bool enter(const RateParty& party);
  void leave(const RateParty& party);

  /// Counts a wrong key; false: there were too many, and `wait` is when the next counts as one.
  bool wrongKey(const AddressBytes& address, Duration& wait);

  std::size_t memoryBytes() const { return callers_.memoryBytes() + addresses_.memoryBytes(); }

 private:
  template <class Use>
  auto inGlobal(Use&& use);
  template <class Use>
  void everywhere(const RateParty& party, Use&& use);

  const RateLimits limits_;
  const Clock& clock_;
  RateTable callers_;
  RateTable addresses_;
  std::mutex mutex_;
  RateMeters global_;  ///< guarded by mutex_
};

}  // namespace pagoda::services
