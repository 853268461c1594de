#pragma once
// What the strategies share: who may be chosen at all, the common orders, and settings.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

#include "wish.h"

namespace pagoda::strategies {

struct Choice {
  std::uint32_t index = 0;
  const pagoda_candidate* candidate = nullptr;

  std::string_view id() const { return sdk::view(candidate->id); }
  std::int64_t cost() const {
    return candidate->expected_cost_nusd >= 0 ? candidate->expected_cost_nusd
                                              : std::numeric_limits<std::int64_t>::max();
  }
  /// 0..1; where the operator does not say, what its tier stands for: tier 0 is 0.25, tier 3 is 1.
  double quality() const {
    if (!std::isnan(candidate->quality)) return candidate->quality;
    return std::clamp((candidate->tier + 1) / 4.0, 0.0, 1.0);
  }
};

inline std::string_view labelOf(const pagoda_array& labels, std::string_view wanted) {
  std::string_view found;
  eachLabel(labels, [&](std::string_view name, std::string_view value) {
    if (name == wanted) found = value;
  });
  return found;
}

/// The tier that the client asks for, else the one that the classification prefers.
inline int wantedTier(const pagoda_features& features) {
  return wishOf(features).tier;
}

/// Who may be chosen, in the catalogue's order: models before built-in skills before simulated
/// ones, and nobody whose circuit is open while there is anybody else. Live-data models (tier 4)
/// only where their tier is wanted or nobody else is there. Throws without candidates.
inline std::vector<Choice> choicesOf(const pagoda_features& features,
                                     const pagoda_catalogue& catalogue) {
  const int wanted = wantedTier(features);
  const auto placeOf = [wanted](const pagoda_candidate& candidate) {
    int rank = 0;
    if (labelOf(candidate.labels, "simulated") == "true") rank += 8;
    if (labelOf(candidate.labels, "local") == "true") rank += 4;
    if (candidate.health >= PAGODA_HEALTH_DOWN) rank += 2;
    if (candidate.tier == kExternalTier && wanted != kExternalTier) rank += 1;
    return rank;
  };
  std::vector<Choice> choices;
  int best = std::numeric_limits<int>::max();
  for (std::uint32_t i = 0; i < catalogue.candidates.count; ++i) {
    const auto* candidate = PAGODA_AT(pagoda_candidate, catalogue.candidates, i);
    const int own = placeOf(*candidate);
    if (own < best) choices.clear();
    best = std::min(best, own);
    if (own == best) choices.push_back({i, candidate});
  }
  if (choices.empty())
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "there is no candidate to plan with");
  return choices;
}

/// Healthy before degraded before probing, then the cheaper one, then by id, so that equal input
/// gives an equal plan.
inline bool cheaper(const Choice& a, const Choice& b) {
  if (a.candidate->health != b.candidate->health) return a.candidate->health < b.candidate->health;
  if (a.cost() != b.cost()) return a.cost() < b.cost();
  return a.id() < b.id();
}

/// Adds the first `most` of `choices` to the plan, within the request's money.
inline void addSteps(const std::vector<Choice>& choices, std::size_t most,
                     const pagoda_features& features, sdk::Plan& plan) {
  for (std::size_t i = 0; i < choices.size() && i < most; ++i) plan.add(choices[i].index);
  if (features.budget_nusd >= 0) plan.limitCost(features.budget_nusd);
}

/// One setting: its name and who reads it; false: not a value that it can have.
struct Setting {
  std::string_view name;
  std::function<bool(json::Reader&)> read;
  std::string_view wants;
};

inline void readSettings(std::string_view config, std::initializer_list<Setting> settings) {
  if (config.empty()) return;
  json::Reader reader(config);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    for (const Setting& setting : settings) {
      if (setting.name != key) continue;
      if (setting.read(value)) return;
      throw sdk::Failure(PAGODA_E_CONFIG,
                         std::string(setting.name) + " must be " + std::string(setting.wants));
    }
    throw sdk::Failure(PAGODA_E_CONFIG, "unknown setting \"" + std::string(key) + "\"");
  });
  if (!object) throw sdk::Failure(PAGODA_E_CONFIG, "the settings must be an object");
}

/// Reads an integer of `least` to `most`.
template <class T>
std::function<bool(json::Reader&)> integer(T& target, std::int64_t least, std::int64_t most) {
  return [&target, least, most](json::Reader& value) {
    const auto number = value.integer();
    if (!number || *number < least || *number > most) return false;
    target = static_cast<T>(*number);
    return true;
  };
}

inline std::function<bool(json::Reader&)> boolean(bool& target) {
  return [&target](json::Reader& value) {
    const auto flag = value.boolean();
    target = flag.value_or(target);
    return flag.has_value();
  };
}

}  // namespace pagoda::strategies
