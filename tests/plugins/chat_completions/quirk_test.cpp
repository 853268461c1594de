// What servers with rules of their own are sent, by their row in the table of quirks.
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "chat_completions/messages.h"
#include "chat_completions/quirks.h"
#include "tests/plugins/support/fake_host.h"

using namespace test;

namespace {

Request with(const std::string& settings, std::string raw, std::string model = "M") {
  Request request;
  request.config = R"({"base_url":"https://api.example.com/v1",)" + settings + "}";
  request.rawJson = std::move(raw);
  request.model = std::move(model);
  return request;
}

std::string bodyOf(const Request& request) {
  return run(request, {{"[]", {}}}, PAGODA_FRAMING_WHOLE).body;
}

const std::string kTools =
    R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}])";
const std::string kHello = R"("messages":[{"role":"user","content":"x"}])";

}  // namespace

TEST_CASE("each server is sent what it takes", "[chat_completions][quirks]") {
  const struct {
    const char* name;
    const char* settings;
    std::string raw;
    std::string expected;
    const char* model = "M";
  } cases[] = {
      {"Mistral: any, random_seed, no foreign members", R"("quirks":"mistral")",
       R"({"model":"m",)" + kHello + R"(,"seed":1,"logprobs":true,)" + kTools +
           R"(,"tool_choice":"required","user":"u"})",
       R"({"model":"M",)" + kHello + "," + kTools + R"(,"tool_choice":"any","random_seed":1})"},
      {"Mistral: a named tool as OpenAI names it", R"("quirks":"mistral")",
       R"({"model":"m",)" + kHello + "," + kTools +
           R"(,"tool_choice":{"type":"function","function":{"name":"b"}}})",
       R"({"model":"M",)" + kHello + "," + kTools +
           R"(,"tool_choice":{"type":"function","function":{"name":"b"}}})"},
      {"Mistral: ids of nine letters, alike in call and result", R"("quirks":"mistral")",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,"id":"abc","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc","content":"1"}]})",
       R"({"model":"M","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"ID","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"ID","content":"1"}]})"},
      {"Mistral: its own ids stay", R"("quirks":"mistral")",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"id":"Ab3dE6gH9","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"Ab3dE6gH9","content":"1"}]})",
       R"({"model":"M","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"id":"Ab3dE6gH9","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"Ab3dE6gH9","content":"1"}]})"},
      {"Mistral: an answer that is begun is a prefix", R"("quirks":"mistral")",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{"}]})",
       R"({"model":"M","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{","prefix":true}]})"},
      {"Groq: no names, reasoning by its short name", R"("quirks":"groq")",
       R"({"model":"m","messages":[{"role":"user","name":"n","content":"x"},{"role":"assistant","content":"y","reasoning_content":"z"},{"role":"user","content":"w"}],"logprobs":true,"logit_bias":{}})",
       R"({"model":"M","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning":"z"},{"role":"user","content":"w"}]})"},
      {"xAI: what its reasoning models refuse", R"("quirks":"xai")",
       R"({"model":"m",)" + kHello + R"(,"stop":["a"],"presence_penalty":1})",
       R"({"model":"grok-4-fast",)" + kHello + "}", "grok-4-fast"},
      {"xAI: others take it", R"("quirks":"xai")",
       R"({"model":"m",)" + kHello + R"(,"stop":["a"]})",
       R"({"model":"grok-4-fast-non-reasoning",)" + kHello + R"(,"stop":["a"]})",
       "grok-4-fast-non-reasoning"},
      {"DeepSeek: reasoning goes back for turns with tool calls only", R"("quirks":"deepseek")",
       R"({"model":"m","messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2","reasoning_content":"r2"},{"role":"user","content":"3"},{"role":"assistant","content":"","reasoning_content":"r4","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"5"},{"role":"assistant","content":"6","reasoning_content":"r6"}]})",
       R"({"model":"M","messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2"},{"role":"user","content":"3"},{"role":"assistant","content":"","reasoning_content":"r4","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"5"},{"role":"assistant","content":"6","reasoning_content":"r6"}]})"},
      {"Perplexity: by turns, texts joined",
       R"("quirks":"perplexity")", R"({"model":"m","messages":[{"role":"developer","content":"s"},{"role":"user","content":"1"},{"role":"user","content":"2\n"},{"role":"assistant","content":"3"},{"role":"user","content":"4"},{"role":"user","content":[{"type":"text","text":"5"}]},{"role":"user","content":"6"}]})", R"({"model":"M","messages":[{"role":"system","content":"s"},{"role":"user","content":"1\n\n2\n"},{"role":"assistant","content":"3"},{"role":"user","content":[{"type":"text","text":"4"},{"type":"text","text":"5"},{"type":"text","text":"6"}]}]})"},
      {"LM Studio: a named tool is the only one", R"("quirks":"lmstudio")",
       R"({"model":"m",)" + kHello + "," + kTools +
           R"(,"tool_choice":{"type":"function","function":{"name":"b"}}})",
       R"({"model":"M",)" + kHello +
           R"(,"tools":[{"type":"function","function":{"name":"b"}}],"tool_choice":"required"})"},
      {"an explicit setting wins over the row",
       R"("quirks":"mistral","tool_choice_form":"openai","rename":{},"drop":["n"],"message_order":"keep")",
       R"({"model":"m","messages":[{"role":"assistant","content":"x"}],"seed":1,"n":1,)" + kTools +
           R"(,"tool_choice":"required"})",
       R"({"model":"M","messages":[{"role":"assistant","content":"x"}],"seed":1,)" + kTools +
           R"(,"tool_choice":"required"})"},
      {"the operator's members win over the client's, the client's others stay",
       R"("quirks":"none","body":{"provider":{"only":["x"]},"top_k":3,"model":"evil"})",
       R"({"model":"m",)" + kHello + R"(,"provider":{"only":["y"],"sort":"price"},"top_k":9})",
       R"({"model":"M",)" + kHello + R"(,"provider":{"sort":"price","only":["x"]},"top_k":3})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      std::string expected = c.expected;
      const std::string id = pagoda::chat_completions::nineLetters("abc");
      for (std::size_t at; (at = expected.find("\"ID\"")) != std::string::npos;)
        expected.replace(at, 4, "\"" + id + "\"");
      CHECK(bodyOf(with(c.settings, c.raw, c.model)) == expected);
    }
  }
}

