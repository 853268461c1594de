// The strategy `tiered`: the task's tier first, then the next ones; see README.md.
#include <array>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "order.h"

namespace {

using namespace pagoda::sdk;
namespace tiered = pagoda::tiered;

#define PAGODA_TIERED_SCHEMA                                                                 \
  R"({"type":"object","additionalProperties":false,"properties":{)"                          \
  R"("escalate":{"type":"string","enum":["up","any","none"],"default":"any","description":)" \
  R"("where to go on when a tier fails: upwards, upwards and then downwards, or nowhere"},)" \
  R"("max_steps":{"type":"integer","minimum":1,"maximum":16,"default":4,"description":)"     \
  R"("models to try"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.tiered","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Tiered",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Task to tier, then the next tiers",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"tiered","name":"Tiered","config_schema":)" PAGODA_TIERED_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

tiered::Escalate escalateNamed(std::string_view name) {
  if (name == "up") return tiered::Escalate::Up;
  if (name == "any") return tiered::Escalate::Any;
  if (name == "none") return tiered::Escalate::None;
  throw Failure(PAGODA_E_CONFIG, "escalate must be up, any or none");
}

tiered::Settings settingsOf(std::string_view config) {
  tiered::Settings settings;
  if (config.empty()) return settings;
  pagoda::json::Reader reader(config);
  const bool object = reader.object([&settings](std::string_view key, pagoda::json::Reader& value) {
    std::string buffer;
    if (key == "escalate") {
      settings.escalate = escalateNamed(value.string(buffer).value_or(""));
    } else if (key == "max_steps") {
      const auto steps = value.integer();
      if (!steps || *steps < 1 || *steps > tiered::kMostSteps)
        throw Failure(PAGODA_E_CONFIG, "max_steps must be a whole number from 1 to 16");
      settings.maxSteps = static_cast<std::uint32_t>(*steps);
    } else {
      throw Failure(PAGODA_E_CONFIG, "unknown setting \"" + std::string(key) + "\"");
    }
  });
  if (!object) throw Failure(PAGODA_E_CONFIG, "the settings must be an object");
  return settings;
}

class Tiered {
 public:
  static constexpr const char* kType = "tiered";
  static constexpr const char* kTitle = "Tiered";
  static constexpr const char* kConfigSchema = PAGODA_TIERED_SCHEMA;

  Tiered(Host /*host*/, std::string_view config) : settings_(settingsOf(config)) {}

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    const tiered::Wish wish = pagoda::strategies::wishOf(features);
    const tiered::Order order = tiered::orderOf(features, catalogue, wish, settings_);
    if (order.count == 0) throw Failure(PAGODA_E_UNSUPPORTED, "there is no candidate to plan with");
    for (std::uint32_t i = 0; i < order.count; ++i) plan.add(order.candidates[i]);
    if (features.budget_nusd >= 0) plan.limitCost(features.budget_nusd);
    std::array<char, 256> buffer;
    plan.explain(tiered::explain(wish, order, buffer));
  }

 private:
  tiered::Settings settings_;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.tiered", "1.0.0", pagoda::sdk::Strategies<Tiered>)
