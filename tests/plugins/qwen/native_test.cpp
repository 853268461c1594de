// Answers in DashScope's own dialect.
#include <filesystem>
#include <simdjson.h>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/plugins/qwen/qwen.h"

using namespace test;

namespace {

Exchange stream(const std::vector<Frame>& frames, bool cumulative = false, bool lastAlone = false) {
  Request request = nativeQwen();
  if (cumulative) request.config = R"({"api":"native","incremental_output":false})";
  request.stream = true;
  return run(request, frames, PAGODA_FRAMING_SSE, lastAlone);
}

std::string event(const std::string& message, const std::string& finish = "null",
                  const std::string& rest = "") {
  return R"({"output":{"choices":[{"message":{)" + message + R"(},"finish_reason":")" + finish +
         R"("}]},"request_id":"r1")" + rest + "}";
}

/// What the recording says, by another reader.
struct Said {
  std::string text, arguments;
  std::int64_t input = -1, output = -1, cached = -1;
};

void read(simdjson::dom::element object, Said& said) {
  using simdjson::SUCCESS;
  std::string_view plain;  // result_format "text"
  if (object["output"]["text"].get(plain) == SUCCESS) said.text += plain;
  simdjson::dom::element message;
  if (object["output"]["choices"].at(0)["message"].get(message) == SUCCESS) {
    std::string_view text;
    if (message["content"].get(text) == SUCCESS) said.text += text;
    simdjson::dom::array parts;
    if (message["content"].get(parts) == SUCCESS) {
      for (const auto part : parts) {
        if (part["text"].get(text) == SUCCESS) said.text += text;
      }
    }
    simdjson::dom::array calls;
    if (message["tool_calls"].get(calls) == SUCCESS) {
      for (const auto call : calls) {
        if (call["function"]["arguments"].get(text) == SUCCESS) said.arguments += text;
      }
    }
  }
  std::int64_t count = 0;
  if (object["usage"]["input_tokens"].get(count) == SUCCESS) said.input = count;
  if (object["usage"]["output_tokens"].get(count) == SUCCESS) said.output = count;
  if (object["usage"]["prompt_tokens_details"]["cached_tokens"].get(count) == SUCCESS)
    said.cached = count;
}

std::string problemWith(const Recording& recording) {
  Said said;
  simdjson::dom::parser parser;
  Exchange seen;
  if (recording.stream) {
    const auto frames = cutSse(recording.body);
    for (const Frame& frame : frames) read(parser.parse(simdjson::padded_string(frame.data)), said);
    seen = stream(frames);
    const Exchange alone = stream(frames, false, true);
    if (alone.status != seen.status || alone.choices.at(0).text != seen.choices.at(0).text)
      return "it matters where the end is";
  } else {
    read(parser.parse(simdjson::padded_string(recording.body)), said);
    seen = runWhole(nativeQwen(), recording.body);
  }
  if (seen.status != PAGODA_OK) return "refused: " + std::string(seen.error.message);
  if (!seen.fault.empty()) return "rule: " + seen.fault;
  if (seen.id.empty() || seen.model != "qwen-plus") return "id or model";
  if (seen.choices.at(0).text != said.text) return "text " + seen.choices.at(0).text;
  std::string arguments;
  for (const ToolCall& call : seen.choices.at(0).tools) {
    arguments += call.arguments;
    if (call.id.empty() || call.name.empty()) return "a call without id or name";
  }
  if (arguments != said.arguments) return "arguments " + arguments;
  if (!seen.usage || seen.usage->input_tokens != said.input ||
      seen.usage->output_tokens != said.output || seen.usage->cache_read_tokens != said.cached)
    return "usage";
  return {};
}

}  // namespace

TEST_CASE("DashScope's recorded answers read as they were recorded", "[qwen][golden]") {
  for (const char* name : {"native_whole_tool.json", "native_stream_tool.json",
                           "native_stream_text.json", "native_multimodal.json"}) {
    INFO(name);
    CHECK(problemWith(goldenQwen(name)) == "");
  }
  const Exchange tool = stream(cutSse(goldenQwen("native_stream_tool.json").body));
  CHECK(tool.choices.at(0).tools.at(0) == ToolCall{"call_355b7a9ccc024c71a743ab",
                                                   "get_current_weather_test",
                                                   R"({"city": "Beijing"})", false});
  CHECK(tool.choices.at(0).reason == PAGODA_FINISH_TOOL_CALLS);
  const Recording refused = goldenQwen("native_error_401.json");
  CHECK(runFailure(refused.status, refused.body, PAGODA_E_INTERNAL, {}, nativeQwen()).status ==
        PAGODA_E_AUTH);
  const Recording bad = goldenQwen("native_error_400_thinking.json");
  CHECK(runFailure(bad.status, bad.body, PAGODA_E_INTERNAL, {}, nativeQwen()).status ==
        PAGODA_E_INVALID_REQUEST);
}

TEST_CASE("every recorded native answer reads as it was recorded", "[qwen][shared]") {
  const std::filesystem::path root =
      std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures/qwen";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int answers = 0;
  for (const auto& file : filesIn(root)) {
    const Recording recording = readRecording(file);
    if (!recording.endpoint.starts_with("dashscope.") || recording.status >= 300) continue;
    INFO(recording.file);
    CHECK(problemWith(recording) == "");
    ++answers;
  }
  CHECK(answers >= 22);
}

