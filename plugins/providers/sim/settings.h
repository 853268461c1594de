// What the simulated models do: the settings of one instance of the provider `sim`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pagoda::sim {

enum class Fault { None, Unavailable, Timeout, RateLimit, Overloaded, Garbage, Auth };

/// The fault of that name in the settings and in a marker, or nothing.
std::optional<Fault> faultNamed(std::string_view name);

struct Behaviour {
  std::uint64_t latencyMs = 0;   ///< before the first event
  std::uint64_t chunkGapMs = 0;  ///< between two text events of a stream
  std::int64_t answerTokens = 60;
  Fault fault = Fault::None;
  double errorRate = 0;  ///< share of prompts that fail, 0 to 1
};

struct Settings {
  std::int64_t seed = 0;
  bool allowMarkers = false;
  Behaviour defaults;  ///< of every model that `models` does not name
  std::map<std::string, Behaviour, std::less<>> models;

  const Behaviour& of(std::string_view model) const;
};

/// Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting. An empty text means no settings.
Settings readSettings(std::string_view config);

}  // namespace pagoda::sim
