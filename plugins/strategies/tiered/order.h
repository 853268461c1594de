#pragma once
// The order in which the tiers' models are tried. Pure, and free of allocation: it runs for every
// request, between classification and the first byte sent.

#include <array>
#include <cstdint>
#include <string_view>

#include "../wish.h"

namespace pagoda::tiered {

using strategies::kExternalTier;
using strategies::Wish;

constexpr int kTopTier = 3;  ///< of the cascade
constexpr std::uint32_t kMostSteps = 16;

/// Where to go on when a tier fails.
enum class Escalate {
  Any,   ///< up to tier 3, then down as a last resort
  Up,    ///< up to tier 3
  None,  ///< nowhere
};

struct Settings {
  Escalate escalate = Escalate::Any;
  std::uint32_t maxSteps = 4;
};

struct Order {
  std::array<std::uint32_t, kMostSteps> candidates{};  ///< indexes into the catalogue
  std::array<int, kMostSteps> tiers{};
  std::uint32_t count = 0;
  bool localOnly = false;  ///< nothing but the built-in skills is there
};

/// The candidates to try, best first; at least one if the catalogue has any.
Order orderOf(const pagoda_features& features, const pagoda_catalogue& catalogue, const Wish& wish,
              const Settings& settings) noexcept;

/// One line on why, written into `buffer`: "coding (keyword 関数) → tier 0; then 1, 2".
std::string_view explain(const Wish& wish, const Order& order,
                         std::array<char, 256>& buffer) noexcept;

}  // namespace pagoda::tiered
