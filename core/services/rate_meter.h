#pragma once
// How full a bucket is. A rate of N a minute allows N at once and gives back N evenly in a minute
// (GCRA, the generic cell rate algorithm): one number per bucket, and no clock that ticks.

#include <algorithm>
#include <cstdint>

#include "core/base/clock.h"

namespace pagoda::services {

inline constexpr std::int64_t kRateWindow = 60'000'000'000;  // nanoseconds

/// Monotonic nanoseconds.
inline std::int64_t nanosOf(TimePoint time) {
  return std::chrono::duration_cast<Duration>(time.time_since_epoch()).count();
}

/// `fullAt`: when the bucket is full again, in monotonic nanoseconds; what is past is full. Not
/// thread-safe. `perMinute` may differ from call to call: a key's rate can be changed.
struct RateMeter {
  std::int64_t fullAt = 0;

  /// What is left of `perMinute`, rounded down; 0 where more was used than there was.
  std::int64_t remaining(std::int64_t perMinute, std::int64_t now) const;
  /// How long until `amount` can be taken; zero: at once. `amount` is `perMinute` at most.
  Duration waitFor(std::int64_t amount, std::int64_t perMinute, std::int64_t now) const;
  Duration untilFull(std::int64_t now) const {
    return Duration(std::max<std::int64_t>(0, fullAt - now));
  }
  /// Takes `amount` whether it is there or not; a negative amount is given back.
  void take(std::int64_t amount, std::int64_t perMinute, std::int64_t now);
};

}  // namespace pagoda::services
