#include "core/api/router.h"

#include "core/api/json_body.h"
#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;
using services::AuthMode;

namespace {

void checkError(const FakeResponse& response, int status) {
  INFO(response.body);
  CHECK(response.status == status);
  CHECK(response.answers == 1);
  CHECK(response.header("content-type") == "application/json");
  CHECK(response.header("cache-control") == "no-store");
  CHECK(response.header("x-content-type-options") == "nosniff");
  const auto document = api::JsonDocument::parse(response.body);
  REQUIRE(document);
  const auto error = (*document)->root().find("error");
  REQUIRE(error);
  CHECK_FALSE(error->find("message")->text().empty());
  CHECK((*document)->root().find("request_id")->text() == response.header("x-request-id"));
  CHECK(response.header("x-request-id").starts_with("req_"));
}

}  // namespace

TEST_CASE("a request without a good key is refused before its body is read", "[api][auth]") {
  struct Case {
    const char* name;
    std::vector<std::pair<std::string, std::string>> headers;
    const char* target;
    int status;
  };
  ApiHouse house;
  const std::string good(house.userKey.reveal());
  const Case cases[] = {
      {"no key", {}, "/v1/chat/completions", 401},
      {"a wrong key", {{"authorization", "Bearer sk-wrong-ZZ9"}}, "/v1/chat/completions", 401},
      {"a wrong key in x-api-key", {{"x-api-key", "sk-wrong-ZZ9"}}, "/v1/chat/completions", 401},
      {"an empty key", {{"authorization", "Bearer "}}, "/v1/chat/completions", 401},
      {"a key without a scheme", {{"authorization", good}}, "/v1/chat/completions", 401},
      {"another scheme", {{"authorization", "Basic " + good}}, "/v1/chat/completions", 401},
      {"two keys in one header",
       {{"authorization", "Bearer ZZ9, Bearer " + good}},
       "/v1/chat/completions",
       401},
      {"a key of 100 KB",
       {{"authorization", "Bearer " + std::string(100'000, 'k')}},
       "/v1/chat/completions",
       401},
      {"bad, then good",
       {{"authorization", "Bearer ZZ9"}, {"authorization", "Bearer " + good}},
       "/generate",
       400},
      {"good, then bad",
       {{"authorization", "Bearer " + good}, {"authorization", "Bearer ZZ9"}},
       "/generate",
       400},
      {"two headers that differ",
       {{"authorization", "Bearer " + good}, {"x-api-key", "ZZ9"}},
       "/generate",
       400},
      {"the key in the query", {}, "/v1/chat/completions?api_key=pgd-user-0&key=pgd-user-0", 401},
      {"the key in a cookie",
       {{"cookie", "api_key=" + good + "; token=" + good}},
       "/v1/chat/completions",
       401},
      {"an unsigned JWT",
       {{"authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}},
       "/generate",
       401},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      FakeRequest request("POST", c.target);
      for (const auto& [name, value] : c.headers) request.with(name, value);
      FakeBody body(chatBody());
      FakeResponse response;
      house.serve(request, body, response);
      checkError(response, c.status);
      CHECK_FALSE(body.wasRead);
      CHECK(response.body.find("ZZ9") == std::string::npos);
      CHECK(response.body.find(good) == std::string::npos);
      CHECK(response.has("www-authenticate") == (c.status == 401));
      CHECK(house.cheap->calls == 0);
    }
  }
}

TEST_CASE("each header that clients use carries the key", "[api][auth]") {
  ApiHouse house;
  for (const std::string name : {"authorization", "x-api-key", "x-goog-api-key"}) {
    FakeRequest request("GET", "/v1/models");
    request.with(name,
                 (name == "authorization" ? "bearer  " : "") + std::string(house.userKey.reveal()));
    FakeBody body("");
    FakeResponse response;
    house.serve(request, body, response);
    CHECK(response.status == 200);
  }
}

TEST_CASE("an unknown path is a 404, another method a 405 that says what is allowed",
          "[api][router]") {
  ApiHouse house;
  for (const char* path : {"/", "/no/such", "/v1/models/", "/v1/chat/completions/x",
                           "/..%2f..%2fetc/passwd", "/generate/"}) {
    INFO(path);
    const auto response = house.call("GET", path);
    checkError(*response, 404);
  }
  for (const char* path : {"/v1/models/%00", "/v1/models/%c0%ae", "/v1/models/%zz",
                           "/v1/models/%0d%0aX-Injected:%201"})
    checkError(*house.call("GET", path), 404);
  const auto response = house.call("DELETE", "/v1/chat/completions");
  checkError(*response, 405);
  CHECK(response->header("allow") == "POST, OPTIONS");
  CHECK(house.call("PATCH", "/admin/keys")->header("allow") == "GET, HEAD, POST, OPTIONS");
}

TEST_CASE("a preflight names no origin unless it is configured", "[api][router]") {
  for (const bool configured : {false, true}) {
    std::vector<std::string> origins;
    if (configured) origins.push_back("https://chat.example");
    ApiHouse house(AuthMode::ApiKey, "70", origins);
    for (const std::string origin : {"https://evil.example", "https://chat.example"}) {
      FakeRequest request("OPTIONS", "/v1/chat/completions");
      request.with("origin", origin).with("access-control-request-method", "POST");
      FakeBody body("");
      FakeResponse response;
      house.serve(request, body, response);
      CHECK(response.status == 204);
      const bool allowed = configured && origin == "https://chat.example";
      CHECK(response.header("access-control-allow-origin") == (allowed ? origin : ""));
      CHECK_FALSE(response.has("access-control-allow-credentials"));
    }
  }
}

TEST_CASE("without keys a page of another origin cannot spend money", "[api][router]") {
  ApiHouse house(AuthMode::None);
  struct Case {
    const char* origin;
    const char* host;
    int status;
  };
  const Case cases[] = {{nullptr, "localhost:8080", 200},
                        {"http://localhost:8080", "localhost:8080", 200},
                        {"http://[::1]:8080", "[::1]:8080", 200},
                        {"https://evil.example", "localhost:8080", 403},
                        {"null", "localhost:8080", 403},
                        {"http://rebound.example:8080", "rebound.example:8080", 403}};
  for (const Case& c : cases) {
    DYNAMIC_SECTION((c.origin ? c.origin : "no origin")) {
      house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
      FakeRequest request("POST", "/v1/chat/completions");
      if (c.origin != nullptr) request.with("origin", c.origin);
      HttpRequest altered = request.get();
      altered.headers[0].second = c.host;
      FakeBody body(chatBody());
      FakeResponse response;
      const auto run = [&]() -> Task<bool> {
        co_await house.router->handle(altered, body, response, house.runtime);
        co_return true;
      };
      house.runtime.run(run());
      CHECK(response.status == c.status);
    }
  }
}

TEST_CASE("HEAD is served where GET is", "[api][router]") {
  ApiHouse house;
  CHECK(house.call("HEAD", "/health")->status == 200);
  CHECK(house.call("HEAD", "/healthz")->status == 200);
  checkError(*house.call("HEAD", "/generate"), 405);
}

TEST_CASE("bodies of the wrong kind are refused unread", "[api][router]") {
  struct Case {
    const char* name;
    const char* value;
    int status;
  };
  const Case cases[] = {{"content-type", "text/plain", 415},
                        {"content-type", "application/x-www-form-urlencoded", 415},
                        {"content-type", "application/json; charset=utf-16", 415},
                        {"content-type", "Application/JSON; Charset=\"UTF-8\"", 200},
                        {"content-encoding", "gzip", 415},
                        {"content-encoding", "identity", 200}};
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.value) {
      ApiHouse house;
      house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
      FakeRequest request("POST", "/v1/chat/completions");
      request.with("authorization", "Bearer " + std::string(house.userKey.reveal()))
          .with(c.name, c.value);
      FakeBody body(chatBody());
      FakeResponse response;
      house.serve(request, body, response);
      CHECK(response.status == c.status);
      CHECK(body.wasRead == (c.status == 200));
    }
  }
}

TEST_CASE("a body that fails on the way has the status of its failure", "[api][router]") {
  struct Case {
    ErrorCode code;
    int status;
  };
  for (const Case c :
       {Case{ErrorCode::PayloadTooLarge, 413}, Case{ErrorCode::DeadlineExceeded, 408},
        Case{ErrorCode::InvalidRequest, 400}}) {
    ApiHouse house;
    FakeRequest request("POST", "/generate");
    request.with("authorization", "Bearer " + std::string(house.userKey.reveal()));
    FakeBody body("");
    body.failure = Error{c.code, "as told", {}, {}, {}};
    FakeResponse response;
    house.serve(request, body, response);
    checkError(response, c.status);
  }
  SECTION("a body over the limit of the routes") {
    ApiHouse house;
    checkError(*house.call("POST", "/generate", std::string((1u << 20) + 1, ' ')), 413);
  }
}

TEST_CASE("a route that throws is a 500 without the exception's words", "[api][router]") {
  ApiHouse house;
  house.info = [](bool) -> std::string { throw std::runtime_error("a path: /etc/x"); };
  const auto response = house.call("GET", "/info");
  checkError(*response, 500);
  CHECK(response->body.find("/etc/x") == std::string::npos);
}

TEST_CASE("the protocol's own errors wear the house's form", "[api][router]") {
  ApiHouse house;
  for (const int status : {400, 408, 413, 414, 431, 501, 503, 505}) {
    const auto [headers, body] = house.router->protocolError(status, "because of \"x\"");
    FakeResponse response;
    response.status = status;
    response.headers = headers;
    response.body = body;
    response.answers = 1;
    checkError(response, status);
    CHECK_THAT(body, Catch::Contains("because of \\\"x\\\""));
  }
}
