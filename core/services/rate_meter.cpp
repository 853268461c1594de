#include "core/services/rate_meter.h"

namespace pagoda::services {
namespace {

__extension__ using Wide = __int128;

// Rounded down, so that N costs of one never add up to more than a window.
std::int64_t timeOf(std::int64_t amount, std::int64_t perMinute) {
  constexpr Wide kMost = std::int64_t{1} << 60;
  const Wide time = static_cast<Wide>(amount) * kRateWindow / perMinute;
  return static_cast<std::int64_t>(std::clamp(time, -kMost, kMost));
}

}  // namespace

std::int64_t RateMeter::remaining(std::int64_t perMinute, std::int64_t now) const {
  const std::int64_t free = kRateWindow - std::max<std::int64_t>(0, fullAt - now);
  if (free <= 0) return 0;
  return static_cast<std::int64_t>(static_cast<Wide>(free) * perMinute / kRateWindow);
}

Duration RateMeter::waitFor(std::int64_t amount, std::int64_t perMinute, std::int64_t now) const {
  const std::int64_t after = std::max(fullAt, now) + timeOf(amount, perMinute);
  return Duration(std::max<std::int64_t>(0, after - now - kRateWindow));
}

void RateMeter::take(std::int64_t amount, std::int64_t perMinute, std::int64_t now) {
  constexpr std::int64_t kLongestDebt = 60 * kRateWindow;
  // A debt of real usage over the estimate is paid back in an hour at the latest.
  fullAt = std::min(std::max(fullAt, now) + timeOf(amount, perMinute), now + kLongestDebt);
}

}  // namespace pagoda::services
