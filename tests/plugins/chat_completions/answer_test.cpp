// Quirks of servers that speak this dialect, one case each.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "core/base/ids.h"
#include "tests/plugins/support/fake_host.h"

using namespace test;

namespace {

std::string delta(const std::string& members, const std::string& finish = "null") {
  return R"({"id":"c1","model":"m1","choices":[{"index":0,"delta":{)" + members +
         R"(},"finish_reason":)" + finish + "}]}";
}

std::string whole(const std::string& message, const std::string& rest = "") {
  return R"({"id":"c1","model":"m1","choices":[{"index":0,"message":{)" + message +
         R"(},"finish_reason":"stop"}])" + rest + "}";
}

}  // namespace

TEST_CASE("a stream's pieces come together", "[chat_completions][answer]") {
  const Exchange seen = runStream(
      {},
      {delta(R"("role":"assistant","content":"")"), delta(R"("content":"Hel")"),
       delta(R"("content":"lo \u65e5\ud83d\ude00")"), delta("", "\"stop\""),
       R"({"id":"c1","model":"m1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}})",
       "[DONE]"});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.id == "c1");
  CHECK(seen.model == "m1");
  CHECK(seen.choices.at(0).text == "Hello 日\U0001F600");
  CHECK(seen.choices.at(0).finish == "stop");
  CHECK(seen.choices.at(0).reason == PAGODA_FINISH_STOP);
  REQUIRE(seen.usage);
  CHECK(seen.usage->input_tokens == 3);
  CHECK(seen.usage->output_tokens == 2);
  CHECK(seen.usage->cache_read_tokens == -1);
}

TEST_CASE("a stream's end has many forms", "[chat_completions][answer]") {
  const std::string text = delta(R"("content":"a")");
  const std::string stop = delta("", "\"stop\"");
  const struct {
    const char* name;
    std::vector<std::string> chunks;
    pagoda_status status;
  } cases[] = {
      {"as documented", {text, stop, "[DONE]"}, PAGODA_OK},
      {"spaces after the mark", {text, stop, " [DONE]  "}, PAGODA_OK},
      {"no mark", {text, stop}, PAGODA_OK},
      {"no finish reason, but the mark", {text, "[DONE]"}, PAGODA_OK},
      {"the reason repeated", {text, stop, stop, "[DONE]"}, PAGODA_OK},
      {"a reason with every chunk",
       {delta(R"("content":"a")", "\"stop\""), delta(R"("content":"b")", "\"stop\"")},
       PAGODA_OK},
      {"neither", {text}, PAGODA_E_PROTOCOL},
      {"the reason is the string null", {delta(R"("content":"a")", "\"null\"")}, PAGODA_E_PROTOCOL},
      {"nothing at all", {}, PAGODA_E_PROTOCOL},
      {"only the mark", {"[DONE]"}, PAGODA_E_PROTOCOL},
      {"only usage",
       {R"({"choices":[],"usage":{"prompt_tokens":1}})", "[DONE]"},
       PAGODA_E_PROTOCOL},
      {"the reason is an error", {text, delta("", "\"error\"")}, PAGODA_E_UNAVAILABLE},
      {"no resources", {text, delta("", "\"insufficient_system_resource\"")}, PAGODA_E_UNAVAILABLE},
      {"one of two choices is missing its end",
       {R"({"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"},{"index":1,"delta":{"content":"b"}}]})"},
       PAGODA_E_PROTOCOL},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = runStream({}, c.chunks);
      CHECK(seen.status == c.status);
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("what is no answer is refused as such", "[chat_completions][answer]") {
  const struct {
    const char* name;
    std::string body;
  } cases[] = {
      {"nothing", ""},
      {"HTML", "<html><body>504</body></html>"},
      {"a number", "7"},
      {"an array", "[]"},
      {"an empty object", "{}"},
      {"no choices", R"({"id":"c1","model":"m"})"},
      {"choices of another kind", R"({"id":"c1","choices":"none"})"},
      {"an empty list of choices", R"({"id":"c1","choices":[]})"},
      {"a choice that is no object", R"({"id":"c1","choices":[1]})"},
      {"a choice without a message",
       R"({"id":"c1","choices":[{"index":0,"finish_reason":"stop"}]})"},
      {"content of another kind", whole(R"("content":7)")},
      {"a choice beyond reason", R"({"choices":[{"index":4000000000,"message":{"content":""}}]})"},
      {"invalid UTF-8", whole("\"content\":\"caf\xE9\"")},
      {"a cut document", whole(R"("content":"a")").substr(0, 40)},
      {"text after the document", whole(R"("content":"a")") + "x"},
      {"depth", R"({"choices":)" + std::string(2000, '[')},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(runWhole({}, c.body).status == PAGODA_E_PROTOCOL);
      if (c.body.empty() || c.body == "{}" || c.name == std::string("no choices") ||
          c.name == std::string("an empty list of choices"))
        return;  // an event like this says nothing; the end of the stream tells
      CHECK(runStream({}, {c.body}).status == PAGODA_E_PROTOCOL);
    }
  }
}

TEST_CASE("a whole answer where a stream was asked for is an answer",
          "[chat_completions][answer]") {
  Request request;
  request.stream = true;
  const Exchange seen = runWhole(request, whole(R"("role":"assistant","content":"hi")"));
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).text == "hi");
}

