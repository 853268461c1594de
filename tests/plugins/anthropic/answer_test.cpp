// What comes back, whole and streamed, beyond what the recordings hold.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/plugins/anthropic/claude.h"

using namespace test;

namespace {

const char* const kStart =
    R"({"type":"message_start","message":{"id":"m","model":"c","content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":1}}})";
const char* const kStop =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}})";
const char* const kEnd = R"({"type":"message_stop"})";

std::string blockStart(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) +
         R"(,"content_block":)" + block + "}";
}
std::string blockDelta(int index, const std::string& delta) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" +
         delta + "}";
}
std::string blockStop(int index) {
  return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}

Exchange whole(const std::string& content, const std::string& more) {
  return runWhole(claude(), R"({"type":"message","id":"m","model":"c","content":[)" + content +
                                "]" + more + "}");
}

Exchange stream(std::vector<std::string> events) {
  return runStream(claude(), events);
}

}  // namespace

TEST_CASE("stop reasons have a neutral form", "[anthropic][answer]") {
  const struct {
    const char* word;
    pagoda_finish finish;
  } cases[] = {{"end_turn", PAGODA_FINISH_STOP},
               {"stop_sequence", PAGODA_FINISH_STOP},
               {"pause_turn", PAGODA_FINISH_STOP},
               {"max_tokens", PAGODA_FINISH_LENGTH},
               {"model_context_window_exceeded", PAGODA_FINISH_LENGTH},
               {"tool_use", PAGODA_FINISH_TOOL_CALLS},
               {"refusal", PAGODA_FINISH_FILTER},
               {"a_newer_word", PAGODA_FINISH_OTHER}};
  for (const auto& c : cases) {
    INFO(c.word);
    const Exchange seen = whole("", R"(,"stop_reason":")" + std::string(c.word) + '"');
    REQUIRE(seen.status == PAGODA_OK);
    CHECK(seen.choices.at(0).reason == c.finish);
    CHECK(seen.choices.at(0).finish == c.word);
  }
}

TEST_CASE("usage counts cached input as input", "[anthropic][answer]") {
  const struct {
    const char* name;
    const char* usage;
    std::int64_t input, output, read, write, thinking;
    bool absurd;
  } cases[] = {
      {"no caches", R"({"input_tokens":5,"output_tokens":3})", 5, 3, -1, -1, -1, false},
      {"reads and writes",
       R"({"input_tokens":5,"output_tokens":3,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens_details":{"thinking_tokens":2}})",
       125, 3, 100, 20, 2, false},
      {"nulls", R"({"input_tokens":5,"output_tokens":3,"cache_read_input_tokens":null})", 5, 3, -1,
       -1, -1, false},
      {"a negative count", R"({"input_tokens":5,"output_tokens":-3})", 5, -1, -1, -1, -1, true},
      {"a negative part leaves no sum",
       R"({"input_tokens":5,"output_tokens":3,"cache_read_input_tokens":-1})", -1, 3, -1, -1, -1,
       true},
      {"beyond any window", R"({"input_tokens":5e18,"output_tokens":3})", -1, 3, -1, -1, -1, true},
      {"more thinking than output",
       R"({"input_tokens":5,"output_tokens":3,"output_tokens_details":{"thinking_tokens":9}})", 5,
       3, -1, -1, 3, false},
      {"not numbers", R"({"input_tokens":"5","output_tokens":3})", -1, 3, -1, -1, -1, false},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen =
          whole("", R"(,"stop_reason":"end_turn","usage":)" + std::string(c.usage));
      REQUIRE(seen.usage);
      CHECK(seen.usage->input_tokens == c.input);
      CHECK(seen.usage->output_tokens == c.output);
      CHECK(seen.usage->cache_read_tokens == c.read);
      CHECK(seen.usage->cache_write_tokens == c.write);
      CHECK(seen.usage->reasoning_tokens == c.thinking);
      CHECK(((seen.usage->flags & PAGODA_USAGE_ABSURD) != 0) == c.absurd);
    }
  }
}

TEST_CASE("what usage says beyond counts is passed on", "[anthropic][answer]") {
  const Exchange seen = whole(
      "",
      R"(,"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"server_tool_use":{"web_search_requests":2},"service_tier":null})");
  CHECK(
      seen.extraAt(PAGODA_EXTRA_USAGE) ==
      R"({"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"server_tool_use":{"web_search_requests":2}})");
  CHECK(seen.usage->cache_write_1h_tokens == 20);
  CHECK(seen.usage->searches == 2);
}

