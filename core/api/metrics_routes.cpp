// GET /metrics, GET /metrics/prometheus and POST /reset-metrics.

#include <pagoda/json.hpp>

#include "core/api/metrics_view.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

std::int64_t stalePricesOf(const Catalogue& catalogue, CalendarDay today) {
  std::int64_t count = 0;
  for (const Model& model : catalogue.models) {
    const auto age = ageOf(model.priceAt(today), today);
    if (age && *age > kStalePriceDays) ++count;
  }
  return count;
}

MetricsView viewFor(const ApiContext& api, const RequestScope& scope) {
  MetricsView view;
  view.metrics = api.metrics.snapshot();
  view.budget = api.budgets.state();
  view.pace = services::paceOf(view.budget, api.clock.unixNow(), api.budgets.zone());
  view.stalePrices = stalePricesOf(*api.orchestrator.serving()->catalogue, view.budget.today);
  view.withModels = scope.isAdmin();
  return view;
}

// Prometheus names its formats; browsers and curl take JSON.
bool wantsPrometheus(std::string_view accept) {
  if (accept.find("application/json") != std::string_view::npos) return false;
  return accept.find("text/plain") != std::string_view::npos ||
         accept.find("openmetrics") != std::string_view::npos;
}

Task<void> send(RequestScope& scope, std::string_view type, const std::string& body) {
  HeaderList headers = baseHeaders(scope, type);
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(200, headers, body);
}

}  // namespace

Task<void> getPrometheus(const ApiContext& api, RequestScope& scope) {
  const std::string body = prometheusText(viewFor(api, scope));
  co_await send(scope, "text/plain; version=0.0.4; charset=utf-8", body);
}

Task<void> getMetrics(const ApiContext& api, RequestScope& scope) {
  if (wantsPrometheus(scope.http.header("accept"))) {
    co_await getPrometheus(api, scope);
    co_return;
  }
  const std::string body = metricsJson(viewFor(api, scope));
  co_await send(scope, "application/json", body);
}

Task<void> postResetMetrics(const ApiContext& api, RequestScope& scope) {
  std::function<Result<bool>()> reset = [&ledger = api.ledger]() -> Result<bool> {
    PAGODA_CHECK(ledger.resetCounters());
    return true;
  };
  const Result<bool> done = co_await onWorker<bool>(scope, std::move(reset));
  if (!done) {
    co_await sendError(scope, done.error());
    co_return;
  }
  const UnixMillis now = api.clock.unixNow();
  api.metrics.reset(now);
  std::string body;
  json::Writer json(body);
  json.beginObject().member("status", "ok").member("since", formatUtc(now));
  json.member("message", "counters start anew; the ledger and the month's spending are untouched")
      .endObject();
  co_await sendJson(scope, 200, body);
}

}  // namespace pagoda::api
