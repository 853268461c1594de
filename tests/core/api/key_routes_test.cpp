// /admin/keys, what keys may do, and who may read a decision.

#include <catch2/catch.hpp>

#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string memberOf(const std::string& body, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"";
  const std::size_t at = body.find(mark);
  REQUIRE(at != std::string::npos);
  const std::size_t from = at + mark.size();
  return body.substr(from, body.find('"', from) - from);
}

/// A key made over the API.
struct Made {
  std::string id;
  Secret text;
};
Made make(ApiHouse& house, const std::string& members) {
  const auto made = house.call("POST", "/admin/keys", members, &house.adminKey);
  REQUIRE(made->status == 201);
  return {memberOf(made->body, "id"), Secret(memberOf(made->body, "key"))};
}

}  // namespace

TEST_CASE("every member of a key can be set, shown and altered", "[api][keys]") {
  ApiHouse house;
  const Made made = make(
      house,
      R"({"name":"ci","team":"web","monthly_budget_usd":5,"daily_budget_usd":"0.5",)"
      R"("total_budget_usd":50,"expires_in_days":9,"scopes":["generate","models"],"tiers":[0,1],)"
      R"("models":["small"],"requests_per_minute":10,"tokens_per_minute":1000,"concurrent":2})");
  const auto shown = house.call("GET", "/admin/keys/" + made.id, {}, &house.adminKey);
  CHECK(shown->status == 200);
  CHECK(shown->header("cache-control") == "no-store");
  for (const char* part :
       {R"("team":"web")", R"("monthly_budget_usd":5)", R"("daily_budget_usd":0.5)",
        R"("total_budget_usd":50)", R"("scopes":["generate","models"])", R"("tiers":[0,1])",
        R"("models":["small"])", R"("requests_per_minute":10)", R"("tokens_per_minute":1000)",
        R"("concurrent":2)", R"("expires":"2026-12-04T00:00:00.000Z")", R"("version":1)"}) {
    INFO(part);
    CHECK(has(shown->body, part));
  }
  CHECK_FALSE(has(shown->body, made.text.reveal()));

  const auto altered = house.call(
      "PATCH", "/admin/keys/" + made.id,
      R"({"version":1,"models":null,"monthly_budget_usd":null,"expires_in_days":null,"tiers":[2]})",
      &house.adminKey);
  CHECK(altered->status == 200);
  for (const char* part : {R"("models":null)", R"("monthly_budget_usd":null)", R"("expires":null)",
                           R"("tiers":[2])", R"("version":2)", R"("team":"web")"}) {
    INFO(part);
    CHECK(has(altered->body, part));
  }
}

TEST_CASE("AD-03 members that a key does not have, or that are not the client's, store nothing",
          "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci"})");
  for (const char* body : {R"({"id":"key_mine"})",
                           R"({"spent":0})",
                           R"({"is_admin":true})",
                           R"({"hash":"00"})",
                           R"({"revoked":false})",
                           R"({"created":"2020-01-01"})",
                           R"({"prefix":"pgd_"})",
                           R"({"key":"pgd_x"})",
                           R"({"name":"ok","spent":0})",
                           R"({"role":"root"})",
                           R"({"version":"1"})",
                           R"({"tiers":[5]})",
                           R"({"scopes":["all"]})",
                           R"({"scopes":[]})",
                           R"({"monthly_budget_usd":-1})",
                           R"({"concurrent":0})",
                           R"({"concurrent":1.5})",
                           R"({"disabled":"yes"})",
                           R"({"models":"small"})",
                           R"([])",
                           R"("x")"}) {
    INFO(body);
    CHECK(house.call("PATCH", "/admin/keys/" + made.id, body, &house.adminKey)->status == 400);
  }
  const auto shown = house.call("GET", "/admin/keys/" + made.id, {}, &house.adminKey);
  CHECK(has(shown->body, R"("version":1)"));
  CHECK(has(shown->body, R"("name":"ci")"));
  // Not with the key itself either: its owner has no route to its record.
  CHECK(house.call("PATCH", "/admin/keys/" + made.id, R"({"role":"admin"})", &made.text)->status ==
        403);
  CHECK(house.call("GET", "/admin/keys/" + made.id, {}, &made.text)->status == 403);
}

TEST_CASE("AD-08 of two changes of one version, the second is told to read again", "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci"})");
  const std::string path = "/admin/keys/" + made.id;
  CHECK(house.call("PATCH", path, R"({"version":1,"name":"a"})", &house.adminKey)->status == 200);
  const auto late = house.call("PATCH", path, R"({"version":1,"name":"b"})", &house.adminKey);
  CHECK(late->status == 409);
  CHECK(has(late->body, R"("code":"conflict")"));
  CHECK(has(house.call("GET", path, {}, &house.adminKey)->body, R"("name":"a")"));
}

TEST_CASE("a disabled key is made and rotated like any other", "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"later","disabled":true})");
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 401);
  const auto rotated =
      house.call("POST", "/admin/keys/" + made.id + "/rotate", "{}", &house.adminKey);
  CHECK(rotated->status == 200);
  CHECK(memberOf(rotated->body, "id") == made.id);
  CHECK(memberOf(rotated->body, "key") != made.text.reveal());
}

