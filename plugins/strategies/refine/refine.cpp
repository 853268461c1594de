// The strategy `refine`: a cheap model drafts, a better one improves the draft; the seed's tier 0
// code that tier 2 improves.
#include "../candidates.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;

#define PAGODA_REFINE_SCHEMA                                                  \
  R"({"type":"object","additionalProperties":false,"properties":{)"           \
  R"("draft_tier":{"type":"integer","minimum":0,"maximum":3,"default":0},)"   \
  R"("improve_tier":{"type":"integer","minimum":0,"maximum":3,"default":2},)" \
  R"("instruction":{"type":"string","maxLength":4000,"description":)"         \
  R"("tells the second model what to do with the draft, in place of the host's own words"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.refine","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Refine",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"A draft, and a better model improves it",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"refine","name":"Refine","config_schema":)" PAGODA_REFINE_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

class Refine {
 public:
  static constexpr const char* kType = "refine";
  static constexpr const char* kTitle = "Refine";
  static constexpr const char* kConfigSchema = PAGODA_REFINE_SCHEMA;

  Refine(Host /*host*/, std::string_view config) {
    const auto instruction = [this](pagoda::json::Reader& value) {
      std::string buffer;
      const auto text = value.string(buffer);
      instruction_ = text.value_or("");
      return text.has_value();
    };
    readSettings(config, {{"draft_tier", integer(draftTier_, 0, 3), "a tier from 0 to 3"},
                          {"improve_tier", integer(improveTier_, 0, 3), "a tier from 0 to 3"},
                          {"instruction", instruction, "a text"}});
    if (improveTier_ <= draftTier_)
      throw Failure(PAGODA_E_CONFIG, "improve_tier must be above draft_tier");
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    std::vector<Choice> choices = choicesOf(features, catalogue);
    std::sort(choices.begin(), choices.end(), cheaper);
    const auto ofTier = [&choices](int tier) {
      return std::find_if(choices.begin(), choices.end(),
                          [tier](const Choice& c) { return c.candidate->tier == tier; });
    };
    const auto draft = ofTier(draftTier_);
    const auto better = ofTier(improveTier_);
    if (draft == choices.end() || better == choices.end() || !plan.setMode(PAGODA_PLAN_REFINE)) {
      addSteps(choices, 3, features, plan);
      plan.explain("one of the two tiers has nobody: no draft is improved");
      return;
    }
    plan.add(draft->index);
    auto step = Plan::step(better->index);
    step.instruction = str(instruction_);
    plan.add(step);
    if (features.budget_nusd >= 0) plan.limitCost(features.budget_nusd);
    plan.explain("a draft of tier " + std::to_string(draftTier_) + ", improved by tier " +
                 std::to_string(improveTier_));
  }

 private:
  int draftTier_ = 0;
  int improveTier_ = 2;
  std::string instruction_;
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.refine", "1.0.0", pagoda::sdk::Strategies<Refine>)