TEST_CASE("a stream's usage is known from its first event on and completed by its last",
          "[anthropic][answer]") {
  const Exchange cut = stream({kStart});
  CHECK(cut.status == PAGODA_E_PROTOCOL);
  REQUIRE(cut.usage);
  CHECK(cut.usage->input_tokens == 12);
  const Exchange seen = stream({kStart, kStop, kEnd});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.usage->input_tokens == 12);
  CHECK(seen.usage->output_tokens == 4);
  CHECK(seen.usageEvents == 2);
}

TEST_CASE("a stream goes on past what it does not know", "[anthropic][answer]") {
  const Exchange seen =
      stream({R"({"type":"ping"})", kStart, R"({"type":"ping"})", "",
              R"({"type":"a_newer_event","x":[1]})", blockStart(0, R"({"type":"text","text":"a"})"),
              blockDelta(0, R"({"type":"text_delta","text":"b"})"),
              blockDelta(0, R"({"type":"a_newer_delta","text":"c"})"), blockStop(0),
              blockStart(1, R"({"type":"a_newer_block","x":1})"),
              blockDelta(1, R"({"type":"text_delta","text":"not of the answer"})"), blockStop(1),
              blockStop(7), kStop, kEnd, R"({"type":"content_block_delta"})", "not JSON"});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.choices.at(0).text == "ab");
  CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
        R"({"content_blocks":[{"type":"a_newer_block","x":1}]})");
}

TEST_CASE("tool calls are counted among themselves and always have arguments",
          "[anthropic][answer]") {
  const Exchange seen = stream(
      {kStart, blockStart(0, R"({"type":"text","text":""})"), blockStop(0),
       blockStart(1, R"({"type":"tool_use","id":"t1","name":"f","input":{}})"),
       blockDelta(1, R"({"type":"input_json_delta","partial_json":""})"), blockStop(1),
       blockStart(2, R"({"type":"tool_use","id":"","name":"g","input":{"whole":1}})"), blockStop(2),
       blockStart(
           3,
           R"({"type":"tool_use","id":"t3","name":"h","input":{},"caller":{"type":"code_execution_20260120","tool_id":"s"}})"),
       blockDelta(3, R"({"type":"input_json_delta","partial_json":"{\"a\":\"\\u65"})"),
       blockDelta(3, R"({"type":"input_json_delta","partial_json":"e5\"}"})"),
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":4}})",
       kEnd});
  REQUIRE(seen.status == PAGODA_OK);
  const auto& tools = seen.choices.at(0).tools;
  REQUIRE(tools.size() == 3);
  CHECK(tools[0] == ToolCall{"t1", "f", "{}"});
  CHECK(tools[1].id.starts_with("call_"));
  CHECK(tools[1].arguments == R"({"whole":1})");
  CHECK(tools[2] == ToolCall{"t3", "h", R"({"a":"\u65e5"})"});
  CHECK(seen.extraAt(PAGODA_EXTRA_TOOL_CALL) ==
        R"({"caller":{"type":"code_execution_20260120","tool_id":"s"}})");
}

TEST_CASE("thinking comes with the signature that ends its block", "[anthropic][answer]") {
  const Exchange seen =
      stream({kStart, blockStart(0, R"({"type":"thinking","thinking":"","signature":""})"),
              blockDelta(0, R"({"type":"thinking_delta","thinking":"why \"so\""})"),
              blockDelta(0, R"({"type":"thinking_delta","thinking":"?"})"),
              blockDelta(0, R"({"type":"signature_delta","signature":"c2ln"})"), blockStop(0),
              blockStart(1, R"({"type":"redacted_thinking","data":"xx"})"), blockStop(1),
              blockStart(2, R"({"type":"redacted_thinking"})"), blockStop(2), kStop, kEnd});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).reasoning == R"(why "so"?)");
  CHECK(seen.choices.at(0).signature == "c2ln[anthropic-claude-v1]xx[redacted]");
}

