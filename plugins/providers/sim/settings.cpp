#include "settings.h"

#include <array>
#include <utility>

#include <pagoda/sdk.hpp>

namespace pagoda::sim {
namespace {

constexpr std::int64_t kLongestDelayMs = 600'000;
constexpr std::int64_t kMostAnswerTokens = 100'000;

[[noreturn]] void refuse(std::string_view setting, const std::string& need) {
  throw sdk::Failure(PAGODA_E_CONFIG, std::string(setting) + " " + need);
}

std::int64_t wholeOf(std::string_view setting, json::Reader& value, std::int64_t from,
                     std::int64_t to) {
  const auto number = value.integer();
  if (!number || *number < from || *number > to)
    refuse(setting,
           "must be a whole number from " + std::to_string(from) + " to " + std::to_string(to));
  return *number;
}

bool readBehaviour(std::string_view key, json::Reader& value, Behaviour& behaviour) {
  if (key == "latency_ms") {
    behaviour.latencyMs =
        static_cast<std::uint64_t>(wholeOf("latency_ms", value, 0, kLongestDelayMs));
  } else if (key == "chunk_gap_ms") {
    behaviour.chunkGapMs =
        static_cast<std::uint64_t>(wholeOf("chunk_gap_ms", value, 0, kLongestDelayMs));
  } else if (key == "answer_tokens") {
    behaviour.answerTokens = wholeOf("answer_tokens", value, 1, kMostAnswerTokens);
  } else if (key == "fault") {
    std::string buffer;
    const auto name = value.string(buffer);
    const auto fault = name ? faultNamed(*name) : std::nullopt;
    if (!fault)
      refuse("fault",
             "must be none, unavailable, timeout, rate_limit, overloaded, garbage or auth");
    behaviour.fault = *fault;
  } else if (key == "error_rate") {
    const auto rate = value.number();
    if (!rate || !(*rate >= 0 && *rate <= 1)) refuse("error_rate", "must be a number from 0 to 1");
    behaviour.errorRate = *rate;
  } else {
    return false;
  }
  return true;
}

void readModels(std::string_view json, Settings& settings) {
  json::Reader reader(json);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    std::string name(key);
    Behaviour behaviour = settings.defaults;
    const bool known = value.object([&](std::string_view member, json::Reader& inner) {
      if (!readBehaviour(member, inner, behaviour))
        refuse("models", "." + name + " has an unknown setting \"" + std::string(member) + "\"");
    });
    if (!known) refuse("models", "." + name + " must be an object");
    settings.models.insert_or_assign(std::move(name), behaviour);
  });
  if (!object) refuse("models", "must be an object");
}

}  // namespace

std::optional<Fault> faultNamed(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Fault>, 7> kNames{
      {{"none", Fault::None},
       {"unavailable", Fault::Unavailable},
       {"timeout", Fault::Timeout},
       {"rate_limit", Fault::RateLimit},
       {"overloaded", Fault::Overloaded},
       {"garbage", Fault::Garbage},
       {"auth", Fault::Auth}}};
  for (const auto& [known, fault] : kNames)
    if (known == name) return fault;
  return std::nullopt;
}

const Behaviour& Settings::of(std::string_view model) const {
  const auto found = models.find(model);
  return found == models.end() ? defaults : found->second;
}

Settings readSettings(std::string_view config) {
  Settings settings;
  if (config.empty()) return settings;
  json::Reader reader(config);
  std::string_view models;  // read last: a model starts from the defaults
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "seed") {
      const auto seed = value.integer();
      if (!seed) refuse("seed", "must be a whole number");
      settings.seed = *seed;
    } else if (key == "allow_markers") {
      const auto allow = value.boolean();
      if (!allow) refuse("allow_markers", "must be true or false");
      settings.allowMarkers = *allow;
    } else if (key == "models") {
      models = value.raw();
    } else if (!readBehaviour(key, value, settings.defaults)) {
      throw sdk::Failure(PAGODA_E_CONFIG, "unknown setting \"" + std::string(key) + "\"");
    }
  });
  if (!object) throw sdk::Failure(PAGODA_E_CONFIG, "the settings must be an object");
  if (!models.empty()) readModels(models, settings);
  return settings;
}

}  // namespace pagoda::sim
