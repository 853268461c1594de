#pragma once
// The order in which candidates are tried, as a pure function of plain facts.

#include <cstdint>
#include <string_view>

namespace pagoda::tiered {

constexpr int kLiveDataTier = 4;

enum class Escalate { Up, Any, None };

struct Facts {
  std::uint32_t index = 0;  ///< in the catalogue
  int tier = 0;
  bool down = false;
  bool tagged = false;      ///< the model is tagged with the task
  bool lastResort = false;  ///< local skills and simulated models
  std::int64_t costNano = 0;
  std::string_view id;
  std::uint32_t rank = 0;  ///< by orderFrom(): the lower, the earlier
};

/// How far a tier is from `start` on the way of escalation: `start`, then upwards to tier 3, then
/// downwards as a last resort. Tier 4, live data, comes into it only where the way starts there.
/// Without escalation, or beyond its end: -1.
int stepsFrom(int start, int tier, Escalate escalate);

/// Sorts `facts[0..count)` by distance from `start`; within a tier a healthy model comes before one
/// that is down, a tagged one before others, the cheaper before the dearer. Returns how many of
/// them are to be tried: those that `escalate` leaves out stand behind.
std::uint32_t orderFrom(Facts* facts, std::uint32_t count, int start, Escalate escalate);

}  // namespace pagoda::tiered
