#include "order.h"

#include <algorithm>
#include <tuple>

namespace pagoda::tiered {
namespace {

constexpr std::uint32_t kNever = 0xFFFFFFFF;
constexpr int kTopTier = 3;

}  // namespace

int stepsFrom(int start, int tier, Escalate escalate) {
  if (tier == start) return 0;
  if (escalate == Escalate::None || tier == kLiveDataTier) return -1;
  // Whoever wants live data and gets none is best served by a general model, from the bottom up.
  if (start == kLiveDataTier) return tier + 1;
  if (tier > start) return tier - start;
  return escalate == Escalate::Any ? kTopTier - start + (start - tier) : -1;
}

std::uint32_t orderFrom(Facts* facts, std::uint32_t count, int start, Escalate escalate) {
  std::uint32_t wanted = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Facts& fact = facts[i];
    const int steps = stepsFrom(start, fact.tier, escalate);
    if (steps < 0) {
      fact.rank = kNever;
      continue;
    }
    ++wanted;
    fact.rank = (fact.lastResort ? 0x10000u : 0u) | static_cast<std::uint32_t>(steps) << 8 |
                (fact.down ? 2u : 0u) | (fact.tagged ? 0u : 1u);
  }
  std::sort(facts, facts + count, [](const Facts& a, const Facts& b) {
    return std::tie(a.rank, a.costNano, a.id) < std::tie(b.rank, b.costNano, b.id);
  });
  return wanted;
}

}  // namespace pagoda::tiered
