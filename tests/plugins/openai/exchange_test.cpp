// Which dialect, which address, which header; settings; embeddings.
#include <filesystem>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/openai/gpt.h"

using namespace test;

namespace {

const std::string kTools = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
const std::string kRefusal =
    R"({"error":{"message":"Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.","type":"invalid_request_error","param":"reasoning_effort","code":null}})";

bool byResponsesGoes(const Request& request) {
  return urlOf(request).find("/responses") != std::string::npos;
}

std::string azure(const std::string& base, const std::string& settings = "",
                  const std::string& model = "gpt-4o") {
  return urlOf(gpt(model, "", "", R"("base_url":")" + base + "\"" + settings));
}

}  // namespace

TEST_CASE("a request goes by the dialect that takes it", "[openai][routing]") {
  const struct {
    const char* name;
    const char* model;
    std::string members;
    bool responses;
  } cases[] = {
      {"newer models without tools", "gpt-5.4", "", false},
      {"newer models with tools", "gpt-5.4", kTools, true},
      {"of any size", "gpt-5.4-mini", kTools, true},
      {"of a later number", "gpt-6-sol", kTools, true},
      {"as OpenRouter calls them", "openai/gpt-5.5-2026-04-23", kTools, true},
      {"tuned ones", "ft:gpt-5.4:org::id", kTools, true},
      {"whatever the effort", "gpt-5.4", kTools + R"(,"reasoning_effort":"low")", true},
      {"but none", "gpt-5.4", kTools + R"(,"reasoning_effort":"none")", false},
      {"in either form", "gpt-5.4", kTools + R"(,"reasoning":{"effort":"none"})", false},
      {"older models", "gpt-5.2", kTools, false},
      {"older still", "gpt-4o", kTools, false},
      {"a model that chats", "gpt-5.4-chat-latest", kTools, false},
      {"a name that only begins alike", "gpt-50x", "", false},
      {"models of Responses alone", "gpt-5.2-pro", "", true},
      {"and of the o-series", "o3-pro-2025-06-10", "", true},
      {"and for code", "gpt-5.1-codex-mini", "", true},
      {"and for research", "o3-deep-research", "", true},
      {"a name that only sounds alike", "gpt-5.2-proo", "", false},
      {"another vendor's", "grok-4-pro", kTools, false},
      {"OpenAI's own tools", "gpt-4o", R"(,"tools":[{"type":"web_search"}])", true},
      {"members of Responses alone", "gpt-4o", R"(,"previous_response_id":"resp_1")", true},
      {"several choices", "gpt-5.4", kTools + R"(,"n":2)", false},
      {"spoken answers", "gpt-5.4", kTools + R"(,"modalities":["text","audio"])", false},
  };
  for (const auto& c : cases) {
    INFO(c.name);
    CHECK(byResponsesGoes(gpt(c.model, "", c.members)) == c.responses);
  }
  CHECK_FALSE(byResponsesGoes(gpt("gpt-5.4", "", kTools, R"("api":"chat")")));
  CHECK(byResponsesGoes(gpt("gpt-4o", "", "", R"("api":"responses")")));
}

TEST_CASE("a refusal that names Responses is tried there at once, and remembered",
          "[openai][routing]") {
  const pagoda_error error =
      runFailure(400, kRefusal, PAGODA_E_INVALID_REQUEST, {}, gpt("my-deployment", "", kTools));
  CHECK(error.retry == PAGODA_RETRY_SAME);
  const pagoda_error fixed = runFailure(400, kRefusal, PAGODA_E_INVALID_REQUEST, {},
                                        gpt("my-deployment", "", kTools, R"("api":"chat")"));
  CHECK(fixed.retry == PAGODA_RETRY_DEFAULT);

  Session session("openai", "{}");
  const auto upstream = [](const Sent& sent) -> Response {
    if (sent.url.ends_with("/responses"))
      return {R"({"object":"response","id":"r","model":"m","status":"completed","output":[]})"};
    return {kRefusal, 400, PAGODA_E_INVALID_REQUEST};
  };
  const Request request = gpt("my-deployment", "", kTools);
  CHECK(session.ask(request, upstream).status != PAGODA_OK);
  CHECK(session.ask(request, upstream).status == PAGODA_OK);
  CHECK(session.ask(gpt("another"), upstream).status != PAGODA_OK);
  REQUIRE(session.sent().size() == 3);
  CHECK(session.sent()[0].url.ends_with("/chat/completions"));
  CHECK(session.sent()[1].url.ends_with("/responses"));
  CHECK(session.sent()[2].url.ends_with("/chat/completions"));
}

