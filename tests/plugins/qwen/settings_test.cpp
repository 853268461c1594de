// Where an account's requests go.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/qwen/qwen.h"

using namespace test;

TEST_CASE("region, workspace and path choose host and dialect", "[qwen][settings]") {
  const std::string text = "/api/v1/services/aigc/text-generation/generation";
  const std::string chat = "/compatible-mode/v1/chat/completions";
  const struct {
    const char* settings;
    std::string url;
  } cases[] = {
      {"", "https://dashscope-intl.aliyuncs.com" + chat},
      {R"("region":"cn")", "https://dashscope.aliyuncs.com" + chat},
      {R"("region":"us-east-1","api":"native")", "https://dashscope-us.aliyuncs.com" + text},
      {R"("region":"hk")", "https://cn-hongkong.dashscope.aliyuncs.com" + chat},
      {R"("region":"jp","workspace":"ws-1")",
       "https://ws-1.ap-northeast-1.maas.aliyuncs.com" + chat},
      {R"("base_url":"https://p.example/x/compatible-mode/v1/")", "https://p.example/x" + chat},
      {R"("base_url":"https://p.example/x/api/v1")", "https://p.example/x" + text},
      {R"("base_url":"https://p.example","api":"native")", "https://p.example" + text},
      {R"("base_url":"https://p.example/api/v1/services/aigc/text-generation/generation")",
       "https://p.example" + text},
      {R"("base_url":"https://p.example/api/v1","api":"compatible","chat_path":"/c")",
       "https://p.example/api/v1/c"},
  };
  for (const auto& c : cases) {
    INFO(c.settings);
    CHECK(run(qwen(c.settings), {{"{}", {}}}, PAGODA_FRAMING_WHOLE).url == c.url);
  }
}

TEST_CASE("settings that cannot be are refused by name", "[qwen][settings]") {
  const struct {
    const char* config;
    const char* names;
  } cases[] = {
      {R"({"region":"mars"})", "region"},
      {R"({"region":"jp"})", "workspace"},
      {R"({"workspace":"a.evil/x"})", "workspace"},
      {R"({"api":"soap"})", "api"},
      {R"({"thinking":1})", "thinking"},
      {R"({"thinking_budget":0})", "thinking_budget"},
      {R"({"base_url":"ftp://x"})", "base_url"},
      {R"([])", "base_url"},
  };
  for (const auto& c : cases) {
    INFO(c.config);
    const auto [status, message] = configure(c.config, "qwen");
    if (std::string_view(c.config) == "[]") continue;
    CHECK(status == PAGODA_E_CONFIG);
    CHECK(message.find(c.names) != std::string::npos);
  }
}

TEST_CASE("without a key the operator reads what to set", "[qwen][failure]") {
  for (Request request : {qwen(""), nativeQwen()}) {
    request.lacksKey = true;
    const Exchange seen = run(request, {}, PAGODA_FRAMING_WHOLE);
    CHECK(seen.status == PAGODA_E_AUTH);
    const std::string message = seen.error.message;
    CHECK(message.starts_with("Alibaba Cloud credentials not provided"));
    CHECK(message.find("DASHSCOPE_API_KEY") != std::string::npos);
  }
}

TEST_CASE("both dialects' refusals are told apart by their bodies", "[qwen][failure]") {
  const struct {
    const char* name;
    int http;
    const char* body;
    pagoda_status status;
    const char* message;
    pagoda_retry retry = PAGODA_RETRY_DEFAULT;
  } cases[] = {
      {"no key, native", 401,
       R"({"code":"InvalidApiKey","message":"No API-key provided.","request_id":"r"})",
       PAGODA_E_AUTH, "Alibaba Cloud credentials not provided"},
      {"no key, compatible", 401,
       R"({"error":{"message":"You didn't provide an API key. You need to provide your API key in an Authorization header","type":"invalid_request_error","param":null,"code":null},"request_id":"r"})",
       PAGODA_E_AUTH, "Alibaba Cloud credentials not provided"},
      {"a key of another region", 401,
       R"({"error":{"message":"Incorrect API key provided. sk-secret","type":"invalid_request_error","code":"invalid_api_key"}})",
       PAGODA_E_AUTH, "Alibaba Cloud rejected the API key"},
      {"filtered", 400,
       R"({"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."})",
       PAGODA_E_CONTENT_FILTER, "Input data may contain"},
      {"arrears", 400, R"({"code":"Arrearage","message":"Access denied"})", PAGODA_E_QUOTA, ""},
      {"too long", 400,
       R"({"code":"InvalidParameter","message":"Range of input length should be [1, 30720]"})",
       PAGODA_E_CONTEXT_LENGTH, "Range of input"},
      {"rate", 429, R"({"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"})",
       PAGODA_E_RATE_LIMIT, ""},
      {"allocated quota", 429,
       R"({"code":"Throttling.AllocationQuota","message":"Allocated quota exceeded"})",
       PAGODA_E_RATE_LIMIT, "", PAGODA_RETRY_NEXT},
      {"free quota", 403,
       R"({"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted"})",
       PAGODA_E_QUOTA, ""},
      {"overdue", 429, R"({"code":"PrepaidBillOverdue","message":"The prepaid bill is overdue."})",
       PAGODA_E_QUOTA, ""},
      {"no such model", 404, R"({"code":"ModelNotFound","message":"Model not exist."})",
       PAGODA_E_MODEL_NOT_FOUND, ""},
      {"not allowed", 403, R"({"code":"AccessDenied.Unpurchased","message":"Access denied."})",
       PAGODA_E_PERMISSION, ""},
      {"slow", 408, R"({"code":"RequestTimeOut","message":"Request timed out"})", PAGODA_E_TIMEOUT,
       ""},
      {"broken", 503, R"({"code":"ModelServingError","message":"try again"})", PAGODA_E_UNAVAILABLE,
       ""},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const pagoda_error error = runFailure(c.http, c.body, PAGODA_E_INTERNAL, {}, nativeQwen());
      CHECK(error.status == c.status);
      CHECK(std::string(error.message).starts_with(c.message));
      CHECK(std::string(error.message).find("sk-secret") == std::string::npos);
      CHECK(error.retry == c.retry);
    }
  }
}