TEST_CASE("a server is known by its host or its port", "[chat_completions][quirks]") {
  const struct {
    const char* url;
    const char* quirks;
  } cases[] = {
      {"https://api.mistral.ai/v1", "mistral"},
      {"https://codestral.mistral.ai/v1", "mistral"},
      {"https://notmistral.ai/v1", ""},
      {"https://api.groq.com/openai/v1", "groq"},
      {"https://API.X.AI/v1", "xai"},
      {"https://proxy.example/api.x.ai/v1", ""},
      {"http://127.0.0.1:11434/v1", "ollama"},
      {"http://[::1]:11434/v1", "ollama"},
      {"http://127.0.0.1:1234/v1", "lmstudio"},
      {"http://127.0.0.1:8000/v1", ""},
      {"https://x.openai.azure.com/openai/v1", "azure"},
  };
  for (const auto& c : cases) {
    pagoda::chat_completions::Settings settings;
    pagoda::chat_completions::applyKnownHost(c.url, settings);
    INFO(c.url);
    CHECK(settings.quirks == c.quirks);
  }
}

TEST_CASE("a row that is not there is refused with the names of those that are",
          "[chat_completions][quirks]") {
  const auto [status, message] = configure(R"({"base_url":"https://a.b/v1","quirks":"gorq"})");
  CHECK(status == PAGODA_E_CONFIG);
  CHECK(message.find("groq") != std::string::npos);
  CHECK(configure(R"({"base_url":"https://a.b/v1","quirks":"none"})").first == PAGODA_OK);
  CHECK(configure(R"({"base_url":"https://a.b/v1","api":"smoke"})").first == PAGODA_E_CONFIG);
  CHECK(configure(R"({"base_url":"https://a.b/v1","body":[]})").first == PAGODA_E_CONFIG);
}

TEST_CASE("nine letters tell ids apart and name the same id alike", "[chat_completions][quirks]") {
  using pagoda::chat_completions::nineLetters;
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) {
    const std::string id = "call_" + std::to_string(i);
    const std::string made = nineLetters(id);
    REQUIRE(made.size() == 9);
    REQUIRE(
        made.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
        std::string::npos);
    REQUIRE(nineLetters(id) == made);
    REQUIRE(nineLetters(made) == made);
    seen.insert(made);
  }
  CHECK(seen.size() == 5000);
}