TEST_CASE("calls go to OpenAI's addresses with its headers", "[openai][exchange]") {
  CHECK(urlOf(gpt("gpt-4o")) == "https://api.openai.com/v1/chat/completions");
  CHECK(urlOf(byResponses()) == "https://api.openai.com/v1/responses");
  CHECK(urlOf(gpt("gpt-4o", "", "", R"("base_url":"https://h/v1/chat/completions?a=b")")) ==
        "https://h/v1/chat/completions?a=b");
  CHECK(urlOf(byResponses("m", "", "", R"("base_url":"https://h/v1/chat/completions/?a=b")")) ==
        "https://h/v1/responses?a=b");
  Request request = byResponses();
  request.endpoint = "https://eu.api.openai.com/v1/";
  CHECK(urlOf(request) == "https://eu.api.openai.com/v1/responses");
  for (const Request& asked :
       {gpt("gpt-4o", "", "", R"("organization":"org-1","project":"proj_1")"),
        byResponses("gpt-4o", "", "", R"("organization":"org-1","project":"proj_1")")}) {
    const Exchange seen = runWhole(asked, "");
    CHECK(seen.headers.at("authorization") == "Bearer <api_key>");
    CHECK(seen.headers.at("openai-organization") == "org-1");
    CHECK(seen.headers.at("openai-project") == "proj_1");
  }
  Request stream = byResponses();
  stream.stream = true;
  CHECK(run(stream, {{"", {}}}, PAGODA_FRAMING_SSE).framing == PAGODA_FRAMING_SSE);
  CHECK(bodyOf(stream).find(R"("stream":true)") != std::string::npos);
}

TEST_CASE("members of answers that chat completions refuses are not sent back to it",
          "[openai][exchange]") {
  CHECK(
      bodyOf(gpt(
          "gpt-4o",
          R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","output_items":[{"type":"web_search_call"}],"reasoning_content":"t","reasoning_details":[],"phase":"final_answer"},{"role":"user","content":"v"}])")) ==
      R"({"model":"gpt-4o","messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"user","content":"v"}]})");
}

TEST_CASE("Azure's addresses have deployments, a version, or neither", "[openai][azure]") {
  const std::string host = "https://n.openai.azure.com";
  const std::string dated = R"(,"api_version":"2025-04-01-preview")";
  const std::string responses = R"(,"api":"responses")";
  const struct {
    std::string base, settings, url;
  } cases[] = {
      {host, "", host + "/openai/v1/chat/completions"},
      {host + "/", responses, host + "/openai/v1/responses"},
      {host + "/openai", "", host + "/openai/v1/chat/completions"},
      {host + "/openai/v1/", "", host + "/openai/v1/chat/completions"},
      {host + "/openai/v1", R"(,"api_version":"preview")",
       host + "/openai/v1/chat/completions?api-version=preview"},
      {host, dated,
       host + "/openai/deployments/gpt-4o/chat/completions?api-version=2025-04-01-preview"},
      {host, dated + responses, host + "/openai/responses?api-version=2025-04-01-preview"},
      {host + "/openai/deployments/mine", "",
       host + "/openai/deployments/mine/chat/completions?api-version=2024-10-21"},
      {host + "/openai/deployments/mine/chat/completions?api-version=2024-02-01", "",
       host + "/openai/deployments/mine/chat/completions?api-version=2024-02-01"},
      {host + "/openai/deployments/mine", dated + responses,
       host + "/openai/responses?api-version=2025-04-01-preview"},
      {"https://n.services.ai.azure.com/models?api-version=2024-05-01-preview", "",
       "https://n.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview"},
      {"https://proxy.example/azure", R"(,"quirks":"azure")",
       "https://proxy.example/azure/openai/v1/chat/completions"},
  };
  for (const auto& c : cases) {
    INFO(c.base << c.settings);
    CHECK(azure(c.base, c.settings) == c.url);
  }
  // A wildcard route takes any name: it must not lead to another place.
  CHECK(azure(host, dated, "../x?y#z").starts_with(host + "/openai/deployments/..%2Fx%3Fy%23z/"));
}

TEST_CASE("Azure's key goes into its own header", "[openai][azure]") {
  const std::string base = R"("base_url":"https://n.cognitiveservices.azure.com")";
  for (const Request& request : {gpt("d", "", "", base), byResponses("d", "", "", base)}) {
    const Exchange seen = runWhole(request, "");
    CHECK(seen.headers.at("api-key") == "<api_key>");
    CHECK(seen.headers.count("authorization") == 0);
  }
  const Exchange entra = runWhole(gpt("d", "", "", base + R"(,"auth_header":"authorization")"), "");
  CHECK(entra.headers.at("authorization") == "Bearer <api_key>");
  CHECK(entra.headers.count("api-key") == 0);
}

TEST_CASE("OpenAI and Azure embed", "[openai][embeddings]") {
  Request request = gpt("text-embedding-3-small");
  request.rawJson = R"({"model":"asked","input":["a"],"encoding_format":"float"})";
  request.embeds = true;
  const Recording recording = readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) /
                                            "tests/golden/openai/embeddings.json");
  const Exchange failed = runWhole(request, "{}");
  CHECK(failed.status == PAGODA_E_PROTOCOL);
  CHECK(failed.url == "https://api.openai.com/v1/embeddings");
  request.rawJson = R"({"model":"asked","input":["a","b"]})";
  const Exchange seen = runWhole(request, recording.body);
  INFO(seen.error.message);
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.vectors.size() == 2);
  request.config = R"({"base_url":"https://n.openai.azure.com","api_version":"2024-10-21"})";
  CHECK(runWhole(request, "{}").url ==
        "https://n.openai.azure.com/openai/deployments/text-embedding-3-small/embeddings"
        "?api-version=2024-10-21");
  request.config = R"({"base_url":"https://n.openai.azure.com/openai/v1"})";
  CHECK(runWhole(request, "{}").url == "https://n.openai.azure.com/openai/v1/embeddings");
}

