// The strategy `cascade`: the cheap model first, a better one if its answer is weak.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_CASCADE_SCHEMA                                                           \
  R"({"type":"object","additionalProperties":false,"properties":{)"                     \
  R"("start":{"type":"string","enum":["cheapest","wanted"],"default":"cheapest",)"      \
  R"("description":"begin with the cheapest tier, or with the one that is wanted"},)"   \
  R"("max_steps":{"type":"integer","minimum":2,"maximum":8,"default":3,"description":)" \
  R"("models to try, each of a higher tier than the one before"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.cascade","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Cascade",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Cheap first, better if it is weak",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"cascade","name":"Cascade","config_schema":)" PAGODA_CASCADE_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

class Cascade {
 public:
  static constexpr const char* kType = "cascade";
  static constexpr const char* kTitle = "Cascade";
  static constexpr const char* kConfigSchema = PAGODA_CASCADE_SCHEMA;

  Cascade(Host /*host*/, std::string_view config) {
    const auto start = [this](pagoda::json::Reader& value) {
      std::string buffer;
      const auto word = value.string(buffer);
      fromWanted_ = word == "wanted";
      return word == "wanted" || word == "cheapest";
    };
    readSettings(config, {{"start", start, "cheapest or wanted"},
                          {"max_steps", integer(maxSteps_, 2, 8), "a whole number from 2 to 8"}});
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    const auto byTier = [](const Choice& a, const Choice& b) {
      if (a.candidate->tier != b.candidate->tier) return a.candidate->tier < b.candidate->tier;
      return cheaper(a, b);
    };
    std::sort(choices.begin(), choices.end(), byTier);
    // One of each tier: two of one storey would fail at the same questions.
    const auto sameTier = [](const Choice& a, const Choice& b) {
      return a.candidate->tier == b.candidate->tier;
    };
    choices.erase(std::unique(choices.begin(), choices.end(), sameTier), choices.end());
    const int wanted = wantedTier(features);
    while (fromWanted_ && choices.size() > 1 && choices.front().candidate->tier < wanted)
      choices.erase(choices.begin());
    const bool cascades = choices.size() > 1 && plan.setMode(PAGODA_PLAN_CASCADE);
    addSteps(choices, maxSteps_, features, plan);
    plan.explain(cascades ? "the cheapest first; a better one if its answer is weak"
                          : "a single tier is there");
  }

 private:
  bool fromWanted_ = false;
  std::size_t maxSteps_ = 3;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.cascade", "1.0.0", pagoda::sdk::Strategies<Cascade>)
