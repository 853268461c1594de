// GET /v1/models and /v1/models/{id}: OpenAI's list, with what a client needs to choose by.

#include <array>
#include <set>

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"
#include "core/domain/parameter.h"

namespace pagoda::api {
namespace {

using JsonWriter = json::Writer<std::string>;

struct CapabilityWord {
  std::uint64_t bit;
  std::string_view word;
};
constexpr std::array<CapabilityWord, 11> kCapabilityWords{{{kCapStream, "stream"},
                                                           {kCapTools, "tools"},
                                                           {kCapJson, "json"},
                                                           {kCapJsonSchema, "json_schema"},
                                                           {kCapImageIn, "image_in"},
                                                           {kCapAudioIn, "audio_in"},
                                                           {kCapFileIn, "file_in"},
                                                           {kCapReasoning, "reasoning"},
                                                           {kCapSeed, "seed"},
                                                           {kCapLogprobs, "logprobs"},
                                                           {kCapPromptCache, "prompt_cache"}}};

void writePrice(JsonWriter& json, const Price& price) {
  json.key("price").beginObject();
  json.rawMember("input_per_million_usd", price.input.toString());
  json.rawMember("output_per_million_usd", price.output.toString());
  if (price.cacheRead) json.rawMember("cache_read_per_million_usd", price.cacheRead->toString());
  if (price.cacheWrite) json.rawMember("cache_write_per_million_usd", price.cacheWrite->toString());
  if (price.cacheWriteHour)
    json.rawMember("cache_write_1h_per_million_usd", price.cacheWriteHour->toString());
  if (price.reasoning) json.rawMember("reasoning_per_million_usd", price.reasoning->toString());
  if (price.perRequest > Money{}) json.rawMember("per_request_usd", price.perRequest.toString());
  if (price.perSearch > Money{}) json.rawMember("per_search_usd", price.perSearch.toString());
  if (!price.steps.empty()) {
    json.key("steps").beginArray();
    for (const PriceStep& step : price.steps)
      json.beginObject()
          .member("above_tokens", step.above)
          .rawMember("input_per_million_usd", step.rates.input.toString())
          .rawMember("output_per_million_usd", step.rates.output.toString())
          .endObject();
    json.endArray();
  }
  if (!price.source.empty()) json.member("source", price.source);
  if (!price.asOf.empty()) json.member("as_of", price.asOf);
  json.endObject();
}

// `created` is 0: a catalogue knows no birthday of a model.
void beginEntry(JsonWriter& json, std::string_view id, std::string_view owner) {
  json.beginObject()
      .member("id", id)
      .member("object", "model")
      .member("created", 0)
      .member("owned_by", owner);
}

void writeModel(JsonWriter& json, const Model& model, CalendarDay today) {
  beginEntry(json, model.key, model.provider);
  json.member("tier", model.tier);
  json.member("kind", model.kind == ModelKind::Embedding ? "embedding" : "chat");
  json.member("upstream_id", model.upstreamId);
  writePrice(json, model.priceAt(today));
  if (model.contextTokens >= 0) json.member("context_tokens", model.contextTokens);
  if (model.maxOutputTokens >= 0) json.member("max_output_tokens", model.maxOutputTokens);
  json.key("capabilities").beginArray();
  for (const CapabilityWord& capability : kCapabilityWords)
    if ((model.capabilities & capability.bit) != 0) json.string(capability.word);
  json.endArray();
  if (model.refuses != 0) {
    json.key("refuses").beginArray();
    for (const ParameterName& parameter : kParameterNames)
      if ((model.refuses & parameter.bit) != 0) json.string(parameter.name);
    json.endArray();
  }
  if (model.cacheMinimum >= 0) json.member("prompt_cache_min_tokens", model.cacheMinimum);
  json.key("tags").beginArray();
  for (const std::string& tag : model.tags) json.string(tag);
  json.endArray();
  json.member("simulated", model.simulated).member("local", model.local);
  json.endObject();
}

// "auto", "tier2" and routes are answered by whichever model routing picks, and are asked for like
// one.
void writeAlias(JsonWriter& json, std::string_view id, std::optional<int> tier) {
  beginEntry(json, id, "pagoda");
  if (tier) json.member("tier", *tier);
  json.member("alias", true).endObject();
}

/// What the caller may ask for.
bool listed(const Model& model, const Caller& caller) {
  return model.enabled && caller.mayUse(model);
}

std::set<int> tiersOf(const Catalogue& catalogue, const Caller& caller) {
  std::set<int> tiers;
  for (const Model& model : catalogue.models)
    if (listed(model, caller) && !model.simulated && model.kind == ModelKind::Chat)
      tiers.insert(model.tier);
  return tiers;
}

const Model* findModel(const Catalogue& catalogue, std::string_view name, const Caller& caller) {
  const Model* model = catalogue.find(name);
  const std::size_t slash = name.find('/');
  if (model == nullptr && slash != std::string_view::npos)
    model = catalogue.find(name.substr(0, slash), name.substr(slash + 1));
  return model != nullptr && listed(*model, caller) ? model : nullptr;
}

std::string unknownModelMessage(const Catalogue& catalogue, std::string_view name) {
  std::string message = "the model '" + shownText(name) + "' is unknown";
  const std::vector<std::string> near = catalogue.near(name);
  for (std::size_t i = 0; i < near.size(); ++i)
    message += (i == 0 ? "; did you mean " : ", ") + near[i];
  return message + (near.empty() ? "; GET /v1/models lists the known ones" : "?");
}

}  // namespace

Task<void> getModels(const ApiContext& api, RequestScope& scope) {
  const auto serving = api.orchestrator.serving();
  std::string body;
  JsonWriter json(body);
  json.beginObject().member("object", "list").key("data").beginArray();
  const std::set<int> tiers = tiersOf(*serving->catalogue, scope.caller);
  if (!tiers.empty()) writeAlias(json, "auto", std::nullopt);
  for (const int tier : tiers) writeAlias(json, "tier" + std::to_string(tier), tier);
  for (const ModelRoute& route : serving->catalogue->routes)
    writeAlias(json, route.name, std::nullopt);
  const CalendarDay today = api.budgets.today();
  for (const Model& model : serving->catalogue->models)
    if (listed(model, scope.caller)) writeModel(json, model, today);
  json.endArray().endObject();
  co_await sendJson(scope, 200, body);
}

Task<void> getModel(const ApiContext& api, RequestScope& scope) {
  const auto serving = api.orchestrator.serving();
  const Catalogue& catalogue = *serving->catalogue;
  const std::string_view name = scope.parameter;
  std::string body;
  JsonWriter json(body);
  if (const Model* model = findModel(catalogue, name, scope.caller)) {
    writeModel(json, *model, api.budgets.today());
  } else if (name == "auto" || catalogue.findRoute(name) != nullptr) {
    writeAlias(json, name, std::nullopt);
  } else if (name.size() == 5 && name.starts_with("tier") &&
             tiersOf(catalogue, scope.caller).contains(name[4] - '0')) {
    writeAlias(json, name, name[4] - '0');
  } else {
    const Error error{
        ErrorCode::UnknownModel, unknownModelMessage(catalogue, name), "model", {}, {}};
    co_await refuse(api, scope, error);
    co_return;
  }
  co_await sendJson(scope, 200, body);
}

}  // namespace pagoda::api