TEST_CASE("tool calls come whole, in pieces, unnumbered, alike-numbered or as objects",
          "[chat_completions][answer]") {
  const auto call = [](const std::string& members) { return R"("tool_calls":[)" + members + "]"; };
  const ToolCall weather{"a1", "weather", R"({"city":"Kyoto"})", false};
  const ToolCall clock{"a2", "clock", "{}", false};
  const struct {
    const char* name;
    std::vector<std::string> chunks;
    std::vector<ToolCall> tools;
  } cases[] = {
      {"in pieces, index from 0",
       {delta(call(
            R"({"index":0,"id":"a1","type":"function","function":{"name":"weather","arguments":""}})")),
        delta(call(R"({"index":0,"function":{"arguments":"{\"city\":"}})")),
        delta(call(R"({"index":0,"function":{"arguments":"\"Kyoto\"}"}})")),
        delta(call(R"({"index":1,"id":"a2","function":{"name":"clock","arguments":"{}"}})"))},
       {weather, clock}},
      {"index from 1",
       {delta(call(
           R"({"index":1,"id":"a1","function":{"name":"weather","arguments":"{\"city\":\"Kyoto\"}"}})"))},
       {weather}},
      {"empty ids and types on continuations",
       {delta(call(
            R"({"index":0,"id":"a1","type":"function","function":{"name":"weather","arguments":"{\"city\":"}})")),
        delta(call(
            R"({"index":0,"id":"","type":"function","function":{"name":"","arguments":"\"Kyoto\"}"}})"))},
       {weather}},
      {"the id repeated with every piece",
       {delta(call(
            R"({"index":0,"id":"a1","function":{"name":"weather","arguments":"{\"city\":"}})")),
        delta(call(
            R"({"index":0,"id":"a1","function":{"name":"weather","arguments":"\"Kyoto\"}"}})"))},
       {weather}},
      {"no index",
       {delta(call(R"({"id":"a1","function":{"name":"weather","arguments":"{\"city\":"}})")),
        delta(call(R"({"function":{"arguments":"\"Kyoto\"}"}})")),
        delta(call(R"({"id":"a2","function":{"name":"clock","arguments":"{}"}})"))},
       {weather, clock}},
      {"all numbered 0",
       {delta(call(
            R"({"index":0,"id":"a1","function":{"name":"weather","arguments":"{\"city\":\"Kyoto\"}"}})")),
        delta(call(R"({"index":0,"id":"a2","function":{"name":"clock","arguments":"{}"}})"))},
       {weather, clock}},
      {"arguments as an object",
       {delta(call(
           R"({"index":0,"id":"a1","function":{"name":"weather","arguments":{"city":"Kyoto"}}})"))},
       {weather}},
      {"the name after the first arguments",
       {delta(call(R"({"index":0,"id":"a1","function":{"arguments":"{\"city\":"}})")),
        delta(call(R"({"index":0,"function":{"name":"weather","arguments":"\"Kyoto\"}"}})"))},
       {weather}},
      {"no arguments",
       {delta(call(R"({"index":0,"id":"a","function":{"name":"now","arguments":null}})"))},
       {{"a", "now", "", false}}},
      {"no id",
       {delta(call(R"({"index":0,"id":"","function":{"name":"now","arguments":"{}"}})"))},
       {{"call_" + pagoda::RequestId().toString() + "_0_0", "now", "{}", false}}},
      {"a custom tool",
       {delta(call(
           R"({"index":0,"id":"a","type":"custom","custom":{"name":"sql","input":"select 1"}})"))},
       {{"a", "sql", "select 1", true}}},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      std::vector<std::string> chunks = c.chunks;
      chunks.push_back(delta("", "\"tool_calls\""));
      const Exchange seen = runStream({}, chunks);
      CHECK(seen.status == PAGODA_OK);
      CHECK(seen.fault == "");
      CHECK((seen.choices.at(0).tools == c.tools));
    }
  }
}

