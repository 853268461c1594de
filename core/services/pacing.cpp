#include "core/services/pacing.h"

#include <algorithm>
#include <limits>

namespace pagoda::services {
namespace {

__extension__ using Wide = __int128;
constexpr UnixMillis kDay = 86'400'000;

struct Month {
  UnixMillis begin = 0, end = 0, now = 0;
  UnixMillis elapsed() const { return std::max(now - begin, kDay); }
};

Month monthOf(CalendarDay today, UnixMillis now, const TimeZone& zone) {
  const std::int32_t month = today / 100;
  const std::int32_t next = month % 100 == 12 ? month + 89 : month + 1;
  Month span;
  span.begin = zone.startOf(month * 100 + 1);
  span.end = zone.startOf(next * 100 + 1);
  span.now = std::clamp(now, span.begin, span.end - 1);
  return span;
}

Pace pace(Money spent, Money left, const Month& month, const TimeZone& zone) {
  Pace result;
  const Wide ahead = static_cast<Wide>(spent.nanoUsd()) * (month.end - month.now) / month.elapsed();
  const Wide most = std::numeric_limits<std::int64_t>::max();
  result.forecast = spent + Money::fromNanoUsd(static_cast<std::int64_t>(std::min(ahead, most)));
  if (left <= Money{}) {
    result.runsOut = zone.dayOf(month.now);
  } else if (static_cast<Wide>(left.nanoUsd()) < ahead) {
    // `left` is less than what the rest of the month would take, so spending is above 0 here.
    const Wide lasts = static_cast<Wide>(left.nanoUsd()) * month.elapsed() / spent.nanoUsd();
    result.runsOut = zone.dayOf(month.now + static_cast<UnixMillis>(lasts));
  }
  return result;
}

}  // namespace

BudgetPace paceOf(const BudgetState& state, UnixMillis now, const TimeZone& zone) {
  const Month month = monthOf(state.today, now, zone);
  BudgetPace result;
  const Money left = state.limit - state.spent - state.held;
  result.all = pace(state.spent, left, month, zone);
  for (std::size_t tier = 0; tier < state.tiers.size(); ++tier)
    result.tiers[tier] = pace(state.tiers[tier].spent, state.tiers[tier].left, month, zone);
  return result;
}

}  // namespace pagoda::services