TEST_CASE("cited pages are annotations of the text that cites them", "[anthropic][answer]") {
  const std::string citation =
      R"({"type":"web_search_result_location","url":"https://example.com","title":null,"cited_text":"x","encrypted_index":"e"})";
  const std::string expected =
      R"({"citations":[)" + citation + "]}" +
      R"({"annotations":[{"type":"url_citation","url_citation":{"url":"https://example.com","title":"","start_index":2,"end_index":4}}]})";
  const Exchange one =
      whole(R"({"type":"text","text":"日本"},{"type":"text","text":"は。","citations":[)" +
                citation + "]}",
            R"(,"stop_reason":"end_turn")");
  CHECK(one.choices.at(0).text == "日本は。");
  CHECK(one.extraAt(PAGODA_EXTRA_MESSAGE) == expected);
  const Exchange streamed =
      stream({kStart, blockStart(0, R"({"type":"text","text":"日本"})"), blockStop(0),
              blockStart(1, R"({"type":"text","text":"","citations":[]})"),
              blockDelta(1, R"({"type":"citations_delta","citation":)" + citation + "}"),
              blockDelta(1, R"({"type":"text_delta","text":"は。"})"), blockStop(1), kStop, kEnd});
  CHECK(streamed.extraAt(PAGODA_EXTRA_MESSAGE) == expected);
}

TEST_CASE("blocks of server tools are put together from their deltas", "[anthropic][answer]") {
  const Exchange seen = stream(
      {kStart,
       blockStart(0, R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})"),
       blockDelta(0, R"({"type":"input_json_delta","partial_json":"{\"query\":"})"),
       blockDelta(0, R"({"type":"input_json_delta","partial_json":"\"x\"}"})"), blockStop(0),
       blockStart(1,
                  R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u"}]})"),
       blockStop(1), blockStart(2, R"({"type":"compaction","content":null})"),
       blockDelta(2, R"({"type":"compaction_delta","content":"short"})"), blockStop(2), kStop,
       kEnd});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(
      seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
      R"({"content_blocks":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"x"}}]})"
      R"({"content_blocks":[{"type":"web_search_tool_result","tool_use_id":"s","content":[{"url":"u"}]}]})"
      R"({"content_blocks":[{"type":"compaction","content":"short"}]})");
  CHECK(seen.choices.at(0).text == "");
}

TEST_CASE("members that the neutral form lacks are passed on", "[anthropic][answer]") {
  const Exchange seen = whole(
      "",
      R"(,"role":"assistant","stop_reason":"stop_sequence","stop_sequence":"END","stop_details":null,"container":{"id":"c"},"newer":[1],"context_management":null)");
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) == R"({"container":{"id":"c"},"newer":[1]})");
  CHECK(seen.extraAt(PAGODA_EXTRA_CHOICE) == R"({"stop_sequence":"END"})");
  const Exchange streamed = stream(
      {kStart,
       R"({"type":"message_delta","delta":{"stop_reason":"end_turn","container":{"id":"c"}},"context_management":{"applied_edits":[]},"usage":{"output_tokens":4}})",
       kEnd});
  CHECK(streamed.extraAt(PAGODA_EXTRA_ANSWER) == R"({"container":{"id":"c"}})"
                                                 R"({"context_management":{"applied_edits":[]}})");
}

TEST_CASE("a refusal keeps the text so far and says why", "[anthropic][answer]") {
  const Exchange seen = whole(
      R"({"type":"text","text":"so far"})",
      R"(,"stop_reason":"refusal","stop_details":{"type":"refusal","category":"cyber","explanation":"no"})");
  CHECK(seen.choices.at(0).text == "so far");
  CHECK(seen.choices.at(0).refusal == "no");
  CHECK(seen.choices.at(0).reason == PAGODA_FINISH_FILTER);
  CHECK(seen.extraAt(PAGODA_EXTRA_CHOICE).find(R"("category":"cyber")") != std::string::npos);
}