TEST_CASE("a tool call without a name is no answer, and numbers no other call",
          "[chat_completions][answer]") {
  const Exchange seen = runWhole(
      {},
      whole(R"("tool_calls":[{"id":"a"},{"id":"b","function":{"name":"f","arguments":"{}"}}])"));
  CHECK(seen.status == PAGODA_E_PROTOCOL);
  CHECK(seen.fault == "");
  CHECK(seen.choices.at(0).tools == std::vector<ToolCall>{{"b", "f", "{}", false}});
}

TEST_CASE("a function_call, whole or in pieces, is a tool call", "[chat_completions][answer]") {
  const auto piece = [](const char* call) {
    return delta(std::string(R"("content":null,"function_call":)") + call);
  };
  const std::string end = delta("", R"("function_call")");
  const struct {
    const char* name;
    Exchange seen;
  } cases[] = {
      {"whole", runWhole({}, whole(R"("function_call":{"name":"f","arguments":"{\"a\":1}"})"))},
      {"pieces",
       runStream({}, {piece(R"({"name":"f","arguments":""})"), piece(R"({"arguments":"{\"a\""})"),
                      piece(R"({"arguments":":1}"})"), end, "[DONE]"})},
      {"arguments before the name",
       runStream({}, {piece(R"({"arguments":"{\"a\":"})"),
                      piece(R"({"name":"f","arguments":"1}"})"), end, "[DONE]"})},
      {"beside the same call in the list",
       runWhole(
           {},
           whole(R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f",)"
                 R"("arguments":"{\"a\":1}"}}],"function_call":{"name":"f","arguments":"{}"})"))},
      {"beside an empty list",
       runWhole({},
                whole(R"("tool_calls":[],"function_call":{"name":"f","arguments":"{\"a\":1}"})"))},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(c.seen.status == PAGODA_OK);
      CHECK(c.seen.fault.empty());
      CHECK(c.seen.extras.empty());
      REQUIRE(c.seen.choices.at(0).tools.size() == 1);
      const ToolCall& call = c.seen.choices.at(0).tools[0];
      CHECK_FALSE(call.id.empty());
      CHECK(call.name == "f");
      CHECK(call.arguments == R"({"a":1})");
    }
  }
}

TEST_CASE("members of a tool call that the events lack are passed on",
          "[chat_completions][answer]") {
  const Exchange seen = runWhole(
      {},
      whole(
          R"("content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},)"
          R"("extra_content":{"google":{"thought_signature":"s"}}}])"));
  CHECK(seen.choices.at(0).tools == std::vector<ToolCall>{{"a", "f", "{}", false}});
  REQUIRE(seen.extras.size() == 1);
  CHECK(seen.extras[0].place == PAGODA_EXTRA_TOOL_CALL);
  CHECK(seen.extras[0].json == R"({"extra_content":{"google":{"thought_signature":"s"}}})");
}

TEST_CASE("thinking has several names", "[chat_completions][answer]") {
  const char* cases[] = {
      R"("reasoning_content":"think","content":"say")",
      R"("reasoning":"think","content":"say")",
      R"("reasoning":"think","reasoning_content":"think","content":"say")",
      R"("reasoning":"think","reasoning_content":"","content":"say")",
      R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"think"}]},{"type":"text","text":"say"}])",
      R"("content":[{"type":"thinking","thinking":"think"},{"type":"text","text":"say"}])",
  };
  for (const char* message : cases) {
    DYNAMIC_SECTION(message) {
      const Exchange seen = runWhole({}, whole(message));
      CHECK(seen.choices.at(0).reasoning == "think");
      CHECK(seen.choices.at(0).text == "say");
      CHECK(seen.extras.empty());
    }
  }
}

