#include "core/api/json_body.h"
#include "core/api/metrics_view.h"
#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;
using services::AuthMode;

namespace {

std::unique_ptr<FakeResponse> anonymous(ApiHouse& house, std::string target,
                                        std::string accept = {}) {
  FakeRequest request("GET", std::move(target));
  if (!accept.empty()) request.with("accept", std::move(accept));
  FakeBody body("");
  auto response = std::make_unique<FakeResponse>();
  house.serve(request, body, *response);
  return response;
}

}  // namespace

TEST_CASE("a stranger learns that the server is well, and nothing else", "[api][health]") {
  ApiHouse house;
  const auto health = anonymous(house, "/health");
  CHECK(health->status == 200);
  CHECK(health->body == R"({"status":"ok"})");
  CHECK(anonymous(house, "/healthz")->body == "ok\n");
  CHECK(anonymous(house, "/readyz")->status == 200);
  for (const char* path : {"/v1/models", "/v1/models/small", "/metrics", "/metrics/prometheus",
                           "/info", "/v1/decisions/req_1"})
    CHECK(anonymous(house, path)->status == 401);
}

TEST_CASE("a caller with a key sees each model's health", "[api][health]") {
  ApiHouse house;
  for (int i = 0; i < 5; ++i) {
    house.cheap->script.push_back(FakeProvider::fails(FailureKind::Unavailable));
    house.call("POST", "/v1/chat/completions", chatBody());
  }
  const auto health = house.call("GET", "/health");
  CHECK(health->status == 200);
  CHECK_THAT(
      health->body,
      Catch::StartsWith(
          R"({"status":"degraded","models":[{"model":"small","tier":0,"provider":"cheap","health":"down")"));
  CHECK_THAT(health->body, Catch::Contains(R"("last_failure":"unavailable")"));
  CHECK_THAT(health->body,
             Catch::Contains(R"({"model":"large","tier":2,"provider":"dear","health":"up")"));
}

TEST_CASE("a server that cannot work says so", "[api][health]") {
  ApiHouse house;
  house.notReady = "the catalogue is loading";
  CHECK(anonymous(house, "/readyz")->status == 503);
  CHECK(anonymous(house, "/health")->status == 503);
  CHECK(anonymous(house, "/healthz")->status == 200);
  house.notReady.clear();
  house.ledger.breakWith("disk full at path");
  CHECK(anonymous(house, "/health")->body == R"({"status":"down"})");
  CHECK_THAT(house.call("GET", "/health", {}, &house.adminKey)->body, Catch::Contains("disk full"));
}

TEST_CASE("models are listed in OpenAI's form with tier and price", "[api][models]") {
  ApiHouse house;
  const auto list = house.call("GET", "/v1/models");
  CHECK(list->status == 200);
  CHECK_THAT(
      list->body,
      Catch::StartsWith(
          R"({"object":"list","data":[{"id":"auto","object":"model","created":0,"owned_by":"pagoda","alias":true},{"id":"tier0",)"));
  const auto one = house.call("GET", "/v1/models/small");
  CHECK(
      one->body ==
      R"({"id":"small","object":"model","created":0,"owned_by":"cheap","tier":0,"kind":"chat","upstream_id":"small-id",)"
      R"("price":{"input_per_million_usd":1,"output_per_million_usd":2,"source":"list"},"context_tokens":1000000,)"
      R"("capabilities":["stream","tools","json"],"tags":[],"simulated":false,"local":false})");
  CHECK_THAT(list->body, Catch::Contains(one->body));
  CHECK(house.call("GET", "/v1/models/cheap%2Fsmall-id")->body == one->body);
  CHECK(house.call("GET", "/v1/models/cheap/small-id")->body == one->body);
  CHECK(house.call("GET", "/v1/models/auto")->status == 200);
  const auto route = house.call("GET", "/v1/models/team/chat");
  CHECK(route->body ==
        R"({"id":"team/chat","object":"model","created":0,"owned_by":"pagoda","alias":true})");
  CHECK_THAT(list->body, Catch::Contains(route->body));
  CHECK(house.call("GET", "/v1/models/tier2")->status == 200);
  CHECK(house.call("GET", "/v1/models/tier1")->status == 404);
  const auto unknown = house.call("GET", "/v1/models/smal");
  CHECK(unknown->status == 404);
  CHECK_THAT(unknown->body, Catch::Contains("did you mean small?"));
}

