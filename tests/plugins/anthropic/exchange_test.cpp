// Addresses, headers, settings and refusals.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/anthropic/claude.h"

using namespace test;

namespace {

Exchange sent(const std::string& settings, bool stream = false, bool count = false,
              const std::string& model = "claude-sonnet-4-5") {
  Request request = claude(model, "", "", settings);
  request.stream = stream;
  request.countTokens = count;
  return run(request, {{"", {}}}, PAGODA_FRAMING_WHOLE);
}

pagoda_error failure(int status, std::string_view body,
                     const std::map<std::string, std::string>& headers = {}) {
  return runFailure(status, body, PAGODA_E_INTERNAL, headers, claude());
}

std::string errorBody(const std::string& type, const std::string& message) {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message +
         R"("},"request_id":"req_1"})";
}

}  // namespace

TEST_CASE("calls go to the address of their kind", "[anthropic][exchange]") {
  const struct {
    const char* base;
    const char* url;
  } cases[] = {
      {"", "https://api.anthropic.com/v1/messages"},
      {R"("base_url":"https://example.com/anthropic/")",
       "https://example.com/anthropic/v1/messages"},
      {R"("base_url":"https://example.com/v1?beta=true")",
       "https://example.com/v1/messages?beta=true"},
      {R"("base_url":"https://example.com/x/v1/messages")", "https://example.com/x/v1/messages"},
  };
  for (const auto& c : cases) CHECK(sent(c.base).url == c.url);
  CHECK(sent("", false, true).url == "https://api.anthropic.com/v1/messages/count_tokens");
  Request request = claude();
  request.endpoint = "https://eu.example.com";
  CHECK(runWhole(request, kAnswer).url == "https://eu.example.com/v1/messages");
}

TEST_CASE("the key goes into the header that the settings name", "[anthropic][exchange]") {
  CHECK(sent("").headers.at("x-api-key") == "<api_key>");
  CHECK(sent("").headers.count("authorization") == 0);
  const Exchange bearer = sent(R"("auth":"bearer")");
  CHECK(bearer.headers.at("authorization") == "Bearer <api_key>");
  CHECK(bearer.headers.count("x-api-key") == 0);
  const Exchange oauth = sent(R"("auth":"oauth","betas":["a-2026-01-01"])");
  CHECK(oauth.headers.at("authorization") == "Bearer <api_key>");
  CHECK(oauth.headers.at("anthropic-beta") == "oauth-2025-04-20,a-2026-01-01");
  const Exchange none = sent(R"("auth":"none","headers":{"x-team":"t"})");
  CHECK(none.headers.count("x-api-key") + none.headers.count("authorization") == 0);
  CHECK(none.headers.at("x-team") == "t");
  Request request = claude("claude-sonnet-4-5", "", R"(,"betas":["a"])", R"("client_betas":false)");
  CHECK(runWhole(request, kAnswer).headers.count("anthropic-beta") == 0);
}

TEST_CASE("the version is a header, or a member for Vertex", "[anthropic][exchange]") {
  CHECK(sent("").headers.at("anthropic-version") == "2023-06-01");
  CHECK(sent(R"("version":"2026-10-21")").headers.at("anthropic-version") == "2026-10-21");
  const std::string vertex =
      R"("platform":"vertex","base_url":"https://example.com/v1/projects/p/locations/l/publishers/anthropic")";
  const Exchange whole = sent(vertex, false, false, "claude-sonnet-4-5@20250929");
  CHECK(whole.url ==
        "https://example.com/v1/projects/p/locations/l/publishers/anthropic/models/"
        "claude-sonnet-4-5@20250929:rawPredict");
  CHECK(whole.headers.at("authorization") == "Bearer <api_key>");
  CHECK(whole.headers.count("anthropic-version") == 0);
  CHECK(whole.body.starts_with(R"({"anthropic_version":"vertex-2023-10-16","max_tokens":)"));
  CHECK(sent(vertex, true).url.ends_with(":streamRawPredict"));
  CHECK(sent(vertex, true).framing == PAGODA_FRAMING_SSE);
  const Exchange count = sent(vertex, false, true);
  CHECK(count.url.ends_with("/models/count-tokens:rawPredict"));
  CHECK(count.body.find(R"("model":"claude-sonnet-4-5")") != std::string::npos);
  // A wildcard route takes any name: it must not lead to another place.
  CHECK(sent(vertex, false, false, "../x?y#z").url.ends_with("/models/..%2Fx%3Fy%23z:rawPredict"));
}

TEST_CASE("a count of tokens asks with what makes the prompt, and nothing else",
          "[anthropic][exchange]") {
  Request request = claude(
      "claude-sonnet-4-5", R"([{"role":"system","content":"s"},{"role":"user","content":"u"}])",
      R"(,"max_tokens":50,"temperature":0,"stop":"x","user":"u","reasoning_effort":"low","container":"c","tools":[{"type":"function","function":{"name":"f"}}])");
  request.countTokens = true;
  CHECK(
      runWhole(request, R"({"input_tokens":9})").body ==
      R"({"model":"claude-sonnet-4-5","thinking":{"type":"enabled","budget_tokens":1024},"system":[{"type":"text","text":"s"}],"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"messages":[{"role":"user","content":[{"type":"text","text":"u"}]}]})");
}