TEST_CASE("errors inside a stream are the upstream's error", "[anthropic][answer]") {
  const std::string overloaded =
      R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})";
  const struct {
    std::vector<std::string> events;
    pagoda_status status;
  } cases[] = {
      {{overloaded}, PAGODA_E_OVERLOADED},
      {{kStart, blockStart(0, R"({"type":"text","text":"a"})"), overloaded}, PAGODA_E_OVERLOADED},
      {{kStart, kStop, R"({"type":"error","error":{"type":"api_error","message":"x"}})"},
       PAGODA_E_UNAVAILABLE},
      {{R"({"error":{"type":"rate_limit_error","message":"x"}})"}, PAGODA_E_RATE_LIMIT},
      {{R"({"error":{"message":"upstream connect error","code":503}})"}, PAGODA_E_UNAVAILABLE},
  };
  for (const auto& c : cases) {
    const Exchange seen = stream(c.events);
    INFO(c.events.back());
    CHECK(seen.status == c.status);
    CHECK(seen.fault == "");
    for (const auto& [index, choice] : seen.choices) CHECK(choice.reason == -1);
  }
  CHECK(runWhole(claude(), overloaded).status == PAGODA_E_OVERLOADED);
}

TEST_CASE("what is no answer of this dialect is not taken for one", "[anthropic][answer]") {
  const char* const bodies[] = {"",
                                "[]",
                                "null",
                                "<html></html>",
                                "{}",
                                R"({"type":"message"})",
                                R"({"type":"completion","completion":"x"})",
                                R"({"type":"message","content":"text","stop_reason":"end_turn"})",
                                R"({"type":"message","content":["x"],"stop_reason":"end_turn"})",
                                R"({"type":"message","content":[{"type":"tool_use","id":"x"}]})",
                                "{\"type\":\"message\",\"id\":\"\xff\",\"content\":[]}"};
  for (const char* body : bodies) {
    if (std::string_view(body) == R"({"type":"message"})") continue;  // an empty message: below
    INFO(body);
    CHECK(runWhole(claude(), body).status == PAGODA_E_PROTOCOL);
  }
  const std::vector<std::string> streams[] = {
      {},
      {kEnd},
      {kStart, kEnd, "x"},
      {kStart, "{"},
      {kStart, "[1]"},
      {kStart, R"({"type":"content_block_start","index":0})"},
      {kStart, R"({"type":"content_block_delta","index":0,"delta":5})"},
      {R"({"type":"message_start","message":null})"},
      {kStart, "{\"type\":\"ping\",\"x\":\"\xc3\"}"}};
  for (const auto& events : streams) {
    INFO((events.empty() ? "" : events.back()));
    const bool complete = events.size() > 1 && events[1] == kEnd;
    CHECK(stream(events).status == (complete ? PAGODA_OK : PAGODA_E_PROTOCOL));
  }
}

TEST_CASE("an open block is closed by the end of its message", "[anthropic][answer]") {
  const Exchange seen = stream(
      {kStart, blockStart(0, R"({"type":"thinking","thinking":"t","signature":"s"})"),
       blockStart(1, R"({"type":"tool_use","id":"t1","name":"f","input":{}})"), kStop, kEnd});
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).signature == "s[anthropic-claude-v1]");
  CHECK(seen.choices.at(0).tools.at(0).arguments == "{}");
}

TEST_CASE("a message where a stream was asked for, and the other way round",
          "[anthropic][answer]") {
  Request request = claude();
  request.stream = true;
  CHECK(run(request, {{kAnswer, {}}}, PAGODA_FRAMING_WHOLE).choices.at(0).text == "ok");
  const Exchange streamed =
      run(claude(), {{kStart, "message_start"}, {kStop, {}}, {kEnd, {}}}, PAGODA_FRAMING_SSE);
  CHECK(streamed.status == PAGODA_OK);
}

TEST_CASE("the host's wish to stop is heard at every event", "[anthropic][answer]") {
  const std::vector<std::string> events = {kStart, blockStart(0, R"({"type":"text","text":"a"})"),
                                           blockStop(0), kStop, kEnd};
  for (int stopAfter = 0; stopAfter < 4; ++stopAfter) {
    Request request = claude();
    request.stopAfter = stopAfter;
    CHECK(runStream(request, events).status == PAGODA_E_CANCELLED);
  }
}

TEST_CASE("what is no count of tokens is not taken for one", "[anthropic][answer]") {
  Request request = claude();
  request.countTokens = true;
  for (const char* body : {"", "{}", R"({"input_tokens":-4})", R"({"input_tokens":"7"})", "[7]"}) {
    INFO(body);
    CHECK(runWhole(request, body).status == PAGODA_E_PROTOCOL);
  }
}
