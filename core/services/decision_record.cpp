#include "core/services/decision_record.h"

#include <pagoda/json.hpp>

#include "core/domain/parameter.h"

namespace pagoda::services {
namespace {

using JsonWriter = json::Writer<std::string>;

std::string_view modeName(PlanMode mode) {
  switch (mode) {
    case PlanMode::Fallback:
      return "fallback";
    case PlanMode::Cascade:
      return "cascade";
    case PlanMode::Refine:
      return "refine";
    case PlanMode::Race:
      return "race";
    case PlanMode::Ensemble:
      return "ensemble";
  }
  return "fallback";
}

void writeClass(JsonWriter& json, const RequestClass& requestClass) {
  json.key("class").beginObject();
  json.member("task", requestClass.task);
  json.member("confidence", requestClass.confidence);
  if (requestClass.difficulty) json.member("difficulty", *requestClass.difficulty);
  json.member("preferred_tier", requestClass.preferredTier);
  json.member("language", requestClass.language);
  json.member("prompt_tokens_bound", requestClass.promptTokens);
  json.key("keywords").beginArray();
  for (const std::string& keyword : requestClass.matched) json.string(keyword);
  json.endArray();
  json.endObject();
}

void writeCandidates(JsonWriter& json, const Selection& selection) {
  json.key("candidates").beginArray();
  for (std::size_t i = 0; i < selection.candidates.size(); ++i) {
    const Candidate& candidate = selection.candidates[i];
    json.beginObject();
    json.member("model", candidate.model->key);
    json.member("provider", candidate.model->provider);
    json.member("tier", candidate.model->tier);
    json.member("health", nameOf(candidate.health));
    json.rawMember("worst_case_usd", candidate.expectedCost.toString());
    json.member("max_tokens", selection.maxOutput[i]);
    if (candidate.dropped != 0) json.member("dropped", namesOf(candidate.dropped));
    json.endObject();
  }
  json.endArray();
  json.key("excluded").beginArray();
  for (const Excluded& excluded : selection.excluded) {
    json.beginObject();
    json.member("model", excluded.model);
    json.member("reason", excluded.reason);
    json.endObject();
  }
  json.endArray();
}

void writePlan(JsonWriter& json, const Plan& plan, const Selection& selection) {
  json.key("plan").beginObject();
  json.member("strategy", plan.strategy);
  if (!plan.slot.empty()) {
    json.member("slot", plan.slot);
    json.member("memo", std::to_string(plan.memo));  // a number of JSON does not hold 64 bits
  }
  json.member("mode", modeName(plan.mode));
  json.member("reason", plan.reason);
  json.key("steps").beginArray();
  for (const PlanStep& step : plan.steps)
    json.string(selection.candidates[step.candidate].model->key);
  json.endArray();
  json.endObject();
}

void writeOutcome(JsonWriter& json, const Outcome& outcome) {
  json.key("attempts").beginArray();
  for (const AttemptRecord& attempt : outcome.attempts) {
    json.beginObject();
    json.member("model", attempt.model);
    json.member("provider", attempt.provider);
    json.member("upstream_model", attempt.upstreamModel);
    json.member("tier", attempt.tier);
    if (!attempt.weakness.empty()) json.member("weakness", attempt.weakness);
    if (attempt.failure) {
      json.member("failure", pagoda::nameOf(attempt.failure->kind));
      json.member("http_status", attempt.failure->httpStatus);
    }
    json.rawMember("held_usd", attempt.held.toString());
    json.rawMember("cost_usd", attempt.cost.toString());
    json.member("cost_basis", nameOf(attempt.basis));
    json.member("first_byte_ms", attempt.firstByte.count());
    json.member("total_ms", attempt.total.count());
    json.endObject();
  }
  json.endArray();
  if (const auto winner = winnerOf(outcome))
    json.member("winner", static_cast<std::int64_t>(*winner));
  if (outcome.error) json.member("error", pagoda::nameOf(outcome.error->code));
  json.rawMember("cost_usd", outcome.cost.toString());
}

}  // namespace

std::optional<std::size_t> winnerOf(const Outcome& outcome) {
  if (outcome.error) return std::nullopt;
  for (std::size_t i = outcome.attempts.size(); i-- > 0;)
    if (!outcome.attempts[i].failure && outcome.attempts[i].model == outcome.model) return i;
  return std::nullopt;
}

std::string_view nameOf(CostBasis basis) {
  switch (basis) {
    case CostBasis::Exact:
      return "exact";
    case CostBasis::Estimated:
      return "estimated";
    case CostBasis::WorstCase:
      return "worst_case";
    case CostBasis::Stated:
      return "stated";
    case CostBasis::Free:
      return "free";
  }
  return "free";
}

std::string_view nameOf(Health health) {
  switch (health) {
    case Health::Up:
      return "up";
    case Health::Degraded:
      return "degraded";
    case Health::Probing:
      return "probing";
    case Health::Down:
      return "down";
  }
  return "up";
}

std::string decisionJson(const CorridorRequest& request, const RequestClass& requestClass,
                         const Selection& selection, const Plan* plan, const Outcome* outcome,
                         std::string_view handedOver) {
  std::string text;
  text.reserve(1024);
  JsonWriter json(text);
  json.beginObject();
  json.member("request_id", request.id.toString());
  if (!request.caller.key.empty()) json.member("key", request.caller.key.value());
  json.member("requested_model", request.chat.model.substr(0, 256));
  if (request.embedding)
    json.member("embedding_inputs", static_cast<std::int64_t>(request.embedding->size()));
  writeClass(json, requestClass);
  writeCandidates(json, selection);
  if (plan != nullptr) writePlan(json, *plan, selection);
  if (!handedOver.empty()) json.rawMember("then", handedOver);
  if (outcome != nullptr) writeOutcome(json, *outcome);
  json.endObject();
  return text;
}

}  // namespace pagoda::services
