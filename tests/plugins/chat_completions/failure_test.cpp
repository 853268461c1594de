// Refusals: the same status for the same cause, whatever the dialect of the error body.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/fake_host.h"

using namespace test;

TEST_CASE("a refusal's cause is read from its body before its status",
          "[chat_completions][failure]") {
  const struct {
    const char* name;
    int http;
    const char* body;
    pagoda_status status;
    const char* code;
    pagoda_retry retry = PAGODA_RETRY_DEFAULT;
  } cases[] = {
      {"OpenAI quota", 429,
       R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})",
       PAGODA_E_QUOTA, "insufficient_quota"},
      {"OpenAI rate", 429,
       R"({"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}})",
       PAGODA_E_RATE_LIMIT, "rate_limit_exceeded"},
      {"OpenAI, above the tier", 429,
       R"({"error":{"message":"Request too large for gpt-4o","type":"tokens","code":"rate_limit_exceeded"}})",
       PAGODA_E_RATE_LIMIT, "rate_limit_exceeded", PAGODA_RETRY_NEXT},
      {"Groq, above the tier", 413,
       R"({"error":{"message":"Request too large for model","type":"tokens","code":"rate_limit_exceeded"}})",
       PAGODA_E_RATE_LIMIT, "rate_limit_exceeded", PAGODA_RETRY_NEXT},
      {"plain 413", 413, "<html>", PAGODA_E_TOO_LARGE, ""},
      {"Gemini's compatible mode sends an array", 429,
       R"([{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}])",
       PAGODA_E_RATE_LIMIT, "RESOURCE_EXHAUSTED"},
      {"Gemini key", 400,
       R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}])",
       PAGODA_E_AUTH, "INVALID_ARGUMENT"},
      {"xAI key", 400,
       R"({"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***."})",
       PAGODA_E_AUTH, "Client specified an invalid argument"},
      {"Mistral key", 401, R"({"detail":"Invalid API Key"})", PAGODA_E_AUTH, ""},
      {"Mistral fields", 422,
       R"({"detail":[{"loc":["body","x"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]})",
       PAGODA_E_INVALID_REQUEST, "extra_forbidden"},
      {"Mistral nested", 422,
       R"({"object":"error","message":{"detail":[{"msg":"bad"}]},"type":"invalid_request_error"})",
       PAGODA_E_INVALID_REQUEST, "invalid_request_error"},
      {"Azure filter", 400,
       R"({"error":{"message":"The response was filtered","code":"content_filter","status":400}})",
       PAGODA_E_CONTENT_FILTER, "content_filter"},
      {"Azure deployment", 404,
       R"({"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist"}})",
       PAGODA_E_MODEL_NOT_FOUND, "DeploymentNotFound"},
      {"OpenAI model", 404,
       R"({"error":{"message":"The model `x` does not exist","code":"model_not_found"}})",
       PAGODA_E_MODEL_NOT_FOUND, "model_not_found"},
      {"Ollama model", 404,
       R"({"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","code":null}})",
       PAGODA_E_MODEL_NOT_FOUND, "api_error"},
      {"vLLM model", 404,
       R"({"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404})",
       PAGODA_E_MODEL_NOT_FOUND, "NotFoundError"},
      {"a wrong path", 404, "404 page not found", PAGODA_E_INVALID_REQUEST, "", PAGODA_RETRY_NEXT},
      {"OpenRouter context", 400,
       R"({"error":{"message":"This endpoint's maximum context length is 200000 tokens.","code":400}})",
       PAGODA_E_CONTEXT_LENGTH, ""},
      {"OpenRouter upstream", 400,
       R"({"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"prompt is too long\"}}"}}})",
       PAGODA_E_CONTEXT_LENGTH, ""},
      {"OpenRouter moderation", 403,
       R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"]}}})",
       PAGODA_E_CONTENT_FILTER, ""},
      {"OpenRouter credits", 402,
       R"({"error":{"code":402,"message":"This request requires more credits"}})", PAGODA_E_QUOTA,
       ""},
      {"OpenRouter unknown model", 400,
       R"({"error":{"code":400,"message":"foo/bar is not a valid model ID"}})",
       PAGODA_E_MODEL_NOT_FOUND, ""},
      {"DeepSeek balance", 402,
       R"({"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}})",
       PAGODA_E_QUOTA, "invalid_request_error"},
      {"DashScope filter", 400,
       R"({"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}})",
       PAGODA_E_CONTENT_FILTER, "data_inspection_failed"},
      {"DashScope arrears", 400, R"({"error":{"code":"Arrearage","message":"Access denied"}})",
       PAGODA_E_QUOTA, "Arrearage"},
      {"DashScope rate", 429,
       R"({"error":{"code":"limit_requests","message":"Requests rate limit exceeded"}})",
       PAGODA_E_RATE_LIMIT, "limit_requests"},
      {"DashScope length", 400,
       R"({"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 30720]"}})",
       PAGODA_E_CONTEXT_LENGTH, "invalid_parameter_error"},
      {"Perplexity length", 400,
       R"({"error":{"message":"The total length of all messages is too long.","type":"too_many_prompt_tokens","code":400}})",
       PAGODA_E_CONTEXT_LENGTH, "too_many_prompt_tokens"},
      {"a parameter of another model", 400,
       R"({"error":{"code":"unsupported_parameter","message":"'max_tokens' is not supported with this model"}})",
       PAGODA_E_UNSUPPORTED, "unsupported_parameter"},
      {"Groq tool call", 400,
       R"({"error":{"code":"tool_use_failed","message":"Tool call validation failed"}})",
       PAGODA_E_UNSUPPORTED, "tool_use_failed", PAGODA_RETRY_NEXT},
      {"region", 403,
       R"({"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}})",
       PAGODA_E_REGION, "unsupported_country_region_territory"},
      {"forbidden", 403, R"({"error":{"message":"no access"}})", PAGODA_E_PERMISSION, ""},
      {"overloaded", 503,
       R"({"error":{"message":"The engine is currently overloaded","type":"server_error"}})",
       PAGODA_E_OVERLOADED, "server_error"},
      {"loading", 503,
       R"({"error":{"code":503,"message":"Loading model","type":"unavailable_error"}})",
       PAGODA_E_UNAVAILABLE, "unavailable_error"},
      {"529", 529, "", PAGODA_E_OVERLOADED, ""},
      {"bad gateway", 502, "<html><h1>502 Bad Gateway</h1></html>", PAGODA_E_UNAVAILABLE, ""},
      {"gateway timeout", 504, "", PAGODA_E_TIMEOUT, ""},
      {"bad request", 400,
       R"({"error":{"message":"Invalid 'messages[3]'","code":"invalid_value","param":"messages[3]"}})",
       PAGODA_E_INVALID_REQUEST, "invalid_value"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const pagoda_error error = runFailure(c.http, c.body, PAGODA_E_INTERNAL);
      CHECK(error.status == c.status);
      CHECK(std::string(error.code) == c.code);
      CHECK(error.retry == c.retry);
      CHECK(error.http_status == c.http);
    }
  }
}

