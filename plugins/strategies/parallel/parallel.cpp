// The strategy `parallel`: a race with a hedging delay. Who is slower than usual gets company.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_PARALLEL_SCHEMA                                                           \
  R"({"type":"object","additionalProperties":false,"properties":{)"                      \
  R"("hedge_after_ms":{"type":"integer","minimum":0,"maximum":600000,"description":)"    \
  R"("until the next one joins; without it the first one's 95th percentile, or 2000"},)" \
  R"("models":{"type":"integer","minimum":2,"maximum":4,"default":2,"description":)"     \
  R"("that may run at once"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.parallel","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Parallel",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"A race with a hedging delay",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"parallel","name":"Parallel","config_schema":)" PAGODA_PARALLEL_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

constexpr std::int64_t kUnknownMs = 2000;

class Parallel {
 public:
  static constexpr const char* kType = "parallel";
  static constexpr const char* kTitle = "Parallel";
  static constexpr const char* kConfigSchema = PAGODA_PARALLEL_SCHEMA;

  Parallel(Host /*host*/, std::string_view config) {
    readSettings(config, {{"hedge_after_ms", integer(hedgeMs_, 0, 600'000), "0 to 600000"},
                          {"models", integer(models_, 2, 4), "a whole number from 2 to 4"}});
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    const int wanted = wantedTier(features);
    const auto nearer = [wanted](const Choice& a, const Choice& b) {
      const int aAway = std::abs(a.candidate->tier - wanted);
      const int bAway = std::abs(b.candidate->tier - wanted);
      return aAway != bAway ? aAway < bAway : cheaper(a, b);
    };
    std::sort(choices.begin(), choices.end(), nearer);
    if (choices.size() < 2 || !plan.setMode(PAGODA_PLAN_RACE)) {
      addSteps(choices, models_, features, plan);
      plan.explain("nobody to race against");
      return;
    }
    const std::int64_t delay =
        delayFor(*choices.front().candidate, (features.flags & PAGODA_FEAT_STREAM) != 0);
    for (std::size_t i = 0; i < choices.size() && i < models_; ++i) {
      auto step = Plan::step(choices[i].index);
      step.delay_ms = static_cast<std::uint32_t>(delay * static_cast<std::int64_t>(i));
      plan.add(step);
    }
    if (features.budget_nusd >= 0) plan.limitCost(features.budget_nusd);
    plan.explain("the next one joins after " + std::to_string(delay) + " ms");
  }

 private:
  std::int64_t delayFor(const pagoda_candidate& first, bool stream) const {
    if (hedgeMs_ >= 0) return hedgeMs_;
    const std::int64_t usual = stream ? first.first_token_ms_p95 : first.total_ms_p95;
    return usual >= 0 ? std::min<std::int64_t>(usual, 600'000) : kUnknownMs;
  }

  std::int64_t hedgeMs_ = -1;
  std::size_t models_ = 2;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.parallel", "1.0.0", pagoda::sdk::Strategies<Parallel>)
