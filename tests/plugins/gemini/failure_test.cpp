// Refusals of Google's: the cause is in the body, not in the status alone.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/gemini/gemini_recording.h"

using namespace test;

TEST_CASE("a refusal of Gemini's is read from its body before its status", "[gemini][failure]") {
  const struct {
    const char* name;
    int http;
    const char* body;
    pagoda_status status;
    const char* code;
    pagoda_retry retry = PAGODA_RETRY_DEFAULT;
    std::int64_t waitMs = -1;
  } cases[] = {
      {"a wrong key is a 400", 400,
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
       PAGODA_E_AUTH, "API_KEY_INVALID"},
      {"an expired key", 400,
       R"({"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_AUTH, "INVALID_ARGUMENT"},
      {"a token that is not valid", 401,
       R"({"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}})",
       PAGODA_E_AUTH, "UNAUTHENTICATED"},
      {"an API that is not enabled", 403,
       R"({"error":{"code":403,"message":"Generative Language API has not been used","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}})",
       PAGODA_E_PERMISSION, "SERVICE_DISABLED"},
      {"too many tokens", 400,
       R"({"error":{"code":400,"message":"The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_CONTEXT_LENGTH, "INVALID_ARGUMENT"},
      {"a region", 400,
       R"({"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}})",
       PAGODA_E_REGION, "FAILED_PRECONDITION"},
      {"no billing", 403,
       R"({"error":{"code":403,"message":"This API method requires billing to be enabled. Please enable billing on project","status":"PERMISSION_DENIED"}})",
       PAGODA_E_QUOTA, "PERMISSION_DENIED"},
      {"a minute's limit", 429,
       R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"retryDelay":"34.4s"}]}})",
       PAGODA_E_RATE_LIMIT, "RESOURCE_EXHAUSTED", PAGODA_RETRY_DEFAULT, 34400},
      {"a day's limit", 429,
       R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"7s"}]}})",
       PAGODA_E_RATE_LIMIT, "RESOURCE_EXHAUSTED", PAGODA_RETRY_NEXT, 7000},
      {"a delay in the sentence", 429,
       R"({"error":{"code":429,"message":"Quota exceeded.\nPlease retry in 48.939935699s.","status":"RESOURCE_EXHAUSTED"}})",
       PAGODA_E_RATE_LIMIT, "RESOURCE_EXHAUSTED", PAGODA_RETRY_DEFAULT, 48940},
      {"an error in an array", 429,
       R"([{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED"}}])",
       PAGODA_E_RATE_LIMIT, "RESOURCE_EXHAUSTED"},
      {"a delay beyond reason", 429,
       R"({"error":{"message":"m","details":[{"retryDelay":"1e99s"}]}})", PAGODA_E_RATE_LIMIT, ""},
      {"overloaded", 503,
       R"({"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}})",
       PAGODA_E_OVERLOADED, "UNAVAILABLE"},
      {"a fault", 500,
       R"({"error":{"code":500,"message":"An internal error","status":"INTERNAL"}})",
       PAGODA_E_UNAVAILABLE, "INTERNAL"},
      {"cancelled", 499,
       R"({"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}})",
       PAGODA_E_UNAVAILABLE, "CANCELLED"},
      {"too slow", 504,
       R"({"error":{"code":504,"message":"Deadline expired","status":"DEADLINE_EXCEEDED"}})",
       PAGODA_E_TIMEOUT, "DEADLINE_EXCEEDED"},
      {"an unknown model", 404,
       R"({"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}})",
       PAGODA_E_MODEL_NOT_FOUND, "NOT_FOUND"},
      {"an unknown cache", 404,
       R"({"error":{"code":404,"message":"Not found: cache content metadata 8754.","status":"NOT_FOUND"}})",
       PAGODA_E_INVALID_REQUEST, "NOT_FOUND", PAGODA_RETRY_NEXT},
      {"a wrong path", 404, "<html>", PAGODA_E_INVALID_REQUEST, "", PAGODA_RETRY_NEXT},
      {"a missing signature", 400,
       R"({"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts.","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_UNSUPPORTED, "INVALID_ARGUMENT", PAGODA_RETRY_NEXT},
      {"what a model lacks", 400,
       R"({"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-3","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_UNSUPPORTED, "INVALID_ARGUMENT", PAGODA_RETRY_NEXT},
      {"too large a body", 400,
       R"({"error":{"code":400,"message":"Request payload size exceeds the limit: 20971520 bytes.","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_TOO_LARGE, "INVALID_ARGUMENT"},
      {"a bad request", 400,
       R"({"error":{"code":400,"message":"Please use a valid role: user, model.","status":"INVALID_ARGUMENT"}})",
       PAGODA_E_INVALID_REQUEST, "INVALID_ARGUMENT"},
      {"a page of a proxy", 502, "<html><h1>502</h1></html>", PAGODA_E_UNAVAILABLE, ""},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const pagoda_error error = runFailure(c.http, c.body, PAGODA_E_INTERNAL, {}, geminiRequest());
      CHECK(error.status == c.status);
      CHECK(std::string(error.code) == c.code);
      CHECK(error.retry == c.retry);
      CHECK(error.http_status == c.http);
      CHECK(error.retry_after_ms == c.waitMs);
    }
  }
}

TEST_CASE("a refusal's message of Gemini's is a sentence, never a body or a key",
          "[gemini][failure]") {
  const auto message = [](int status, const std::string& body) {
    return std::string(runFailure(status, body, PAGODA_E_UNAVAILABLE, {}, geminiRequest()).message);
  };
  CHECK(message(500, "<html>secret prompt</html>") == "the upstream failed (HTTP 500)");
  CHECK(message(400, R"({"error":{"message":"API key not valid: AIza-secret"}})") ==
        "the upstream rejected the API key (HTTP 400)");
  CHECK(message(500, R"("")") == "the upstream failed (HTTP 500)");
  CHECK(message(500, R"({"error":"of a proxy"})") == "of a proxy");
  CHECK(message(400, R"({"error":{"message":"two\nlines"}})") == "two lines");
  CHECK(message(503, std::string(65536, '[')) == "the upstream is overloaded (HTTP 503)");
  CHECK(message(500, "{\"error\":{\"message\":\"caf\xE9\"}}") == "the upstream failed (HTTP 500)");
}

TEST_CASE("an error inside a 200 is the upstream's own", "[gemini][failure]") {
  const std::string error =
      R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})";
  const Exchange first = runStream(geminiRequest(), {error});
  CHECK(first.status == PAGODA_E_OVERLOADED);
  CHECK(first.error.http_status == 503);
  CHECK_FALSE(first.started);
  const Exchange later = runStream(
      geminiRequest(),
      {R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})",
       R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"2s"}]}})"});
  CHECK(later.status == PAGODA_E_RATE_LIMIT);
  CHECK(later.error.retry_after_ms == 2000);
  CHECK(later.choices.at(0).reason == -1);
  CHECK(runWhole(geminiRequest(), "[" + error + "]").status == PAGODA_E_OVERLOADED);
  CHECK(runWhole(geminiRequest(), R"({"error":{"message":"m"}})").status == PAGODA_E_UNAVAILABLE);
}