TEST_CASE("settings of OpenAI that are wrong are named", "[openai][settings]") {
  const struct {
    const char* config;
    const char* names;
  } cases[] = {
      {R"({"base_url":"example.com"})", "base_url"},
      {R"({"api":"both"})", "api"},
      {R"({"quirks":"groq"})", "quirks"},
      {R"({"api_version":"a b"})", "api_version"},
      {R"({"api_version":5})", "api_version"},
      {R"({"store":"yes"})", "store"},
      {R"({"reasoning_summary":"long"})", "reasoning_summary"},
      {R"({"organization":""})", "organization"},
      {R"({"project":"a\nb"})", "project"},
      {R"({"headers":{"a":1}})", "headers"},
      {"{", "JSON"},
  };
  for (const auto& c : cases) {
    INFO(c.config);
    const auto [status, message] = configure(c.config, "openai");
    CHECK(status == PAGODA_E_CONFIG);
    CHECK(message.find(c.names) != std::string::npos);
  }
  CHECK(configure("{}", "openai").first == PAGODA_OK);
  CHECK(selfTest(gpt()) == PAGODA_OK);
}

TEST_CASE("limits that waiting does not lift are not waited for", "[openai][failure]") {
  const std::string rate =
      R"({"error":{"message":"Rate limit reached. Please try again in 6m0s.","type":"requests","code":"rate_limit_exceeded"}})";
  CHECK(runFailure(429, rate, PAGODA_E_RATE_LIMIT, {}, gpt()).retry_after_ms == 360'000);
  CHECK(runFailure(429, rate, PAGODA_E_RATE_LIMIT, {{"retry-after-ms", "120"}}, gpt())
            .retry_after_ms == 120);
  CHECK(runFailure(429, rate, PAGODA_E_RATE_LIMIT, {{"x-should-retry", "false"}}, gpt()).retry ==
        PAGODA_RETRY_NEXT);
  CHECK(
      runFailure(
          429,
          R"({"error":{"code":"429","message":"Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 6 seconds."}})",
          PAGODA_E_RATE_LIMIT, {}, gpt())
          .retry_after_ms == 6'000);
  CHECK(
      runFailure(
          400,
          R"({"error":{"code":null,"message":"no","innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
          PAGODA_E_INVALID_REQUEST, {}, gpt())
          .status == PAGODA_E_CONTENT_FILTER);
  CHECK(
      runFailure(
          400,
          R"({"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work with the specified model, d."}})",
          PAGODA_E_INVALID_REQUEST, {}, gpt("d"))
          .retry == PAGODA_RETRY_SAME);
  CHECK(runFailure(400, R"({"error":{"message":"x","code":"invalid_image_url"}})",
                   PAGODA_E_UNAVAILABLE, {}, byResponses())
            .status == PAGODA_E_INVALID_REQUEST);
}
