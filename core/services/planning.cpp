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

Result<Plan> planBy(Strategy& strategy, std::string slot, const Serving& serving,
                    const Features& features, const Selection& selection) {
  Result<Plan> plan = strategy.plan(features, *serving.catalogue, selection.candidates);
  if (plan) plan->slot = std::move(slot);
  return plan;
}

bool decidesFor(const NamedStrategy& named, const Caller& caller, std::string_view task) {
  const auto isCaller = [&](const std::string& key) {
    return (!caller.key.empty() && key == caller.key.value()) ||
           (!caller.team.empty() && key == "team:" + caller.team);
  };
  const bool byKey = !named.keys.empty();
  const bool byTask = !named.tasks.empty();
  return (byKey || byTask) && (!byKey || std::ranges::any_of(named.keys, isCaller)) &&
         (!byTask || std::ranges::find(named.tasks, task) != named.tasks.end());
}

/// The one that the client asks for by header. Error: InvalidRequest unless the configuration lets
/// it.
Result<const NamedStrategy*> askedFor(const Serving& serving, const std::string& name) {
  std::string allowed;
  for (const NamedStrategy& named : serving.strategies) {
    if (!named.byHeader) continue;
    if (named.name == name) return &named;
    allowed += (allowed.empty() ? "" : ", ") + named.name;
  }
  return fail(ErrorCode::InvalidRequest,
              "x-pagoda-strategy must be " +
                  (allowed.empty() ? "left out: this server lets no request choose its strategy"
                                   : "one of: " + allowed),
              "x-pagoda-strategy");
}

/// By the header, the route's strategy, or the candidates in the order of the configuration.
Result<Plan> planOfRoute(const Serving& serving, const ModelRoute& route,
                         const NamedStrategy* asked, const Features& features,
                         const Selection& selection) {
  Plan plan;
  const auto own = serving.routeStrategies.find(route.name);
  if (asked != nullptr || own != serving.routeStrategies.end()) {
    Strategy& strategy = asked != nullptr ? *asked->strategy : *own->second;
    std::string slot = asked != nullptr ? "strategies:" + asked->name : "route:" + route.name;
    PAGODA_TRY(plan, planBy(strategy, std::move(slot), serving, features, selection));
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
  const bool strategyDecides =
      !namesModel(chat.model) || serving.routeStrategies.contains(chat.model) ||
      (!request.strategy.empty() && serving.catalogue->findRoute(chat.model) != nullptr);
  if (strategyDecides) return serving.classifier->classify(chat);
  RequestClass result = serving.classifier->describe(chat);
  const Model* model = serving.catalogue->find(chat.model);
  if (model == nullptr || result.confidence > 0) return result;
  const std::vector<TaskRule>& rules = serving.catalogue->rules;
  const auto rule = std::ranges::find(rules, model->tier, &TaskRule::preferredTier);
  if (rule != rules.end()) result.task = rule->task;
  return result;
}

Strategy* strategyOf(const Serving& serving, std::string_view slot) {
  if (slot == "strategy") return serving.strategy.get();
  const std::size_t colon = slot.find(':');
  if (colon == std::string_view::npos) return nullptr;
  const std::string_view name = slot.substr(colon + 1);
  if (slot.starts_with("route:")) {
    const auto found = serving.routeStrategies.find(name);
    return found == serving.routeStrategies.end() ? nullptr : found->second.get();
  }
  const auto found = std::ranges::find(serving.strategies, name, &NamedStrategy::name);
  return found == serving.strategies.end() ? nullptr : found->strategy.get();
}

Result<Plan> planFor(const Serving& serving, const CorridorRequest& request,
                     const Features& features, const Selection& selection) {
  if (request.embedding) return planOfEmbeddings(selection);
  const NamedStrategy* asked = nullptr;
  if (!request.strategy.empty()) {
    PAGODA_TRY(asked, askedFor(serving, request.strategy));
  }
  if (!namesModel(features.pool)) {
    const auto fits = [&](const NamedStrategy& named) {
      return decidesFor(named, request.caller, features.requestClass->task);
    };
    const auto found = std::ranges::find_if(serving.strategies, fits);
    if (asked == nullptr && found != serving.strategies.end()) asked = &*found;
    if (asked != nullptr)
      return planBy(*asked->strategy, "strategies:" + asked->name, serving, features, selection);
    return planBy(*serving.strategy, "strategy", serving, features, selection);
  }
  if (const ModelRoute* route = serving.catalogue->findRoute(features.pool))
    return planOfRoute(serving, *route, asked, features, selection);
  Plan plan;
  plan.steps.emplace_back();
  plan.strategy = "named";
  plan.reason = "the model was named by the request";
  return plan;
}

}  // namespace pagoda::services