TEST_CASE("metrics have the seed's members exactly", "[api][metrics]") {
  ApiHouse house(AuthMode::ApiKey, "0.01");
  house.cheap->script.push_back(FakeProvider::answers("x", usageOf(50, 500)));
  CHECK(house.call("POST", "/v1/chat/completions", chatBody(R"(,"max_tokens":500)"))->status ==
        200);
  const auto metrics = house.call("GET", "/metrics");
  CHECK_THAT(
      metrics->body,
      Catch::StartsWith(
          R"({"requests_per_tier":{"0":1,"1":0,"2":0,"3":0,"4":0},"cost_per_tier":{"0":0.00105,"1":0,"2":0,"3":0,"4":0},)"
          R"("budget_utilization_percentage":10.5,"most_used_capabilities":["coding"],)"));
  CHECK_THAT(
      metrics->body,
      Catch::Contains(
          R"("budget":{"limit_usd":0.01,"spent_usd":0.00105,"held_usd":0,"left_usd":0.00895,"forecast_usd":)"));
  CHECK_THAT(metrics->body, Catch::Contains(R"("tiers":{"0":{"allocation_usd":)"));
  CHECK_THAT(metrics->body, Catch::Contains(R"("stale_prices":0,)"));
  CHECK(metrics->body.find("requests_per_model") == std::string::npos);
  CHECK_THAT(house.call("GET", "/metrics", {}, &house.adminKey)->body,
             Catch::Contains(R"("requests_per_model":{"small":1})"));
}

TEST_CASE("capabilities are ranked by use, under the seed's names", "[api][metrics]") {
  api::MetricsView view;
  view.metrics.counters[{"tasks", "task=general"}] = 7;
  view.metrics.counters[{"tasks", "task=coding"}] = 9;
  view.metrics.counters[{"tasks", "task=analysis"}] = 1;
  CHECK_THAT(
      api::metricsJson(view),
      Catch::Contains(R"("most_used_capabilities":["coding","general_inquiry","analysis"])"));
}

TEST_CASE("Prometheus text comes by its path and by Accept", "[api][metrics]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1000, 500)));
  house.call("POST", "/v1/chat/completions", chatBody());
  const auto byPath = house.call("GET", "/metrics/prometheus");
  CHECK_THAT(byPath->header("content-type"), Catch::StartsWith("text/plain; version=0.0.4"));
  CHECK_THAT(byPath->body,
             Catch::Contains(
                 "# TYPE pagoda_requests_total counter\npagoda_requests_total{tier=\"0\"} 1\n"));
  CHECK_THAT(byPath->body, Catch::Contains("pagoda_cost_usd_total{tier=\"0\"} 0.002\n"));
  CHECK_THAT(
      byPath->body,
      Catch::Contains("pagoda_request_duration_seconds_bucket{tier=\"0\",le=\"0.005\"} 1\n"));
  CHECK_THAT(byPath->body, Catch::Contains("le=\"+Inf\"} 1\n"));
  CHECK_THAT(byPath->body, Catch::Contains("# TYPE pagoda_tier_left_usd gauge\n"));
  CHECK_THAT(byPath->body, Catch::Contains("pagoda_tier_left_usd{tier=\"4\"} "));
  CHECK(byPath->body.find("model=") == std::string::npos);
  FakeRequest request("GET", "/metrics");
  request.with("authorization", "Bearer " + std::string(house.userKey.reveal()))
      .with("accept",
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/"
            "*;q=0.2");
  FakeBody body("");
  FakeResponse response;
  house.serve(request, body, response);
  CHECK_THAT(response.body, Catch::StartsWith("# HELP"));
}

TEST_CASE("a label's value cannot break out of its quotes", "[api][metrics]") {
  api::MetricsView view;
  view.withModels = true;
  view.metrics.counters[{"model_requests", "model=a\"b\\c\nd"}] = 2;
  CHECK_THAT(api::prometheusText(view),
             Catch::Contains("pagoda_model_requests_total{model=\"a\\\"b\\\\c\\nd\"} 2\n"));
}

