// What OpenRouter adds to OpenAI's dialect.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

Request openrouter(const std::string& settings = "", std::string raw = Request{}.rawJson) {
  Request request;
  request.type = "openrouter";
  request.config = "{" + settings + "}";
  request.rawJson = std::move(raw);
  request.model = "anthropic/claude-sonnet-4.5";
  return request;
}

Recording golden(const std::string& name) {
  return readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/openrouter" / name);
}

const std::string kStart =
    R"({"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"user","content":"x"}])";

std::string raw(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"x"}])" + members + "}";
}

}  // namespace

TEST_CASE("the operator's preferences win over the client's", "[openrouter][request]") {
  const std::string usage = R"(,"usage":{"include":true}})";
  const struct {
    const char* name;
    const char* settings;
    std::string raw;
    std::string expected;
  } cases[] = {
      {"the cost is asked for", "", raw(""), kStart + usage},
      {"a client cannot do without it", "", raw(R"(,"usage":{"include":false})"), kStart + usage},
      {"preferences are merged",
       R"("provider":{"data_collection":"deny","max_price":{"prompt":1}})",
       raw(R"(,"provider":{"order":["a"],"data_collection":"allow"})"),
       kStart + R"(,"provider":{"order":["a"],"data_collection":"deny","max_price":{"prompt":1}})" +
           usage},
      {"or stand alone", R"("provider":{"only":["a"]},"plugins":[])", raw(""),
       kStart + R"(,"usage":{"include":true},"provider":{"only":["a"]},"plugins":[]})"},
      {"another model's price is not the client's to choose", "",
       raw(R"(,"models":["dear/model"],"route":"fallback")"), kStart + usage},
      {"what the model thought goes back as it came", "",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning_details":[{"type":"reasoning.encrypted","data":"z","id":"r"}]},{"role":"user","content":"w"}]})",
       R"({"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning_details":[{"type":"reasoning.encrypted","data":"z","id":"r"}]},{"role":"user","content":"w"}])" +
           usage},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = run(openrouter(c.settings, c.raw), {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
      CHECK(seen.body == c.expected);
      CHECK(seen.url == "https://openrouter.ai/api/v1/chat/completions");
    }
  }
}

TEST_CASE("the application is named by headers", "[openrouter][settings]") {
  const Exchange seen = run(openrouter(R"("referer":"https://p.example","title":"Pagoda")"),
                            {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
  CHECK(seen.headers.at("http-referer") == "https://p.example");
  CHECK(seen.headers.at("x-title") == "Pagoda");
  CHECK(seen.headers.at("authorization") == "Bearer <api_key>");
  CHECK(configure(R"({"title":"a\nb: c"})", "openrouter").first == PAGODA_E_CONFIG);
  CHECK(configure(R"({"provider":[]})", "openrouter").first == PAGODA_E_CONFIG);
  CHECK(configure(R"({"plugins":{}})", "openrouter").first == PAGODA_E_CONFIG);
}

TEST_CASE("OpenRouter's recorded answers read as they were recorded", "[openrouter][golden]") {
  for (const char* name :
       {"stream_tools.json", "whole_reasoning_details.json", "whole_cached.json"}) {
    const Recording recording = golden(name);
    INFO(name);
    const Exchange seen = play(recording, false, openrouter());
    CHECK(seen.status == PAGODA_OK);
    CHECK(difference(seen, readExpected(recording)) == "");
  }
  const Exchange thought = play(golden("whole_reasoning_details.json"), false, openrouter());
  CHECK(thought.usage->cost_nusd == 924'000);
  CHECK(thought.extraAt(PAGODA_EXTRA_MESSAGE).find("reasoning_details") != std::string::npos);
  CHECK(thought.extraAt(PAGODA_EXTRA_ANSWER).find("Amazon Bedrock") != std::string::npos);
}

TEST_CASE("errors inside a 200 are errors, before and after the first text",
          "[openrouter][failure][golden]") {
  const Exchange broken = play(golden("stream_error.json"), false, openrouter());
  CHECK(broken.status < 0);
  CHECK(broken.fault == "");
  CHECK(broken.choices.count(0) == 1);
  CHECK(broken.choices.at(0).finish == "");
  const struct {
    const char* body;
    pagoda_status status;
  } cases[] = {
      {R"({"error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"X","raw":"rate-limited upstream"}},"user_id":"u"})",
       PAGODA_E_RATE_LIMIT},
      {R"({"error":{"code":402,"message":"This request requires more credits, or fewer max_tokens."}})",
       PAGODA_E_QUOTA},
      {R"({"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}"}}})",
       PAGODA_E_CONTEXT_LENGTH},
      {R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}})",
       PAGODA_E_CONTENT_FILTER},
      {R"({"error":{"code":502,"message":"Provider returned error"}})", PAGODA_E_UNAVAILABLE},
      {R"({"id":"g","choices":[{"index":0,"error":{"code":503,"message":"overloaded"},"message":{"content":""},"finish_reason":"error"}]})",
       PAGODA_E_OVERLOADED},
  };
  for (const auto& c : cases) {
    INFO(c.body);
    CHECK(runWhole(openrouter(), c.body).status == c.status);
  }
  const Recording context = golden("error_400_context.json");
  CHECK(runFailure(context.status, context.body, PAGODA_E_INTERNAL, {}, openrouter()).status ==
        PAGODA_E_CONTEXT_LENGTH);
}

TEST_CASE("OpenRouter's embeddings state their cost", "[openrouter][embeddings]") {
  Request request = openrouter("", R"({"model":"m","input":"a"})");
  request.embeds = true;
  const Exchange seen = runWhole(
      request,
      R"({"object":"list","data":[{"object":"embedding","embedding":[1],"index":0}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7,"cost":1.4e-7},"provider":"OpenAI"})");
  CHECK(seen.url == "https://openrouter.ai/api/v1/embeddings");
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.usage->cost_nusd == 140);
}

TEST_CASE("every recorded exchange of OpenRouter reads as it was recorded",
          "[openrouter][shared]") {
  const std::filesystem::path root =
      std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures/openrouter";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int answers = 0;
  for (const auto& file : filesIn(root)) {
    const Recording recording = readRecording(file);
    if (recording.endpoint != "chat.completions" || recording.status >= 300) continue;
    const Expected expected = readExpected(recording);
    INFO(recording.file);
    for (const bool lastAlone : {false, true}) {
      const Exchange seen = play(recording, lastAlone, openrouter());
      CHECK((seen.status != PAGODA_OK) == expected.error);
      if (!expected.error) CHECK(difference(seen, expected) == "");
    }
    ++answers;
  }
  CHECK(answers >= 117);
}

TEST_CASE("the built-in answers of openrouter are understood", "[openrouter]") {
  CHECK(selfTest(openrouter()) == PAGODA_OK);
}
