// The strategy `parallel`: a race with a hedging delay, in which who is slower than usual gets
// company; or an ensemble, all of whose answers make one.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_PARALLEL_SCHEMA                                                           \
  R"({"type":"object","additionalProperties":false,"properties":{)"                      \
  R"("mode":{"type":"string","enum":["race","vote","judge","merge"],"default":"race",)"  \
  R"("description":"the first answer; or all of them, and the most frequent one, the )"  \
  R"(one that a judge picks, or one that it writes out of all"},)"                       \
  R"("quorum":{"type":"integer","minimum":1,"maximum":8,"description":)"                 \
  R"("answers of an ensemble that suffice; without it all"},)"                           \
  R"("judge_tier":{"type":"integer","minimum":0,"maximum":3,"default":2,"description":)" \
  R"("the judge's; best one that does not answer itself"},)"                             \
  R"("hedge_after_ms":{"type":"integer","minimum":0,"maximum":600000,"description":)"    \
  R"("until the next one joins; without it the first one's 95th percentile, or 2000"},)" \
  R"("models":{"type":"integer","minimum":2,"maximum":8,"default":2,"description":)"     \
  R"("that may run at once; 3 of an ensemble"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.parallel","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Parallel",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"A race, or an ensemble",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"parallel","name":"Parallel","config_schema":)" PAGODA_PARALLEL_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

constexpr std::int64_t kUnknownMs = 2000;

class Parallel {
 public:
  static constexpr const char* kType = "parallel";
  static constexpr const char* kTitle = "Parallel";
  static constexpr const char* kConfigSchema = PAGODA_PARALLEL_SCHEMA;

  Parallel(Host /*host*/, std::string_view config) {
    const auto mode = [this](pagoda::json::Reader& value) {
      std::string buffer;
      const auto found =
          std::find(std::begin(kModes), std::end(kModes), value.string(buffer).value_or(""));
      if (found == std::end(kModes)) return false;
      mode_ = static_cast<Mode>(found - std::begin(kModes));
      return true;
    };
    readSettings(config, {{"mode", mode, "race, vote, judge or merge"},
                          {"hedge_after_ms", integer(hedgeMs_, 0, 600'000), "0 to 600000"},
                          {"quorum", integer(quorum_, 1, 8), "a whole number from 1 to 8"},
                          {"judge_tier", integer(judgeTier_, 0, 3), "a whole number from 0 to 3"},
                          {"models", integer(models_, 2, 8), "a whole number from 2 to 8"}});
    if (mode_ != Mode::Race && hedgeMs_ >= 0)
      throw Failure(PAGODA_E_CONFIG, "hedge_after_ms is for the mode race");
    if (mode_ == Mode::Race && quorum_ > 0)
      throw Failure(PAGODA_E_CONFIG, "quorum is for the modes vote, judge and merge");
    if (models_ == 0) models_ = mode_ == Mode::Race ? 2 : 3;
    if (quorum_ > models_) throw Failure(PAGODA_E_CONFIG, "quorum must not be above models");
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
    const bool race = mode_ == Mode::Race;
    if (choices.size() < 2 || !plan.setMode(race ? PAGODA_PLAN_RACE : PAGODA_PLAN_ENSEMBLE)) {
      addSteps(choices, models_, features, plan);
      plan.explain(race ? "nobody to race against" : "nobody to compare with");
      return;
    }
    if (!race) {
      addEnsemble(choices, features, plan);
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
  enum class Mode { Race, Vote, Judge, Merge };
  static constexpr std::string_view kModes[] = {"race", "vote", "judge", "merge"};

  void addEnsemble(const std::vector<Choice>& choices, const pagoda_features& features,
                   Plan& plan) const {
    const std::size_t answering = std::min(choices.size(), models_);
    for (std::size_t i = 0; i < answering; ++i) plan.add(choices[i].index);
    if (mode_ != Mode::Vote) {
      // Who answers as well would favour the own answer.
      const auto better = [&](const Choice& a, const Choice& b) {
        const int aAway = std::abs(a.candidate->tier - judgeTier_);
        const int bAway = std::abs(b.candidate->tier - judgeTier_);
        return aAway != bAway ? aAway < bAway : cheaper(a, b);
      };
      const auto others = choices.begin() + static_cast<std::ptrdiff_t>(answering);
      const auto judge = others != choices.end()
                             ? std::min_element(others, choices.end(), better)
                             : std::min_element(choices.begin(), choices.end(), better);
      auto step = Plan::step(judge->index);
      step.role = PAGODA_STEP_ROLE_JUDGE;
      plan.add(step);
    }
    plan.get()->combine = mode_ == Mode::Vote    ? PAGODA_COMBINE_VOTE
                          : mode_ == Mode::Judge ? PAGODA_COMBINE_JUDGE
                                                 : PAGODA_COMBINE_MERGE;
    plan.get()->quorum = static_cast<std::uint32_t>(std::min(quorum_, answering));
    if (features.budget_nusd >= 0) plan.limitCost(features.budget_nusd);
    plan.explain("an ensemble of " + std::to_string(answering) + ": " +
                 std::string(kModes[static_cast<std::size_t>(mode_)]));
  }

  std::int64_t delayFor(const pagoda_candidate& first, bool stream) const {
    if (hedgeMs_ >= 0) return hedgeMs_;
    const std::int64_t usual = stream ? first.first_token_ms_p95 : first.total_ms_p95;
    return usual >= 0 ? std::min<std::int64_t>(usual, 600'000) : kUnknownMs;
  }

  std::int64_t hedgeMs_ = -1;
  Mode mode_ = Mode::Race;
  std::size_t models_ = 0;
  std::size_t quorum_ = 0;
  int judgeTier_ = 2;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.parallel", "1.0.0", pagoda::sdk::Strategies<Parallel>)
