#include "order.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace pagoda::tiered {
namespace {

using strategies::eachLabel;
using strategies::view;

bool hasTag(std::string_view tags, std::string_view tag) noexcept {
  while (!tags.empty()) {
    const std::size_t comma = tags.find(',');
    std::string_view one = tags.substr(0, comma);
    tags.remove_prefix(comma == std::string_view::npos ? tags.size() : comma + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == tag) return true;
  }
  return false;
}

constexpr std::uint64_t kOffTheWay = 15;

// How late a tier comes when `start` is wanted. Tier 4 is no part of the cascade: it is tried only
// where the way starts there, and what follows it goes from the bottom up, since a request for live
// data that gets none is best served cheaply.
std::uint64_t distance(int tier, int start, Escalate escalate) noexcept {
  if (tier == start) return 0;
  if (escalate == Escalate::None || tier < 0 || tier >= kExternalTier) return kOffTheWay;
  if (start >= kExternalTier) return static_cast<std::uint64_t>(tier + 1);
  if (tier > start) return static_cast<std::uint64_t>(tier - start);
  return escalate == Escalate::Any ? static_cast<std::uint64_t>(kTopTier - tier) : kOffTheWay;
}

/// A candidate's place: smaller is better.
struct Place {
  std::uint64_t rank = 0;
  std::int64_t cost = 0;
  const pagoda_candidate* candidate = nullptr;
  std::uint32_t index = 0;

  bool before(const Place& other) const noexcept {
    if (rank != other.rank) return rank < other.rank;
    if (cost != other.cost) return cost < other.cost;
    return view(candidate->id) < view(other.candidate->id);
  }
  bool simulated() const noexcept { return (rank & kSimulated) != 0; }
  bool down() const noexcept { return (rank & kDown) != 0; }
  bool local() const noexcept { return (rank & kLocal) != 0; }
  bool offTheWay() const noexcept { return (rank >> kTierShift & 15) == kOffTheWay; }

  // From the weightiest to the lightest reason.
  static constexpr std::uint64_t kSimulated = 1U << 10;
  static constexpr std::uint64_t kDown = 1U << 9;
  static constexpr std::uint64_t kLocal = 1U << 8;
  static constexpr unsigned kTierShift = 4;
  static constexpr unsigned kHealthShift = 1;
  static constexpr std::uint64_t kOtherTask = 1;
};

Place placeOf(const pagoda_candidate& candidate, std::uint32_t index, std::string_view pool,
              const Wish& wish, Escalate escalate) noexcept {
  bool otherTask = !wish.task.empty(), local = false, simulated = false;
  eachLabel(candidate.labels, [&](std::string_view name, std::string_view value) {
    if (name == "tags") otherTask = otherTask && !hasTag(value, wish.task);
    if (name == "local") local = value == "true";
    if (name == "simulated") simulated = value == "true";
  });
  Place place;
  place.rank = distance(candidate.tier, wish.tier, escalate) << Place::kTierShift;
  place.rank |=
      static_cast<std::uint64_t>(std::clamp<pagoda_health>(candidate.health, 0, PAGODA_HEALTH_DOWN))
      << Place::kHealthShift;
  if (otherTask) place.rank |= Place::kOtherTask;
  if (local) place.rank |= Place::kLocal;
  if (candidate.health >= PAGODA_HEALTH_DOWN) place.rank |= Place::kDown;
  if (simulated && pool != view(candidate.id)) place.rank |= Place::kSimulated;
  place.cost = candidate.expected_cost_nusd >= 0 ? candidate.expected_cost_nusd
                                                 : std::numeric_limits<std::int64_t>::max();
  place.candidate = &candidate;
  place.index = index;
  return place;
}

// Appends to a fixed buffer; what does not fit is left out whole.
class Line {
 public:
  explicit Line(std::array<char, 256>& buffer) noexcept : buffer_(buffer) {}
  Line& text(std::string_view more) noexcept {
    if (size_ + more.size() <= buffer_.size()) {
      std::copy(more.begin(), more.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
      size_ += more.size();
    }
    return *this;
  }
  Line& number(int value) noexcept {
    char digits[12];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return text({digits, static_cast<std::size_t>(end - digits)});
  }
  std::string_view view() const noexcept { return {buffer_.data(), size_}; }

 private:
  std::array<char, 256>& buffer_;
  std::size_t size_ = 0;
};

}  // namespace

Order orderOf(const pagoda_features& features, const pagoda_catalogue& catalogue, const Wish& wish,
              const Settings& settings) noexcept {
  // The best few by insertion: no list of all candidates is ever made.
  std::array<Place, kMostSteps> best;
  const std::uint32_t most = std::clamp<std::uint32_t>(settings.maxSteps, 1, kMostSteps);
  std::uint32_t count = 0;
  const std::string_view pool = view(features.pool);
  for (std::uint32_t i = 0; i < catalogue.candidates.count; ++i) {
    const Place place = placeOf(*PAGODA_AT(pagoda_candidate, catalogue.candidates, i), i, pool,
                                wish, settings.escalate);
    std::uint32_t at = count;
    if (count < most) {
      ++count;
    } else if (place.before(best[count - 1])) {
      at = count - 1;
    } else {
      continue;
    }
    for (; at > 0 && place.before(best[at - 1]); --at) best[at] = best[at - 1];
    best[at] = place;
  }
  Order order;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Place& first = best[0];
    const Place& place = best[i];
    // What only the lack of anything better excuses: made up, down, off the way.
    if (place.simulated() != first.simulated() || place.down() != first.down()) break;
    const bool lastResort = place.local() && settings.escalate != Escalate::None;
    if (place.offTheWay() && !first.offTheWay() && !lastResort) continue;
    order.candidates[order.count] = place.index;
    order.tiers[order.count++] = place.candidate->tier;
  }
  order.localOnly = count > 0 && best[0].local();
  return order;
}

std::string_view explain(const Wish& wish, const Order& order,
                         std::array<char, 256>& buffer) noexcept {
  Line line(buffer);
  if (wish.asked) {
    line.text("asked for tier ").number(wish.tier);
    if (!wish.task.empty()) line.text(" (").text(wish.task).text(")");
  } else {
    line.text(wish.task.empty() ? "unclassified" : wish.task);
    if (!wish.keyword.empty()) line.text(" (keyword ").text(wish.keyword).text(")");
  }
  if (order.localOnly) return line.text(" → built-in skills, for lack of a model").view();
  int before = -1;
  for (std::uint32_t i = 0; i < order.count; ++i) {
    if (order.tiers[i] == before) continue;
    line.text(i == 0                     ? " → tier "
              : before == order.tiers[0] ? "; then "
                                         : ", ")
        .number(order.tiers[i]);
    before = order.tiers[i];
  }
  return line.view();
}

}  // namespace pagoda::tiered
