#include "core/app/info.h"

#include <algorithm>

#include <pagoda/json.hpp>

#include "core/app/reload_report.h"
#include "core/plugin_host/plugin_host.h"

namespace pagoda::app {
namespace {

using JsonWriter = json::Writer<std::string>;

void writeKeys(JsonWriter& json, const std::string& provider,
               const std::vector<plugin_host::KeyState>& keys) {
  json.key("keys").beginArray();
  for (const plugin_host::KeyState& key : keys) {
    if (key.instance != provider) continue;
    const bool rests = key.restsFor > Millis{0};
    json.beginObject().member("number", key.number).member("uses", key.uses);
    json.member("state", rests ? "resting" : "fit");
    if (rests)
      json.member("reason", std::string_view(key.why))
          .member("seconds_left", key.restsFor.count() / 1000);
    json.endObject();
  }
  json.endArray();
}

void writeProviders(JsonWriter& json, const Configuration& configuration,
                    const plugin_host::PluginHost& plugins, bool forAdmin) {
  json.key("providers").beginArray();
  for (const ProviderSettings& provider : configuration.settings.providers) {
    json.beginObject().member("name", std::string_view(provider.name));
    json.member("type", std::string_view(provider.type))
        .member("enabled", provider.disabled.empty());
    if (forAdmin) {
      if (!provider.baseUrl.empty()) json.member("base_url", std::string_view(provider.baseUrl));
      json.member("api_key", provider.apiKeys.empty() ? "" : "***");
      writeKeys(json, provider.name, plugins.keys());
      if (!provider.disabled.empty()) json.member("reason", std::string_view(provider.disabled));
      if (provider.place.file == "discovery") json.member("source", "found on this machine");
    }
    json.endObject();
  }
  json.endArray();
}

void writeCost(JsonWriter& json, const CostSettings& cost) {
  json.key("cost_management").beginObject();
  json.rawMember("monthly_budget_usd", cost.monthlyBudget.toString());
  json.rawMember("max_request_cost_usd", cost.maxRequestCost.toString());
  json.key("tier_allocation").beginObject();
  for (const auto& [tier, share] : cost.tierAllocation)
    json.rawMember(std::to_string(tier), share.toString());
  json.endObject();
  json.member("borrowing", std::string_view(cost.borrowing));
  json.member("time_zone", std::string_view(cost.timeZone)).endObject();
}

void writePrice(JsonWriter& json, const Price& price) {
  json.key("price_per_million").beginObject();
  json.rawMember("input", price.input.toString()).rawMember("output", price.output.toString());
  if (price.cacheRead) json.rawMember("cache_read", price.cacheRead->toString());
  if (price.cacheWrite) json.rawMember("cache_write", price.cacheWrite->toString());
  if (price.perRequest > Money{}) json.rawMember("per_request", price.perRequest.toString());
  if (!price.source.empty()) json.member("source", std::string_view(price.source));
  if (!price.asOf.empty()) json.member("as_of", std::string_view(price.asOf));
  json.endObject();
}

}  // namespace

std::string pluginsJson(const plugin_host::PluginHost& plugins, bool withPaths) {
  std::string text;
  JsonWriter json(text);
  json.beginArray();
  for (const plugin_host::PluginInfo& plugin : plugins.describe()) {
    if (!withPaths && plugin.state == "refused") continue;
    json.beginObject().member("id", std::string_view(plugin.id));
    json.member("version", std::string_view(plugin.version))
        .member("name", std::string_view(plugin.name));
    json.member("state", std::string_view(plugin.state));
    json.key("types").beginArray();
    for (const plugin_host::PluginType& type : plugin.types)
      json.beginObject()
          .member("kind", std::string_view(type.kind))
          .member("type", std::string_view(type.type))
          .endObject();
    json.endArray();
    json.member("errors", plugin.errors).member("stuck_calls", plugin.stuckCalls);
    json.member("instances", plugin.instances);
    if (withPaths) {
      json.member("path", std::string_view(plugin.path))
          .member("sha256", std::string_view(plugin.sha256));
      if (!plugin.reason.empty())
        json.member("reason", std::string_view(plugin.reason))
            .member("message", std::string_view(plugin.message));
      json.key("warnings").beginArray();
      for (const std::string& warning : plugin.warnings) json.string(warning);
      json.endArray();
    }
    json.endObject();
  }
  json.endArray();
  return text;
}

std::string settingsJson(const Configuration& configuration) {
  std::string text;
  JsonWriter json(text);
  json.beginArray();
  for (const Provenance& setting : configuration.provenance)
    json.beginObject()
        .member("path", std::string_view(setting.path))
        .member("value", std::string_view(setting.value))
        .member("source", std::string_view(setting.source))
        .endObject();
  json.endArray();
  return text;
}

std::string modelsJson(const Configuration& configuration) {
  std::string text;
  JsonWriter json(text);
  json.beginObject().key("models").beginArray();
  for (const Model& model : configuration.catalogue.models) {
    json.beginObject().member("id", std::string_view(model.key)).member("tier", model.tier);
    json.member("provider", std::string_view(model.provider));
    json.member("model", std::string_view(model.upstreamId));
    json.member("local", model.local).member("simulated", model.simulated);
    writePrice(json, model.price);
    json.endObject();
  }
  json.endArray().key("left_out").beginArray();
  for (const LeftOut& left : configuration.leftOut)
    json.beginObject()
        .member("id", std::string_view(left.model))
        .member("reason", std::string_view(left.reason))
        .endObject();
  json.endArray().endObject();
  return text;
}

std::string infoJson(const InfoSources& sources, bool forAdmin) {
  const Configuration& configuration = sources.configuration;
  std::string text;
  JsonWriter json(text);
  json.beginObject().member("name", "pagoda").member("version", PAGODA_VERSION);
  json.member("started", std::string_view(formatUtc(sources.started)));
  json.member("uptime_seconds", (sources.now - sources.started) / 1000);
  json.member("auth", sources.authRequired ? "api_key" : "none");
  json.member("strategy", std::string_view(configuration.settings.strategy.type));
  json.member("models", configuration.catalogue.models.size());
  json.key("tiers").beginObject();
  for (int tier = 0; tier <= 4; ++tier)
    json.member(std::to_string(tier),
                std::ranges::count(configuration.catalogue.models, tier, &Model::tier));
  json.endObject();
  json.key("sandbox").beginObject().member("layer", sources.sandbox.layer);
  if (forAdmin) json.member("reason", sources.sandbox.reason);
  json.endObject();
  writeProviders(json, configuration, sources.plugins, forAdmin);
  json.rawMember("plugins", pluginsJson(sources.plugins, forAdmin));
  if (forAdmin) {
    writeCost(json, configuration.settings.cost);
    json.member("configuration", std::string_view(configuration.source));
    json.member("configuration_epoch", configuration.catalogue.epoch);
    json.key("last_reload");
    sources.lastReload.cause.empty() ? json.null() : json.raw(toJson(sources.lastReload));
    json.rawMember("catalogue", modelsJson(configuration));
    json.rawMember("settings", settingsJson(configuration));
  }
  json.endObject();
  return text;
}

}  // namespace pagoda::app