TEST_CASE("settings that are wrong are named", "[anthropic][exchange]") {
  const struct {
    const char* config;
    const char* names;
  } cases[] = {
      {R"({"base_url":"example.com"})", "base_url"},
      {R"({"base_url":5})", "base_url"},
      {R"({"version":"2024-01-01"})", "version"},
      {R"({"auth":"basic"})", "auth"},
      {R"({"platform":"bedrock"})", "platform"},
      {R"({"betas":["a,b"]})", "betas"},
      {R"({"betas":"a"})", "betas"},
      {R"({"headers":{"a":1}})", "headers"},
      {R"({"default_max_tokens":0})", "default_max_tokens"},
      {R"({"auto_cache":"2h"})", "auto_cache"},
      {R"({"thinking":"yes"})", "thinking"},
      {R"({"client_betas":1})", "client_betas"},
      {"{", "JSON"},
  };
  for (const auto& c : cases) {
    INFO(c.config);
    const auto [status, message] = configure(c.config, "anthropic");
    CHECK(status == PAGODA_E_CONFIG);
    CHECK(message.find(c.names) != std::string::npos);
  }
  CHECK(configure("{}", "anthropic").first == PAGODA_OK);
  CHECK(selfTest(claude()) == PAGODA_OK);
}

TEST_CASE("a refusal's cause is read from its body before its status", "[anthropic][failure]") {
  const struct {
    const char* name;
    int http;
    std::string body;
    pagoda_status status;
    pagoda_retry retry = PAGODA_RETRY_DEFAULT;
  } cases[] = {
      {"credit", 400,
       errorBody("invalid_request_error", "Your credit balance is too low to access the API."),
       PAGODA_E_QUOTA},
      {"spending limit", 400,
       errorBody("invalid_request_error", "You have reached your specified API usage limits."),
       PAGODA_E_QUOTA},
      {"billing", 402, errorBody("billing_error", "x"), PAGODA_E_QUOTA},
      {"prompt", 400,
       errorBody("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
       PAGODA_E_CONTEXT_LENGTH},
      {"prompt and answer", 400,
       errorBody("invalid_request_error",
                 "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"),
       PAGODA_E_CONTEXT_LENGTH},
      {"filter", 400,
       errorBody("invalid_request_error", "Output blocked by content filtering policy"),
       PAGODA_E_CONTENT_FILTER},
      {"model's lack", 400,
       errorBody("invalid_request_error", "`temperature` is deprecated for this model."),
       PAGODA_E_INVALID_REQUEST, PAGODA_RETRY_NEXT},
      {"wrong for every model", 400,
       errorBody("invalid_request_error", "max_tokens: Field required"), PAGODA_E_INVALID_REQUEST},
      {"key", 401, errorBody("authentication_error", "invalid x-api-key"), PAGODA_E_AUTH},
      {"permission", 403, errorBody("permission_error", "x"), PAGODA_E_PERMISSION},
      {"model", 404, errorBody("not_found_error", "model: claude-x"), PAGODA_E_MODEL_NOT_FOUND},
      {"path", 404, errorBody("not_found_error", "Not found"), PAGODA_E_INVALID_REQUEST,
       PAGODA_RETRY_NEXT},
      {"size", 413, R"({"error":{"type":"request_too_large","message":"Request exceeds 32 MB"}})",
       PAGODA_E_TOO_LARGE},
      {"rate", 429, errorBody("rate_limit_error", "x"), PAGODA_E_RATE_LIMIT},
      {"server", 500, errorBody("api_error", "Internal server error"), PAGODA_E_UNAVAILABLE},
      {"time", 504, errorBody("timeout_error", "x"), PAGODA_E_TIMEOUT},
      {"load", 529, errorBody("overloaded_error", "Overloaded"), PAGODA_E_OVERLOADED},
      {"load under another status", 503, errorBody("overloaded_error", "Overloaded"),
       PAGODA_E_OVERLOADED},
      {"an edge without a body", 529, "", PAGODA_E_OVERLOADED},
      {"a gateway's page", 502, "<html>", PAGODA_E_UNAVAILABLE},
      {"Vertex's quota", 429,
       R"([{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}])",
       PAGODA_E_RATE_LIMIT},
      {"Vertex's key", 401,
       R"({"error":{"code":401,"message":"Request had invalid credentials","status":"UNAUTHENTICATED"}})",
       PAGODA_E_AUTH},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const pagoda_error error = failure(c.http, c.body);
      CHECK(error.status == c.status);
      CHECK(error.retry == c.retry);
      CHECK(error.http_status == c.http);
      CHECK(error.message[0] != '\0');
    }
  }
  CHECK(std::string(failure(401, errorBody("authentication_error", "bad key sk-ant-123")).message)
            .find("sk-ant") == std::string::npos);
}

TEST_CASE("a limit that is used up tells how long to wait", "[anthropic][failure]") {
  const std::string body = errorBody("rate_limit_error", "x");
  CHECK(failure(429, body).retry_after_ms == -1);
  std::map<std::string, std::string> headers = {
      {"date", "Wed, 25 Nov 2026 06:00:00 GMT"},
      {"anthropic-ratelimit-requests-remaining", "40"},
      {"anthropic-ratelimit-requests-reset", "2026-11-25T09:00:00Z"},
      {"anthropic-ratelimit-input-tokens-remaining", "0"},
      {"anthropic-ratelimit-input-tokens-reset", "2026-11-25T06:00:42Z"}};
  CHECK(failure(429, body, headers).retry_after_ms == 42'000);
  headers["anthropic-ratelimit-input-tokens-reset"] = "soon";
  CHECK(failure(429, body, headers).retry_after_ms == -1);
  headers["x-should-retry"] = "false";
  CHECK(failure(429, body, headers).retry == PAGODA_RETRY_NEXT);
}