TEST_CASE("nothing that the events lack is lost", "[chat_completions][answer]") {
  const Exchange seen = runWhole(
      {},
      R"({"id":"c1","object":"chat.completion","created":1,"model":"m1","system_fingerprint":"fp","provider":"P","citations":["u"],
      "choices":[{"index":0,"native_finish_reason":"STOP","logprobs":{"content":[]},"finish_reason":"stop","message":
      {"role":"assistant","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{}}],"refusal":null,
      "annotations":[1],"reasoning_details":[{"type":"x"}]}}],
      "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"queue_time":0.5,
      "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":3}},"service_tier":null})");
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) ==
        R"({"system_fingerprint":"fp","provider":"P","citations":["u"]})");
  CHECK(seen.extraAt(PAGODA_EXTRA_CHOICE) ==
        R"({"native_finish_reason":"STOP","logprobs":{"content":[]}})");
  CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
        R"({"content_parts":[{"type":"image_url","image_url":{}}]})"
        R"({"annotations":[1],"reasoning_details":[{"type":"x"}]})");
  CHECK(seen.extraAt(PAGODA_EXTRA_USAGE) ==
        R"({"queue_time":0.5,"prompt_tokens_details":{"audio_tokens":3}})");
}

TEST_CASE("members that chunks repeat are passed on once, padding never",
          "[chat_completions][answer]") {
  const std::string chunk =
      R"({"id":"c1","model":"m1","system_fingerprint":"fp","obfuscation":"xyz","choices":[{"index":0,"delta":{"content":"a"},"logprobs":null,"finish_reason":"stop"}]})";
  const Exchange seen = runStream({}, {chunk, chunk, chunk});
  REQUIRE(seen.extras.size() == 1);
  CHECK(seen.extras[0].json == R"({"system_fingerprint":"fp"})");
}

TEST_CASE("what Azure's filter found before the answer comes after START",
          "[chat_completions][answer]") {
  const Exchange seen = runStream(
      {},
      {R"({"id":"","object":"","model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]})",
       delta(R"("content":"a")", "\"stop\"")});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.id == "c1");
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) == R"({"prompt_filter_results":[{"prompt_index":0}]})");
}

TEST_CASE("several choices keep apart", "[chat_completions][answer]") {
  const Exchange seen = runStream(
      {},
      {R"({"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]})",
       R"({"choices":[{"index":0,"delta":{},"finish_reason":"length"}]})",
       R"({"choices":[{"index":1,"delta":{"refusal":"no"},"finish_reason":"content_filter"}]})",
       "[DONE]"});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).text == "a");
  CHECK(seen.choices.at(0).reason == PAGODA_FINISH_LENGTH);
  CHECK(seen.choices.at(1).text == "b");
  CHECK(seen.choices.at(1).refusal == "no");
  CHECK(seen.choices.at(1).reason == PAGODA_FINISH_FILTER);
}

TEST_CASE("the host's stop ends the exchange with the host's status",
          "[chat_completions][answer]") {
  for (int events = 0; events < 4; ++events) {
    Request request;
    request.stopAfter = events;
    CHECK(runStream(request, {delta(R"("content":"a")"), delta(R"("content":"b")"),
                              delta("", "\"stop\""), "[DONE]"})
              .status == PAGODA_E_CANCELLED);
  }
}

TEST_CASE("an error inside a 200 is the upstream's error", "[chat_completions][answer]") {
  const struct {
    const char* body;
    pagoda_status status;
    const char* message;
  } cases[] = {
      {R"({"error":{"code":429,"message":"slow down"},"user_id":"u"})", PAGODA_E_RATE_LIMIT,
       "slow down"},
      {R"({"error":{"code":400,"message":"maximum context length is 10"}})",
       PAGODA_E_CONTEXT_LENGTH, "maximum context length is 10"},
      {R"({"error":{"message":"oops"}})", PAGODA_E_UNAVAILABLE, "oops"},
      {R"({"object":"error","message":"bad","type":"BadRequestError","code":400})",
       PAGODA_E_INVALID_REQUEST, "bad"},
      {R"({"code":"x","error":"Incorrect API key provided: sk-secret"})", PAGODA_E_AUTH,
       "the upstream rejected the API key"},
      {R"({"id":"g","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"gone"}})",
       PAGODA_E_UNAVAILABLE, "gone"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.body) {
      for (const Exchange& seen : {runWhole({}, c.body), runStream({}, {c.body}),
                                   runStream({}, {delta(R"("content":"a")"), c.body})}) {
        CHECK(seen.status == c.status);
        CHECK(std::string(seen.error.message) == c.message);
      }
    }
  }
}
