#include "core/services/planning.h"

#include <algorithm>

#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"

namespace pagoda::services {
namespace {

Plan planOfEmbeddings(const Selection& selection) {
  Plan plan;
  for (std::size_t i = 0; i < selection.candidates.size(); ++i) {
    plan.steps.emplace_back();
    plan.steps.back().candidate = i;
  }
  plan.strategy = "embeddings";
  plan.reason = "vectors of another model could not be compared, so only the same model stands in";
  return plan;
}

/// By the route's strategy, or the candidates in the order of the configuration.
Result<Plan> planOfRoute(const Serving& serving, const ModelRoute& route, const Features& features,
                         const Selection& selection) {
  Plan plan;
  const auto own = serving.routeStrategies.find(route.name);
  if (own != serving.routeStrategies.end()) {
    PAGODA_TRY(plan, own->second->plan(features, *serving.catalogue, selection.candidates));
    plan.onBreak = route.onBreak;
    plan.filterElsewhere = route.filterElsewhere;
    return plan;
  }
  plan.strategy = route.strategy;
  plan.reason = "the route '" + route.name + "' was named by the request";
  plan.mode = route.strategy == "race" ? PlanMode::Race : PlanMode::Fallback;
  plan.onBreak = route.onBreak;
  plan.filterElsewhere = route.filterElsewhere;
  for (std::size_t i = 0; i < selection.candidates.size(); ++i) {
    PlanStep step;
    step.candidate = i;
    step.delay = route.hedgeAfter * static_cast<std::int64_t>(i);
    plan.steps.push_back(step);
  }
  return plan;
}

}  // namespace

Features featuresOf(const CorridorRequest& request, const RequestClass& requestClass,
                    const Selection& selection, const Purse& purse, TimePoint now) {
  Features features;
  features.decision = request.id;
  features.requestClass = &requestClass;
  features.pool = request.chat.model;
  features.preferredTier = selection.requestedTier;
  features.outputTokens = request.chat.maxOutputTokens.value_or(-1);
  if (request.deadline != TimePoint::max())
    features.deadlineMs = std::chrono::duration_cast<Millis>(request.deadline - now).count();
  features.budgetNano = purse.most().nanoUsd();
  features.tenant = request.caller.key.value();
  features.stream = request.chat.stream;
  features.turns = static_cast<std::uint32_t>(request.chat.messages.size());
  return features;
}

RequestClass classOf(const Serving& serving, const CorridorRequest& request) {
  const ChatRequest& chat = request.chat;
  if (request.embedding) {
    RequestClass result;
    result.task = "embedding";
    result.promptTokens = tokensBound(*request.embedding);
    return result;
  }
  // A strategy decides by what the request is, also among a route's candidates.
  if (!namesModel(chat.model) || serving.routeStrategies.contains(chat.model))
    return serving.classifier->classify(chat);
  RequestClass result = serving.classifier->describe(chat);
  const Model* model = serving.catalogue->find(chat.model);
  if (model == nullptr || result.confidence > 0) return result;
  const std::vector<TaskRule>& rules = serving.catalogue->rules;
  const auto rule = std::ranges::find(rules, model->tier, &TaskRule::preferredTier);
  if (rule != rules.end()) result.task = rule->task;
  return result;
}

Result<Plan> planFor(const Serving& serving, const CorridorRequest& request,
                     const Features& features, const Selection& selection) {
  if (request.embedding) return planOfEmbeddings(selection);
  if (!namesModel(features.pool))
    return serving.strategy->plan(features, *serving.catalogue, selection.candidates);
  if (const ModelRoute* route = serving.catalogue->findRoute(features.pool))
    return planOfRoute(serving, *route, features, selection);
  Plan plan;
  plan.steps.emplace_back();
  plan.strategy = "named";
  plan.reason = "the model was named by the request";
  return plan;
}

}  // namespace pagoda::services