TEST_CASE("a rotation shows the new text once", "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci"})");
  const std::string path = "/admin/keys/" + made.id + "/rotate";
  const auto rotated = house.call("POST", path, R"({"overlap_hours":0})", &house.adminKey);
  CHECK(rotated->status == 200);
  const Secret fresh(memberOf(rotated->body, "key"));
  CHECK(house.call("GET", "/v1/models", {}, &fresh)->status == 200);
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 401);
  CHECK(house.call("POST", path, R"({"overlap_hours":721})", &house.adminKey)->status == 400);
  CHECK(house.call("POST", path, R"({"overlap":1})", &house.adminKey)->status == 400);
  CHECK(house.call("POST", "/admin/keys/nobody/rotate", "{}", &house.adminKey)->status == 404);
  CHECK(house.call("POST", "/admin/keys/" + made.id + "/renew", "{}", &house.adminKey)->status ==
        404);
}

TEST_CASE("AD-05 a revoked, disabled or expired key is refused at the next request",
          "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci","expires_in_days":1})");
  const std::string path = "/admin/keys/" + made.id;
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 200);
  house.call("PATCH", path, R"({"disabled":true})", &house.adminKey);
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 401);
  house.call("PATCH", path, R"({"disabled":false})", &house.adminKey);
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 200);
  house.clock.advance(std::chrono::hours(24));
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 401);
  const Made other = make(house, R"({"name":"other"})");
  house.call("DELETE", "/admin/keys/" + other.id, {}, &house.adminKey);
  CHECK(house.call("GET", "/v1/models", {}, &other.text)->status == 401);
}

TEST_CASE("AD-05 keys that another process changed are read before the next one is let in",
          "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci"})");
  house.keys.staleNow = true;
  house.keys.onRefresh = [&] { REQUIRE(house.keys.revoke(ApiKeyId(made.id))); };
  CHECK(house.call("GET", "/v1/models", {}, &made.text)->status == 401);
  CHECK(house.keys.refreshes == 1);
  house.keys.onRefresh = nullptr;

  house.keys.staleNow = true;
  house.keys.refreshable = false;
  CHECK(house.call("GET", "/v1/models")->status == 503);
  house.keys.refreshable = true;
  CHECK(house.call("GET", "/v1/models")->status == 200);
}

TEST_CASE("a key does what its scopes name and nothing else", "[api][keys]") {
  ApiHouse house;
  const Made lists = make(house, R"({"name":"lists","scopes":["models"]})");
  CHECK(house.call("GET", "/v1/models", {}, &lists.text)->status == 200);
  const auto refused = house.call("POST", "/v1/chat/completions", chatBody(), &lists.text);
  CHECK(refused->status == 403);
  CHECK(has(refused->body, "'generate'"));
  CHECK(house.call("GET", "/metrics", {}, &lists.text)->status == 403);
  CHECK(house.cheap->calls == 0);
  const Made half = make(house, R"({"name":"half","role":"admin","scopes":["usage"]})");
  CHECK(house.call("GET", "/admin/keys", {}, &half.text)->status == 403);
  CHECK(house.call("GET", "/metrics", {}, &half.text)->status == 200);
}

TEST_CASE("a key asks the models that it names and no others", "[api][keys]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("hello", usageOf(1, 1)));
  const Made narrow = make(house, R"({"name":"narrow","models":["small"]})");
  const auto refused =
      house.call("POST", "/v1/chat/completions", chatBody({}, "large"), &narrow.text);
  CHECK(refused->status == 403);
  CHECK(has(refused->body, R"("param":"model")"));
  CHECK(house.dear->calls == 0);
  CHECK(house.call("POST", "/v1/chat/completions", chatBody({}, "auto"), &narrow.text)->status ==
        200);
  CHECK(house.cheap->calls == 1);
  const auto list = house.call("GET", "/v1/models", {}, &narrow.text);
  CHECK(has(list->body, R"("id":"small")"));
  CHECK_FALSE(has(list->body, R"("id":"large")"));
  CHECK(house.call("GET", "/v1/models/large", {}, &narrow.text)->status == 404);

  const Made low = make(house, R"({"name":"low","tiers":[0]})");
  CHECK(house.call("POST", "/v1/chat/completions", chatBody({}, "large"), &low.text)->status ==
        403);
  CHECK(house.dear->calls == 0);
}

TEST_CASE("AD-04 a decision is shown to its owner and to admins, and is absent for others",
          "[api][keys]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("hello", usageOf(1, 1)));
  const Made owner = make(house, R"({"name":"owner"})");
  const Made other = make(house, R"({"name":"other"})");
  const auto answer = house.call("POST", "/v1/chat/completions", chatBody(), &owner.text);
  REQUIRE(answer->status == 200);
  const std::string path = "/v1/decisions/" + answer->header("x-request-id");
  const auto own = house.call("GET", path, {}, &owner.text);
  CHECK(own->status == 200);
  CHECK(has(own->body, R"("key":")" + owner.id + "\""));
  CHECK(house.call("GET", path, {}, &house.adminKey)->status == 200);
  const auto foreign = house.call("GET", path, {}, &other.text);
  const auto missing = house.call("GET", "/v1/decisions/req_0000000000000", {}, &other.text);
  CHECK(foreign->status == 404);
  const auto withoutId = [](const std::string& body) {
    return body.substr(0, body.find("request_id"));
  };
  CHECK(withoutId(foreign->body) == withoutId(missing->body));
}

TEST_CASE("the audit names who changed a key, to admins", "[api][keys]") {
  ApiHouse house;
  const Made made = make(house, R"({"name":"ci"})");
  house.call("DELETE", "/admin/keys/" + made.id, {}, &house.adminKey);
  const auto audit = house.call("GET", "/admin/audit", {}, &house.adminKey);
  CHECK(audit->status == 200);
  CHECK(has(audit->body, R"("action":"key.create","subject":")" + made.id));
  CHECK(has(audit->body, R"("actor":"key_1")"));
  CHECK(house.call("GET", "/admin/audit")->status == 403);
}
