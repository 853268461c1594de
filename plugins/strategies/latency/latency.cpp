// The strategy `latency`: of two models drawn by lot, the one that is likely to answer sooner. Two
// and not all, so that not every request runs to whoever was quickest a moment ago.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_LATENCY_SCHEMA                                                            \
  R"({"type":"object","additionalProperties":false,"properties":{)"                      \
  R"("tier_only":{"type":"boolean","default":true,"description":)"                       \
  R"("choose among the models of the wanted tier while it has any"},)"                   \
  R"("max_steps":{"type":"integer","minimum":1,"maximum":16,"default":4,"description":)" \
  R"("models to try"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.latency","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Latency",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Power of two choices on measured times",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"latency","name":"Latency","config_schema":)" PAGODA_LATENCY_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

/// Milliseconds that an answer is likely to take: measured, made longer by what is under way and by
/// errors. Nobody knows of a model without samples: it is taken to be quick, and so gets them.
double expectedMs(const Choice& choice, bool stream) {
  const pagoda_candidate& c = *choice.candidate;
  const std::int64_t measured =
      stream && c.first_token_ms_p50 >= 0 ? c.first_token_ms_p50 : c.total_ms_p50;
  if (measured < 0) return 0;
  const double health = 1 + static_cast<double>(c.health);
  return static_cast<double>(measured) * (1 + 0.1 * c.in_flight) * health / (1.01 - c.error_rate);
}

class Latency {
 public:
  static constexpr const char* kType = "latency";
  static constexpr const char* kTitle = "Latency";
  static constexpr const char* kConfigSchema = PAGODA_LATENCY_SCHEMA;

  Latency(Host /*host*/, std::string_view config) {
    readSettings(config, {{"tier_only", boolean(tierOnly_), "true or false"},
                          {"max_steps", integer(maxSteps_, 1, 16), "a whole number from 1 to 16"}});
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    const bool stream = (features.flags & PAGODA_FEAT_STREAM) != 0;
    const auto sooner = [stream](const Choice& a, const Choice& b) {
      const double aMs = expectedMs(a, stream);
      const double bMs = expectedMs(b, stream);
      return aMs != bMs ? aMs < bMs : cheaper(a, b);
    };
    std::sort(choices.begin(), choices.end(), sooner);
    auto end = choices.end();
    if (tierOnly_) {
      const int wanted = wantedTier(features);
      const auto own = [wanted](const Choice& c) { return c.candidate->tier == wanted; };
      const auto others = std::stable_partition(choices.begin(), choices.end(), own);
      if (others != choices.begin()) end = others;
    }
    const auto pool = static_cast<std::uint64_t>(end - choices.begin());
    if (pool > 2) {
      const std::uint64_t first = features.seed % pool;
      const std::uint64_t second = (first + 1 + features.seed / pool % (pool - 1)) % pool;
      const auto drawn = static_cast<std::ptrdiff_t>(std::min(first, second));
      std::rotate(choices.begin(), choices.begin() + drawn, choices.begin() + drawn + 1);
    }
    addSteps(choices, maxSteps_, features, plan);
    plan.explain("likely to answer sooner than another one that was drawn");
  }

 private:
  bool tierOnly_ = true;
  std::size_t maxSteps_ = 4;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.latency", "1.0.0", pagoda::sdk::Strategies<Latency>)