TEST_CASE("a refusal says how long to wait", "[chat_completions][failure]") {
  const auto delay = [](const char* message,
                        const std::map<std::string, std::string>& headers = {}) {
    return runFailure(429,
                      R"({"error":{"message":")" + std::string(message) +
                          R"(","code":"rate_limit_exceeded"}})",
                      PAGODA_E_RATE_LIMIT, headers)
        .retry_after_ms;
  };
  CHECK(delay("Please try again in 1.798s. Visit us") == 1798);
  CHECK(delay("Please try again in 6m0s.") == 360'000);
  CHECK(delay("Please try again in 20ms.") == 20);
  CHECK(delay("Please try again in 1h2m3.5s") == 3'723'500);
  CHECK(delay("Please try again in a while") == -1);
  CHECK(delay("Please try again in 99999999999s") == -1);
  CHECK(delay("later") == -1);
  CHECK(delay("later", {{"retry-after-ms", "250"}}) == 250);
}

TEST_CASE("a refusal's message is a sentence, never a body or a key",
          "[chat_completions][failure]") {
  const auto message = [](int status, const std::string& body) {
    return std::string(runFailure(status, body, PAGODA_E_UNAVAILABLE).message);
  };
  CHECK(message(500, "<html>secret prompt</html>") == "the upstream failed (HTTP 500)");
  CHECK(message(500, "{\"error\":{\"message\":\"cut") == "the upstream failed (HTTP 500)");
  CHECK(message(500, "{\"error\":{\"message\":\"caf\xE9\"}}") == "the upstream failed (HTTP 500)");
  CHECK(
      message(
          401,
          R"({"error":{"message":"Incorrect API key provided: sk-abc","code":"invalid_api_key"}})") ==
      "the upstream rejected the API key (HTTP 401)");
  CHECK(message(400, R"({"error":{"message":"two\nlines"}})") == "two lines");
  CHECK(message(400, R"({"error":{"message":")" + std::string(5000, 'x') + R"("}})").size() == 423);
  CHECK(message(503, std::string(65536, '[')) == "the upstream failed (HTTP 503)");
}
