// The strategy `adaptive`: learns for each kind of request which model is worth its money; see
// README.md.
#include <cstdio>
#include <mutex>

#include "../candidates.h"
#include "bandit.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::strategies;
namespace adaptive = pagoda::adaptive;

#define PAGODA_ADAPTIVE_SCHEMA                                                                 \
  R"({"type":"object","additionalProperties":false,"properties":{)"                            \
  R"("worth_usd":{"type":"number","minimum":0,"maximum":1000,"default":0.01,"description":)"   \
  R"("what a good answer is worth: a dearer model is taken where it is likelier by more than)" \
  R"( its price"},)"                                                                           \
  R"("memory":{"type":"integer","minimum":10,"maximum":100000,"default":200,"description":)"   \
  R"("outcomes of a kind of request that count; the older ones fade"},)"                       \
  R"("prior":{"type":"number","minimum":0.1,"maximum":1000,"default":2,"description":)"        \
  R"("how many outcomes the tier's reputation is worth"},)"                                    \
  R"("max_steps":{"type":"integer","minimum":1,"maximum":16,"default":4,"description":)"       \
  R"("models to try"}}})"

PAGODA_MANIFEST(
    R"({"id":"dev.pagoda.adaptive","version":"1.0.0","abi":{"major":1,"minor":0},"name":"Adaptive",)"
    R"("vendor":"Pagoda","license":"Apache-2.0","description":"Learns which model is worth its money",)"
    R"("provides":[{"kind":"pagoda.strategy/1","type":"adaptive","name":"Adaptive","config_schema":)" PAGODA_ADAPTIVE_SCHEMA
    R"(}],"permissions":{"prompt":false},"unloadable":true,"isolation":"any"})");

/// An answer that nobody found fault with is little evidence, one that passed the host's checks is
/// some; a failure and a person's word are certain.
constexpr double kUnchecked = 0.1;
constexpr double kChecked = 0.3;
constexpr double kCertain = 1;
/// What a request costs in the end, as a part of the most that it can cost, until it is known.
constexpr double kUsualPart = 0.25;
constexpr double kNanoUsd = 1e9;

std::function<bool(pagoda::json::Reader&)> number(double& target, double least, double most) {
  return [&target, least, most](pagoda::json::Reader& value) {
    target = value.number().value_or(-1);
    return target >= least && target <= most;
  };
}

/// Says nothing of the model: the caller left, or its money or time ran out.
bool isCallers(pagoda_status status) {
  return status == PAGODA_E_CANCELLED || status == PAGODA_E_DEADLINE || status == PAGODA_E_BUDGET ||
         status == PAGODA_E_INVALID_REQUEST || status == PAGODA_E_CONTENT_FILTER;
}

class Adaptive {
 public:
  static constexpr const char* kType = "adaptive";
  static constexpr const char* kTitle = "Adaptive";
  static constexpr const char* kConfigSchema = PAGODA_ADAPTIVE_SCHEMA;

  Adaptive(Host /*host*/, std::string_view config) {
    double memory = 200;
    readSettings(config, {{"worth_usd", number(worthUsd_, 0, 1000), "a number from 0 to 1000"},
                          {"memory", number(memory, 10, 100'000), "a number from 10 to 100000"},
                          {"prior", number(prior_, 0.1, 1000), "a number from 0.1 to 1000"},
                          {"max_steps", integer(maxSteps_, 1, 16), "a whole number from 1 to 16"}});
    bandit_ = adaptive::Bandit(memory);
  }

  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue, Plan& plan) {
    const std::vector<Choice> choices = choicesOf(features, catalogue);
    const Wish wish = wishOf(features);
    std::optional<bool> hard;
    if (!std::isnan(features.difficulty)) hard = features.difficulty >= 0.5;
    const std::uint32_t table = adaptive::tableOf(wish.task, hard);
    std::vector<Draw> draws;
    {
      const std::lock_guard lock(mutex_);
      adaptive::Dice dice(features.seed);
      for (const Choice& choice : choices) draws.push_back(draw(choice, table, wish, dice));
    }
    std::sort(draws.begin(), draws.end(), [&wish](const Draw& a, const Draw& b) {
      const bool aAsked = wish.asked && a.choice.candidate->tier == wish.tier;
      const bool bAsked = wish.asked && b.choice.candidate->tier == wish.tier;
      if (aAsked != bAsked) return aAsked;
      if (a.choice.candidate->health != b.choice.candidate->health)
        return a.choice.candidate->health < b.choice.candidate->health;
      return a.worth != b.worth ? a.worth > b.worth : cheaper(a.choice, b.choice);
    });
    std::vector<Choice> order;
    for (const Draw& one : draws) order.push_back(one.choice);
    addSteps(order, maxSteps_, features, plan);
    plan.remember(table);
    explain(wish, hard, draws.front(), plan);
  }

  void feedback(const pagoda_feedback& feedback) {
    const auto table = static_cast<std::uint32_t>(feedback.memo);
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < feedback.steps.count; ++i) {
      const auto& step = *PAGODA_AT(pagoda_step_result, feedback.steps, i);
      const std::string model(view(step.candidate_id));
      if (model.empty()) continue;
      if (feedback.source == PAGODA_FEEDBACK_OUTCOME) {
        learnOutcome(table, model, step);
      } else if (feedback.winner == static_cast<std::int32_t>(i)) {
        // A rating is for the answer that the client got. Of an evaluation nothing came before.
        bandit_.learn(table, model, feedback.rating, kCertain);
        if (feedback.source == PAGODA_FEEDBACK_EVAL) bandit_.paid(table, model, step.cost_nusd);
      }
    }
  }

  void save(Buffer& out) {
    const std::lock_guard lock(mutex_);
    out.append(bandit_.save());
  }
  bool load(std::string_view state, std::string_view /*fromVersion*/) {
    const std::lock_guard lock(mutex_);
    return bandit_.load(state);
  }

 private:
  struct Draw {
    Choice choice;
    double worth = 0;    ///< dollars
    double quality = 0;  ///< what is believed, without the draw
    double seen = 0;
  };

  Draw draw(const Choice& choice, std::uint32_t table, const Wish& wish, adaptive::Dice& dice) {
    Draw result{choice};
    const adaptive::Arm* arm = bandit_.find(table, std::string(choice.id()));
    double good = std::clamp(reputation(choice, wish), 0.02, 0.98) * prior_;
    double bad = prior_ - good;
    if (arm != nullptr) {
      good += arm->good;
      bad += arm->bad;
      result.seen = arm->good + arm->bad;
    }
    result.quality = good / (good + bad);
    result.worth = dice.beta(good, bad) * worthUsd_ - costOf(choice, arm) / kNanoUsd;
    return result;
  }

  /// Before anything is learnt: the operator's figure, else the wanted tier's models are trusted
  /// and those above them as much.
  static double reputation(const Choice& choice, const Wish& wish) {
    if (!std::isnan(choice.candidate->quality)) return choice.candidate->quality;
    const int below = std::max(0, std::min(wish.tier, 3) - choice.candidate->tier);
    return std::max(0.25, 0.8 - 0.2 * below);
  }

  static double costOf(const Choice& choice, const adaptive::Arm* arm) {
    if (arm != nullptr && arm->paid > 0) return arm->cost / arm->paid;
    const std::int64_t most = choice.candidate->expected_cost_nusd;
    return most > 0 ? static_cast<double>(most) * kUsualPart : 0;
  }

  void learnOutcome(std::uint32_t table, const std::string& model, const pagoda_step_result& step) {
    if (step.status < 0) {
      if (!isCallers(step.status)) bandit_.learn(table, model, 0, kCertain);
      return;
    }
    bandit_.paid(table, model, step.cost_nusd);
    if (std::isnan(step.score))
      bandit_.learn(table, model, 1, kUnchecked);
    else
      bandit_.learn(table, model, step.score, step.score < 0.5 ? kCertain : kChecked);
  }

  static void explain(const Wish& wish, std::optional<bool> hard, const Draw& first, Plan& plan) {
    char figures[64];
    std::snprintf(figures, sizeof figures, "%.2f of %.0f outcomes", first.quality, first.seen);
    std::string text = "for " + std::string(wish.task.empty() ? "any task" : wish.task);
    if (hard) text += *hard ? " (hard)" : " (easy)";
    text += ": " + std::string(first.choice.id()) + " good in " + figures;
    plan.explain(text);
  }

  double worthUsd_ = 0.01;
  double prior_ = 2;
  std::size_t maxSteps_ = 4;
  std::mutex mutex_;
  adaptive::Bandit bandit_{200};
};

}  // namespace

PAGODA_PLUGIN("dev.pagoda.adaptive", "1.0.0", pagoda::sdk::Strategies<Adaptive>)
