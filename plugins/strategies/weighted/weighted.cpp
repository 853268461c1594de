// The strategy `weighted`: a part of the traffic to each model, for comparisons and canaries. A key
// stays with its model, so that one caller's answers do not change from request to request.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_WEIGHTED_SCHEMA                                                               \
  R"({"type":"object","additionalProperties":false,"required":["weights"],"properties":{)"   \
  R"("weights":{"type":"object","minProperties":1,"additionalProperties":{"type":"number",)" \
  R"("minimum":0},"description":"keys of models, and how much each gets"},)"                 \
  R"("sticky":{"type":"boolean","default":true,"description":)"                              \
  R"("a caller's key always gets the same model"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.weighted","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Weighted",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Parts of the traffic, sticky by key",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"weighted","name":"Weighted","config_schema":)" PAGODA_WEIGHTED_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

/// FNV-1a, then splitmix64's finisher: the same on every machine, and close names fall far apart.
std::uint64_t hashOf(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

class Weighted {
 public:
  static constexpr const char* kType = "weighted";
  static constexpr const char* kTitle = "Weighted";
  static constexpr const char* kConfigSchema = PAGODA_WEIGHTED_SCHEMA;

  Weighted(Host /*host*/, std::string_view config) {
    const auto weights = [this](pagoda::json::Reader& value) {
      bool good = true;
      const bool object = value.object([&](std::string_view key, pagoda::json::Reader& member) {
        std::string name(key);
        const double weight = member.number().value_or(-1);
        good = good && weight >= 0;
        weights_.emplace_back(std::move(name), weight);
      });
      return object && good;
    };
    readSettings(config, {{"weights", weights, "an object of models and numbers from 0"},
                          {"sticky", boolean(sticky_), "true or false"}});
    const bool any = std::any_of(weights_.begin(), weights_.end(),
                                 [](const auto& weight) { return weight.second > 0; });
    if (!any) throw Failure(PAGODA_E_CONFIG, "weights must give some model more than 0");
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    const std::string_view caller = view(features.tenant);
    const bool sticks = sticky_ && !caller.empty();
    const auto lot = [&](const Choice& choice) {
      const double weight = weightOf(choice);
      const std::uint64_t hash = hashOf(labelOf(choice.candidate->labels, "key"),
                                        sticks ? hashOf(caller, 0) : features.seed);
      // Rendezvous hashing: who leaves takes only its own callers along.
      const double uniform = (static_cast<double>(hash >> 11) + 0.5) / 9007199254740992.0;
      return weight > 0 ? -std::log(uniform) / weight : std::numeric_limits<double>::infinity();
    };
    const auto before = [&](const Choice& a, const Choice& b) {
      const double aLot = lot(a);
      const double bLot = lot(b);
      return aLot != bLot ? aLot < bLot : cheaper(a, b);
    };
    std::sort(choices.begin(), choices.end(), before);
    addSteps(choices, 4, features, plan);
    plan.explain(sticks ? "by its weight, for this key" : "by its weight, drawn for this request");
  }

 private:
  double weightOf(const Choice& choice) const {
    const std::string_view key = labelOf(choice.candidate->labels, "key");
    for (const auto& [name, weight] : weights_)
      if (name == key) return weight;
    return 0;
  }

  std::vector<std::pair<std::string, double>> weights_;
  bool sticky_ = true;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.weighted", "1.0.0", pagoda::sdk::Strategies<Weighted>)
