#pragma once
// Where spending goes at its present pace: the sum at the end of the month, and the day on which
// the budget or a tier has nothing left.

#include <array>
#include <optional>

#include "core/base/clock.h"
#include "core/base/time_zone.h"
#include "core/services/budget_ledger.h"

namespace pagoda::services {

struct Pace {
  Money forecast;  ///< spent by the end of the month at the month's mean pace; saturates
  /// The day, within this month, on which nothing is left; absent: the money lasts.
  std::optional<CalendarDay> runsOut;
};

struct BudgetPace {
  Pace all;
  /// By tier, with what a tier may borrow; each as if the others spent no more.
  std::array<Pace, kTierCount> tiers{};
};

/// The pace is the mean since the month began, of at least a day, so that the month's first request
/// foretells no ruin. `now` is in the month of `state.today`, or behind where a clock was set back.
BudgetPace paceOf(const BudgetState& state, UnixMillis now, const TimeZone& zone);

}  // namespace pagoda::services
