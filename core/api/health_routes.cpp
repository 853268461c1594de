// GET /health, /healthz, /readyz and /info. A stranger learns whether the server is well, and
// nothing that would help against it.

#include <pagoda/json.hpp>

#include "core/api/request_scope.h"
#include "core/api/routes.h"
#include "core/services/decision_record.h"

namespace pagoda::api {
namespace {

using JsonWriter = json::Writer<std::string>;

void writeKnown(JsonWriter& json, std::string_view key, std::int64_t value) {
  json.key(key);
  if (value < 0) {
    json.null();
  } else {
    json.number(value);
  }
}

void writeModelHealth(JsonWriter& json, const Model& model, const services::ModelHealth& health) {
  json.beginObject();
  json.member("model", model.key).member("tier", model.tier).member("provider", model.provider);
  json.member("health", services::nameOf(health.health)).member("error_rate", health.errorRate);
  json.member("samples", health.samples).member("in_flight", health.inFlight);
  writeKnown(json, "first_token_ms_p50", health.firstTokenMsP50);
  writeKnown(json, "total_ms_p50", health.totalMsP50);
  writeKnown(json, "total_ms_p95", health.totalMsP95);
  json.key("last_failure");
  health.lastFailure.empty() ? json.null() : json.string(health.lastFailure);
  json.key("last_success");
  health.lastSuccess == 0 ? json.null() : json.string(formatUtc(health.lastSuccess));
  json.endObject();
}

Task<void> sendPlain(RequestScope& scope, std::string_view text) {
  HeaderList headers = baseHeaders(scope, "text/plain; charset=utf-8");
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(200, headers, text);
}

}  // namespace

Task<void> getHealth(const ApiContext& api, RequestScope& scope) {
  const auto serving = api.orchestrator.serving();
  const std::string trouble = api.ledger.trouble();
  const bool down = !trouble.empty() || !api.notReady().empty();
  std::string models;
  JsonWriter list(models);
  list.beginArray();
  bool degraded = false;
  for (const Model& model : serving->catalogue->models) {
    if (!model.enabled) continue;
    const services::ModelHealth health = api.health.of(model.key);
    // A model that failed says nothing of the server; restarting it would not help.
    degraded |= health.health == Health::Down || health.health == Health::Degraded;
    writeModelHealth(list, model, health);
  }
  list.endArray();

  std::string body;
  JsonWriter json(body);
  json.beginObject().member("status", down ? "down" : degraded ? "degraded" : "ok");
  if (scope.identified) json.rawMember("models", models);
  if (scope.isAdmin() && !trouble.empty()) json.member("ledger", trouble);
  json.endObject();
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(down ? 503 : 200, headers, body);
}

Task<void> getLiveness(const ApiContext&, RequestScope& scope) {
  return sendPlain(scope, "ok\n");
}

Task<void> getReadiness(const ApiContext& api, RequestScope& scope) {
  const std::string missing = api.notReady();
  if (missing.empty()) {
    co_await sendPlain(scope, "ready\n");
    co_return;
  }
  const Error error{ErrorCode::Overloaded, "not ready: " + missing, {}, {}, {}};
  co_await sendError(scope, error);
}

Task<void> getInfo(const ApiContext& api, RequestScope& scope) {
  const std::string body = api.infoJson(scope.isAdmin());
  co_await sendJson(scope, 200, body);
}

}  // namespace pagoda::api
