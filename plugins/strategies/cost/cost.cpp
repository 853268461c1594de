// The strategy `cost`: the cheapest model that is good enough.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_COST_SCHEMA                                                               \
  R"({"type":"object","additionalProperties":false,"properties":{)"                      \
  R"("quality":{"type":"number","minimum":0,"maximum":1,"description":)"                 \
  R"("what a model must reach, 0 to 1; without it what the wanted tier stands for"},)"   \
  R"("max_steps":{"type":"integer","minimum":1,"maximum":16,"default":4,"description":)" \
  R"("models to try"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.cost","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Cost",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"The cheapest that is good enough",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"cost","name":"Cost","config_schema":)" PAGODA_COST_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

class Cost {
 public:
  static constexpr const char* kType = "cost";
  static constexpr const char* kTitle = "Cost";
  static constexpr const char* kConfigSchema = PAGODA_COST_SCHEMA;

  Cost(Host /*host*/, std::string_view config) {
    const auto quality = [this](pagoda::json::Reader& value) {
      quality_ = value.number().value_or(-1);
      return quality_ >= 0 && quality_ <= 1;
    };
    readSettings(config, {{"quality", quality, "a number from 0 to 1"},
                          {"max_steps", integer(maxSteps_, 1, 16), "a whole number from 1 to 16"}});
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    const double target = quality_ >= 0 ? quality_ : (std::min(wantedTier(features), 3) + 1) / 4.0;
    // Good enough by price; the others behind them, the best of them first.
    const auto before = [target](const Choice& a, const Choice& b) {
      const bool aGood = a.quality() >= target;
      const bool bGood = b.quality() >= target;
      if (aGood != bGood) return aGood;
      if (!aGood && a.quality() != b.quality()) return a.quality() > b.quality();
      return cheaper(a, b);
    };
    std::sort(choices.begin(), choices.end(), before);
    addSteps(choices, maxSteps_, features, plan);
    plan.explain(choices.front().quality() >= target ? "the cheapest that is good enough"
                                                     : "nobody is good enough: the best there is");
  }

 private:
  double quality_ = -1;
  std::size_t maxSteps_ = 4;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.cost", "1.0.0", pagoda::sdk::Strategies<Cost>)
