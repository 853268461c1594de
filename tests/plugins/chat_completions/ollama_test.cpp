// Ollama's own dialect.
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

Request native(std::string raw = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})") {
  Request request;
  request.config = R"({"base_url":"http://127.0.0.1:11434","api":"native"})";
  request.rawJson = std::move(raw);
  return request;
}

std::vector<Frame> lines(std::string_view body) {
  std::vector<Frame> frames;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (const auto line = body.substr(0, end); !line.empty())
      frames.push_back({std::string(line), {}});
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
  }
  return frames;
}

Recording golden(const std::string& name) {
  return readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/ollama" / name);
}

Exchange playLines(const std::vector<Frame>& frames, bool lastAlone = false) {
  Request request = native();
  request.stream = true;
  return run(request, frames, PAGODA_FRAMING_LINES, lastAlone);
}

}  // namespace

TEST_CASE("a chat request in Ollama's dialect", "[ollama][request]") {
  const struct {
    const char* name;
    const char* raw;
    const char* expected;
  } cases[] = {
      {"options have their own place and names",
       R"({"model":"m","messages":[{"role":"developer","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"max_tokens":9,"temperature":0.5,"seed":3,"stop":"x","top_k":4,"options":{"num_ctx":8192,"temperature":1},"keep_alive":"5m"})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"system","content":"s"},{"role":"user","content":"a\nb"}],"keep_alive":"5m","options":{"num_predict":9,"temperature":0.5,"seed":3,"stop":["x"],"num_ctx":8192,"top_k":4}})"},
      {"arguments are objects, results name their tool",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"t","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"u","arguments":"broken"}}]},{"role":"tool","tool_call_id":"c2","content":"r"}]})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"t","arguments":{"a":1}}},{"id":"c2","function":{"name":"u","arguments":{"input":"broken"}}}]},{"role":"tool","content":"r","tool_call_id":"c2","tool_name":"u"}],"options":{}})"},
      {"images by data, a schema as the format, thinking by degree",
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"reasoning_effort":"low"})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"a","images":["iVBO"]}],"format":{"type":"object"},"think":"low","options":{}})"},
      {"a named tool is the only one",
       R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b","description":"d","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"b"}},"reasoning_effort":"none"})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"b","description":"d","parameters":{"type":"object"}}}],"think":false,"options":{}})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = run(native(c.raw), {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
      CHECK(seen.url == "http://127.0.0.1:11434/api/chat");
      CHECK(seen.body == c.expected);
    }
  }
}

TEST_CASE("what Ollama cannot take is left to another model", "[ollama][request]") {
  for (
      const char* raw :
      {R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.b/c.png"}}]}]})",
       R"({"model":"m","n":2,"messages":[{"role":"user","content":"x"}]})"}) {
    const Exchange seen = run(native(raw), {}, PAGODA_FRAMING_WHOLE);
    CHECK(seen.status == PAGODA_E_UNSUPPORTED);
  }
}

TEST_CASE("Ollama's recorded answers read as they were recorded", "[ollama][golden]") {
  const Exchange length = runWhole(native(), golden("whole_length.json").body);
  CHECK(length.status == PAGODA_OK);
  CHECK(length.model == "qwen2.5:14b");
  CHECK(length.choices.at(0).reason == PAGODA_FINISH_LENGTH);
  CHECK(length.choices.at(0).text.starts_with("I'm Qwen"));
  CHECK(length.usage->input_tokens == 33);
  CHECK(length.usage->output_tokens == 57);
  CHECK(length.extraAt(PAGODA_EXTRA_USAGE).find("\"total_duration\":4819895166") !=
        std::string::npos);

  const Exchange tools = runWhole(native(), golden("whole_two_tools.json").body);
  REQUIRE(tools.choices.at(0).tools.size() == 2);
  CHECK(tools.choices.at(0).tools[0].name == "search");
  CHECK(tools.choices.at(0).tools[1].arguments == R"({"city":"Detroit"})");
  CHECK(tools.choices.at(0).tools[0].id != tools.choices.at(0).tools[1].id);
  CHECK_FALSE(tools.choices.at(0).tools[0].id.empty());
  CHECK(tools.choices.at(0).reason == PAGODA_FINISH_TOOL_CALLS);

  const Exchange streamed = playLines(lines(golden("stream_thinking.json").body));
  CHECK(streamed.status == PAGODA_OK);
  CHECK(streamed.fault == "");
  CHECK(streamed.choices.at(0).reasoning.starts_with("The user says \"Test"));
  CHECK_FALSE(streamed.choices.at(0).text.empty());

  const Exchange called = playLines(lines(golden("stream_tool.json").body), true);
  CHECK(called.status == PAGODA_OK);
  REQUIRE(called.choices.at(0).tools.size() == 1);
  CHECK(called.choices.at(0).reason == PAGODA_FINISH_TOOL_CALLS);
  CHECK(called.usage->output_tokens == 15);

  const Exchange generated = playLines(lines(golden("generate_stream.json").body));
  CHECK(generated.status == PAGODA_OK);
  CHECK(generated.choices.at(0).text.starts_with("A brave soul, asking for"));
}

TEST_CASE("an answer of Ollama that breaks off is none", "[ollama]") {
  auto frames = lines(golden("stream_thinking.json").body);
  while (!frames.empty()) {
    frames.pop_back();
    CHECK(playLines(frames).status == PAGODA_E_PROTOCOL);
    CHECK(playLines(frames, true).status == PAGODA_E_PROTOCOL);
  }
  const struct {
    const char* name;
    const char* line;
    pagoda_status status = PAGODA_E_PROTOCOL;
  } cases[] = {
      {"garbage", "{]"},
      {"an array", "[]"},
      {"nothing said", "{}"},
      {"a message of a wrong type", R"({"message":3,"done":false})"},
      {"a call without a name",
       R"({"message":{"tool_calls":[{"function":{"arguments":{"a":1}}}]},"done":true})"},
      {"an error", R"({"error":"an error was encountered while running the model"})",
       PAGODA_E_UNAVAILABLE},
      {"no such model", R"({"error":"model 'x' not found, try pulling it first"})",
       PAGODA_E_MODEL_NOT_FOUND},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = playLines({{c.line, {}}});
      CHECK(seen.status == c.status);
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("counts that cannot be true are not passed on", "[ollama][usage]") {
  const Exchange seen = runWhole(
      native(),
      R"({"message":{"content":"x"},"done":true,"prompt_eval_count":-5,"eval_count":99999999999})");
  REQUIRE(seen.usage);
  CHECK(seen.usage->input_tokens == -1);
  CHECK(seen.usage->output_tokens == -1);
  CHECK((seen.usage->flags & PAGODA_USAGE_ABSURD) != 0);
}

TEST_CASE("Ollama's embeddings", "[ollama][embeddings]") {
  Request request = native(R"({"model":"m","input":["a","b"],"dimensions":2})");
  request.embeds = true;
  const Exchange seen =
      runWhole(request, R"({"model":"m","embeddings":[[1,2],[3,4]],"prompt_eval_count":5})");
  CHECK(seen.url == "http://127.0.0.1:11434/api/embed");
  CHECK(seen.body == R"({"model":"upstream-model","input":["a","b"],"dimensions":2})");
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.vectors.at(1) == "[3,4]");
  CHECK(seen.usage->input_tokens == 5);
  CHECK(runWhole(request, R"({"embeddings":[[1,2]]})").status == PAGODA_E_PROTOCOL);
  CHECK(runWhole(request, R"({"error":"model not found"})").status == PAGODA_E_MODEL_NOT_FOUND);
}