TEST_CASE("every recorded compatible answer reads as it was recorded", "[qwen][shared]") {
  const std::filesystem::path root =
      std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures/qwen";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int answers = 0;
  for (const auto& file : filesIn(root)) {
    const Recording recording = readRecording(file);
    if (recording.endpoint != "chat.completions") continue;
    INFO(recording.file);
    if (recording.status >= 300) {
      const pagoda_error error =
          runFailure(recording.status, recording.body, PAGODA_E_INTERNAL, {}, qwen(""));
      CHECK(error.status != PAGODA_E_INTERNAL);
      continue;
    }
    const Exchange seen = play(recording, false, qwen(""));
    CHECK(seen.status == PAGODA_OK);
    CHECK(difference(seen, readExpected(recording)) == "");
    ++answers;
  }
  CHECK(answers >= 46);
}

TEST_CASE("a stream of whole texts gives each piece once", "[qwen][native]") {
  const std::vector<Frame> frames = {
      {event(R"("content":"","reasoning_content":"Let")"), "result"},
      {event(R"("content":"","reasoning_content":"Let me")"), "result"},
      {event(R"("content":"天","reasoning_content":"Let me")"), "result"},
      {event(R"("content":"天气","reasoning_content":"Let me")"), "result"},
      {event(
           R"("content":"天气","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"t","arguments":"{\"a\""}}])"),
       "result"},
      {event(
           R"("content":"天气","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"t","arguments":"{\"a\":1}"}},{"index":1,"id":"c2","type":"function","function":{"name":"u","arguments":"{}"}}])",
           "tool_calls",
           R"(,"usage":{"input_tokens":5,"output_tokens":6,"output_tokens_details":{"reasoning_tokens":2,"text_tokens":4},"prompt_tokens_details":{"cached_tokens":3,"cache_type":"implicit"}})"),
       "result"}};
  const Exchange seen = stream(frames, true);
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.choices.at(0).text == "天气");
  CHECK(seen.choices.at(0).reasoning == "Let me");
  REQUIRE(seen.choices.at(0).tools.size() == 2);
  CHECK(seen.choices.at(0).tools[0].arguments == R"({"a":1})");
  CHECK(seen.choices.at(0).tools[1].arguments == "{}");
  CHECK(seen.usage->reasoning_tokens == 2);
  CHECK(seen.usage->cache_read_tokens == 3);
  CHECK(
      seen.extraAt(PAGODA_EXTRA_USAGE) ==
      R"({"completion_tokens_details":{"text_tokens":4},"prompt_tokens_details":{"cache_type":"implicit"}})");
  // Deltas in place of whole texts would be lost: they are refused.
  CHECK(stream({{event(R"("content":"ab")"), {}}, {event(R"("content":"cd")"), {}}}, true).status ==
        PAGODA_E_PROTOCOL);
}

TEST_CASE("the old form of output reads as well", "[qwen][native]") {
  const Exchange whole = runWhole(
      nativeQwen(), R"({"output":{"text":"hi","finish_reason":"length"},"request_id":"r"})");
  CHECK(whole.status == PAGODA_OK);
  CHECK(whole.choices.at(0).text == "hi");
  CHECK(whole.choices.at(0).reason == PAGODA_FINISH_LENGTH);
  const Exchange seen = stream({{R"({"output":{"text":"h","finish_reason":"null"}})", {}},
                                {R"({"output":{"text":"hi","finish_reason":"stop"}})", {}}},
                               true);
  CHECK(seen.choices.at(0).text == "hi");
}

TEST_CASE("a native answer that breaks off, or is none, is refused", "[qwen][native]") {
  auto frames = cutSse(goldenQwen("native_stream_text.json").body);
  frames.pop_back();
  while (!frames.empty()) {
    CHECK(stream(frames).status == PAGODA_E_PROTOCOL);
    CHECK(stream(frames, false, true).status == PAGODA_E_PROTOCOL);
    frames.pop_back();
  }
  CHECK(stream({}).status == PAGODA_E_PROTOCOL);
  const std::string begun = event(R"("content":"a")");
  const struct {
    const char* name;
    Frame frame;
    pagoda_status status = PAGODA_E_PROTOCOL;
  } cases[] = {
      {"garbage", {"{", "result"}},
      {"an array", {"[]", "result"}},
      {"no output", {"{}", "result"}},
      {"a choice beyond reason", {R"({"output":{"choices":[{"index":99999,"message":{}}]}})", {}}},
      {"a negative choice is numbered by its place",
       {R"({"output":{"choices":[{"index":-1,"message":{},"finish_reason":"stop"}]}})", {}},
       PAGODA_OK},
      {"a call without a name",
       {event(R"("tool_calls":[{"index":0,"id":"c","function":{"arguments":"{}"}}])", "stop"), {}}},
      {"an error event",
       {R"({"code":"InvalidParameter","message":"bad","request_id":"r"})", "error"},
       PAGODA_E_INVALID_REQUEST},
      {"filtered in the middle",
       {R"({"code":"DataInspectionFailed","message":"Output data may contain inappropriate content."})",
        "error"},
       PAGODA_E_CONTENT_FILTER},
      {"throttled in the middle",
       {R"({"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"})", "error"},
       PAGODA_E_RATE_LIMIT},
      {"an error without the event's name",
       {R"({"code":"InternalError","message":"x"})", {}},
       PAGODA_E_UNAVAILABLE},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = stream({{begun, "result"}, c.frame});
      CHECK(seen.status == c.status);
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("the built-in answers of qwen are understood", "[qwen]") {
  CHECK(selfTest(qwen("")) == PAGODA_OK);
  CHECK(selfTest(nativeQwen()) == PAGODA_OK);
}
