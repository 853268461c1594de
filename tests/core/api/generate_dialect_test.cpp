#include "core/api/generate_dialect.h"

#include "core/api/openai_dialect.h"

using namespace pagoda;
using namespace pagoda::api;

namespace {

Result<ChatRequest> read(std::string body) {
  auto document = JsonDocument::parse(std::move(body));
  if (!document) return tl::unexpected<Error>(document.error());
  return readGenerateRequest(*std::move(document));
}

}  // namespace

TEST_CASE("the seed's own request is read", "[api][generate]") {
  const auto chat = read(
      R"({"prompt":"\u30e6\u30fc\u30b6\u30fc \"API\"","task_type":"coding","preferred_tier":0,"max_tokens":64})");
  REQUIRE(chat);
  CHECK(chat->model == "auto");
  CHECK(chat->taskType == "coding");
  CHECK(chat->preferredTier == 0);
  CHECK(chat->maxOutputTokens == 64);
  REQUIRE(chat->messages.size() == 1);
  CHECK(chat->messages[0].parts[0].text ==
        "\xE3\x83\xA6\xE3\x83\xBC\xE3\x82\xB6\xE3\x83\xBC \"API\"");
}

TEST_CASE("its chat form is one that the other dialect reads alike", "[api][generate]") {
  const auto chat = read(
      R"({"stream":true,"temperature":0.70,"system":"be \"short\"","prompt":"a\nb","model":"tier1","max_tokens":5})");
  REQUIRE(chat);
  CHECK(
      chat->rawJson ==
      R"({"model":"tier1","messages":[{"role":"system","content":"be \"short\""},{"role":"user","content":"a\nb"}],"max_tokens":5,"temperature":0.70,"stream":true})");
  REQUIRE(chat->messages.size() == 2);
  CHECK(chat->messages[0].role == Role::System);
  auto document = JsonDocument::parse(std::string(chat->rawJson));
  REQUIRE(document);
  const auto again = readOpenAiRequest(*std::move(document));
  REQUIRE(again);
  CHECK(again->messages[1].parts[0].text == chat->messages[1].parts[0].text);
  CHECK(again->maxOutputTokens == chat->maxOutputTokens);
}

TEST_CASE("a wrong member of POST /generate is refused by name", "[api][generate]") {
  struct Case {
    const char* body;
    const char* param;
    const char* said;
  };
  const Case cases[] = {
      {"{}", "prompt", "missing"},
      {"[]", "", "object"},
      {R"({"prompt":""})", "prompt", "says something"},
      {R"({"prompt":"  \n"})", "prompt", "says something"},
      {R"({"prompt":null})", "prompt", "string"},
      {R"({"prompt":["x"]})", "prompt", "string"},
      {R"({"prompt":"x","task_type":"poetry"})", "task_type", "auto, coding"},
      {R"({"prompt":"x","preferred_tier":5})", "preferred_tier", "0 to 4"},
      {R"({"prompt":"x","preferred_tier":"1"})", "preferred_tier", "0 to 4"},
      {R"({"prompt":"x","max_tokens":-1})", "max_tokens", "integer"},
      {R"({"prompt":"x","model":""})", "model", "1 to 256"},
      {R"({"prompt":"x","temperature":3})", "temperature", "0 to 2"},
      {R"({"prompt":"x","stream":1})", "stream", "true or false"},
      {R"({"prompt":"x","max_token":1})", "max_token", "did you mean 'max_tokens'?"},
      {R"({"prompt":"x","preferredTier":null})", "preferredTier", "did you mean 'preferred_tier'?"},
      {R"({"prompt":"x","api_base":"http://evil.example"})", "api_base", "the members are prompt"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.body) {
      const auto chat = read(c.body);
      REQUIRE_FALSE(chat);
      CHECK(chat.error().param == c.param);
      CHECK_THAT(chat.error().message, Catch::Contains(c.said));
    }
  }
}

TEST_CASE("null members other than the prompt are absent", "[api][generate]") {
  const auto chat =
      read(R"({"prompt":"x","model":null,"max_tokens":null,"preferred_tier":null,"system":null})");
  REQUIRE(chat);
  CHECK(chat->model == "auto");
  CHECK_FALSE(chat->preferredTier);
}

TEST_CASE("the answer of POST /generate tells cost to the last digit", "[api][generate]") {
  Outcome outcome;
  outcome.model = "small";
  outcome.tier = 0;
  outcome.taskType = "coding";
  outcome.cost = Money::fromNanoUsd(38);
  AttemptRecord failed;
  failed.model = "large";
  failed.tier = 2;
  failed.failure = AttemptFailure{};
  failed.failure->kind = FailureKind::Timeout;
  AttemptRecord good;
  good.model = "small";
  good.cost = outcome.cost;
  good.total = Millis{12};
  outcome.attempts = {failed, good};
  outcome.answer.usage.prompt = 4;
  CHECK(
      writeGenerateAnswer(outcome, "req_1", "hi\n", Millis{20}) ==
      R"({"response":"hi\n","model_used":"small","tier_used":0,"task_type":"coding","cost_usd":0.000000038,)"
      R"("tokens":{"prompt":4,"completion":null,"total":null},"latency_ms":20,"attempts":[)"
      R"({"model":"large","tier":2,"ok":false,"failure":"timeout","cost_usd":0,"latency_ms":0},)"
      R"({"model":"small","tier":0,"ok":true,"failure":null,"cost_usd":0.000000038,"latency_ms":12}],)"
      R"("request_id":"req_1","finish_reason":"stop","simulated":false})");
}