TEST_CASE("quantiles are interpolated within their bucket", "[api][metrics]") {
  services::Histogram histogram;
  CHECK(api::quantileOf(histogram, 0.5) == -1);
  histogram.counts[3] = 10;  // 25 to 50 ms
  CHECK(api::quantileOf(histogram, 0.5) == 37);
  histogram.counts.back() = 90;
  CHECK(api::quantileOf(histogram, 0.99) == 60'000);
}

TEST_CASE("the reset of metrics is the admin's and leaves the ledger alone", "[api][metrics]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1000, 500)));
  house.call("POST", "/v1/chat/completions", chatBody());
  CHECK(house.call("POST", "/reset-metrics")->status == 403);
  const auto reset = house.call("POST", "/reset-metrics", {}, &house.adminKey);
  CHECK(reset->status == 200);
  CHECK_THAT(reset->body, Catch::Contains("untouched"));
  const auto metrics = house.call("GET", "/metrics");
  CHECK_THAT(metrics->body, Catch::StartsWith(R"({"requests_per_tier":{"0":0,)"));
  CHECK_THAT(metrics->body, Catch::Contains(R"("spent_usd":0.002)"));
  CHECK(house.ledger.rows.size() == 1);
}

TEST_CASE("info shows an admin more", "[api][info]") {
  ApiHouse house;
  CHECK(house.call("GET", "/info")->body == R"({"version":"1"})");
  CHECK(house.call("GET", "/info", {}, &house.adminKey)->body == R"({"paths":"all"})");
  ApiHouse open(AuthMode::None);
  CHECK(anonymous(open, "/info")->body == R"({"paths":"all"})");
}

TEST_CASE("keys are an admin's to list, make and revoke", "[api][admin]") {
  ApiHouse house;
  const Secret* const admin = &house.adminKey;
  for (const char* method : {"GET", "HEAD"})
    CHECK(house.call(method, "/admin/keys")->status == 403);
  CHECK(house.call("POST", "/admin/keys", R"({"name":"x"})")->status == 403);
  CHECK(house.call("DELETE", "/admin/keys/key_0")->status == 403);

  const auto made =
      house.call("POST", "/admin/keys",
                 R"({"name":"ci","monthly_budget_usd":1.50,"expires_in_days":30})", admin);
  CHECK(made->status == 201);
  CHECK(made->header("cache-control") == "no-store");
  const auto document = api::JsonDocument::parse(made->body);
  REQUIRE(document);
  CHECK((*document)->root().find("monthly_budget_usd")->raw() == "1.5");
  const Secret key(std::string((*document)->root().find("key")->text()));
  const std::string id((*document)->root().find("id")->text());
  CHECK(house.call("GET", "/v1/models", {}, &key)->status == 200);

  const auto list = house.call("GET", "/admin/keys", {}, admin);
  CHECK(list->status == 200);
  CHECK_THAT(list->body, Catch::Contains(R"("name":"ci")"));
  CHECK(list->body.find(std::string(key.reveal())) == std::string::npos);

  CHECK(house.call("DELETE", "/admin/keys/" + id, {}, admin)->status == 200);
  CHECK(house.call("GET", "/v1/models", {}, &key)->status == 401);
  CHECK(house.call("DELETE", "/admin/keys/nobody", {}, admin)->status == 404);
}

TEST_CASE("a new key with a wrong member is not made", "[api][admin]") {
  ApiHouse house;
  for (const char* body :
       {"{}", "[]", R"({"name":""})", R"({"name":"x","role":"root"})",
        R"({"name":"x","monthly_budget_usd":-1})",
        R"({"name":"x","monthly_budget_usd":0.00000000001})", R"({"name":"x","expires_in_days":0})",
        R"({"name":"x","is_admin":true})", R"({"name":"x","id":"key_0"})"})
    CHECK(house.call("POST", "/admin/keys", body, &house.adminKey)->status == 400);
  CHECK(house.keys.list().size() == 2);
}

TEST_CASE("a decision record is found by its request id", "[api][admin]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
  const std::string id =
      house.call("POST", "/v1/chat/completions", chatBody())->header("x-request-id");
  const auto found = house.call("GET", "/v1/decisions/" + id, {}, &house.adminKey);
  CHECK(found->status == 200);
  CHECK_THAT(found->body, Catch::Contains(id));
  CHECK(house.call("GET", "/v1/decisions/req_0000000000001", {}, &house.adminKey)->status == 404);
  CHECK(house.call("GET", "/v1/decisions/x'--", {}, &house.adminKey)->status == 404);
}

TEST_CASE("another caller's decision record looks like none at all", "[api][admin]") {
  ApiHouse house;
  RequestRow row;
  row.request = house.ids.next();
  row.decisionJson = R"({"key":"key_0","plan":{}})";  // the user's
  house.ledger.rows.push_back(row);
  const std::string own = "/v1/decisions/" + row.request.toString();
  CHECK(house.call("GET", own)->status == 200);
  row.request = house.ids.next();
  row.decisionJson = R"({"key":"key_9","plan":{}})";
  house.ledger.rows.push_back(row);
  const auto other = house.call("GET", "/v1/decisions/" + row.request.toString());
  const auto absent = house.call("GET", "/v1/decisions/req_0000000000001");
  CHECK(other->status == 404);
  CHECK(other->body.substr(0, other->body.find("request_id")) ==
        absent->body.substr(0, absent->body.find("request_id")));
}
