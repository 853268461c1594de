// Cohere's own dialect.
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

Request native(std::string raw = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})") {
  Request request;
  request.config = R"({"base_url":"https://api.cohere.com/v2","api":"cohere"})";
  request.rawJson = std::move(raw);
  return request;
}

Recording golden(const std::string& name) {
  return readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/cohere" / name);
}

// By Cohere's API v2 reference; no recorded stream is at hand.
const std::vector<std::string> kStream = {
    R"({"type":"message-start","id":"i1","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}})",
    R"({"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}})",
    R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"hm"}}}})",
    R"({"type":"content-end","index":0})",
    R"({"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}})",
    R"({"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"Hel"}}}})",
    R"({"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"lo"}}}})",
    R"({"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":5,"text":"Hello"}}}})",
    R"({"type":"content-end","index":1})",
    R"({"type":"tool-plan-delta","delta":{"message":{"tool_plan":" plan"}}})",
    R"({"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c1","type":"function","function":{"name":"t","arguments":""}}}}})",
    R"({"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\""}}}}})",
    R"({"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":":1}"}}}}})",
    R"({"type":"tool-call-end","index":0})",
    R"({"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"c2","type":"function","function":{"name":"u","arguments":"{}"}}}}})",
    R"({"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":7},"tokens":{"input_tokens":50,"output_tokens":9}}}})",
};

}  // namespace

TEST_CASE("a chat request in Cohere's dialect", "[cohere][request]") {
  const struct {
    const char* name;
    const char* raw;
    const char* expected;
  } cases[] = {
      {"names of its own, and nothing it does not know",
       R"({"model":"m","messages":[{"role":"developer","content":"s"},{"role":"user","name":"n","content":"x"}],"top_p":0.5,"top_k":4,"stop":"x","user":"u","logit_bias":{},"max_tokens":9,"temperature":0.3,"documents":["d"]})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}],"p":0.5,"k":4,"stop_sequences":["x"],"temperature":0.3,"documents":["d"],"max_tokens":9})"},
      {"forced tools, a schema, no thinking",
       R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"function","function":{"name":"b"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"reasoning_effort":"none"})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"b"}}],"tool_choice":"REQUIRED","response_format":{"type":"json_object","json_schema":{"type":"object"}},"thinking":{"type":"disabled"}})"},
      {"the plan goes back with the calls",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","reasoning_content":"plan","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]})",
       R"({"model":"upstream-model","stream":false,"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_plan":"plan","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = run(native(c.raw), {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
      CHECK(seen.url == "https://api.cohere.com/v2/chat");
      CHECK(seen.body == c.expected);
    }
  }
}

TEST_CASE("Cohere's recorded answers read as they were recorded", "[cohere][golden]") {
  const Exchange tool = runWhole(native(), golden("whole_thinking_tool.json").body);
  CHECK(tool.status == PAGODA_OK);
  CHECK(tool.fault == "");
  CHECK(tool.id == "6a25b227-ab2f-4049-95cb-15e8fb05d116");
  CHECK(tool.choices.at(0).reasoning.starts_with("The user is asking who created Ruby"));
  REQUIRE(tool.choices.at(0).tools.size() == 1);
  CHECK(tool.choices.at(0).tools[0].id == "knowledge_base_vpfcagczdkae");
  CHECK(tool.choices.at(0).tools[0].arguments == R"({"query":"Ruby creator"})");
  CHECK(tool.choices.at(0).reason == PAGODA_FINISH_TOOL_CALLS);
  // What is billed, not what the prompt around it counts.
  CHECK(tool.usage->input_tokens == 51);
  CHECK(tool.usage->output_tokens == 66);

  const Exchange cited = runWhole(native(), golden("whole_citations.json").body);
  CHECK(cited.choices.at(0).text == "Processed: test data");
  CHECK(cited.choices.at(0).finish == "COMPLETE");
  CHECK(cited.choices.at(0).reason == PAGODA_FINISH_STOP);
  CHECK(cited.extraAt(PAGODA_EXTRA_MESSAGE).starts_with(R"({"citations":[{"start":0,"end":20)"));
  CHECK(cited.extraAt(PAGODA_EXTRA_USAGE).find("\"cached_tokens\":1408") != std::string::npos);
}

TEST_CASE("Cohere's typed events come together", "[cohere][stream]") {
  const Exchange seen = runStream(native(), kStream);
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.fault == "");
  CHECK(seen.id == "i1");
  CHECK(seen.choices.at(0).text == "Hello");
  CHECK(seen.choices.at(0).reasoning == "hm plan");
  REQUIRE(seen.choices.at(0).tools.size() == 2);
  CHECK(seen.choices.at(0).tools[0] == ToolCall{"c1", "t", R"({"a":1})", false});
  CHECK(seen.choices.at(0).tools[1] == ToolCall{"c2", "u", "{}", false});
  CHECK(seen.usage->input_tokens == 5);
  for (std::size_t keep = 0; keep + 1 < kStream.size(); ++keep) {
    const std::vector<std::string> cut(kStream.begin(),
                                       kStream.begin() + static_cast<std::ptrdiff_t>(keep));
    CHECK(runStream(native(), cut).status == PAGODA_E_PROTOCOL);
  }
}

TEST_CASE("Cohere's failures are told apart", "[cohere][failure]") {
  const Recording context = golden("error_400_context.json");
  CHECK(runFailure(400, context.body, PAGODA_E_INTERNAL, {}, native()).status ==
        PAGODA_E_CONTEXT_LENGTH);
  CHECK(runFailure(404, R"({"id":"1","message":"model 'command-r' was removed on September 15"})",
                   PAGODA_E_INTERNAL, {}, native())
            .status == PAGODA_E_MODEL_NOT_FOUND);
  CHECK(runFailure(401, R"({"id":"1","message":"invalid api token"})", PAGODA_E_INTERNAL, {},
                   native())
            .status == PAGODA_E_AUTH);
  const struct {
    const char* name;
    const char* event;
    pagoda_status status;
  } cases[] = {
      {"broken off", R"({"type":"message-end","delta":{"finish_reason":"ERROR"}})",
       PAGODA_E_UNAVAILABLE},
      {"too slow", R"({"type":"message-end","delta":{"finish_reason":"TIMEOUT"}})",
       PAGODA_E_TIMEOUT},
      {"an error in the stream", R"({"message":"internal server error"})", PAGODA_E_UNAVAILABLE},
      {"no type", R"({"delta":{}})", PAGODA_E_PROTOCOL},
      {"garbage", "nonsense", PAGODA_E_PROTOCOL},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(runStream(native(), {kStream[0], c.event}).status == c.status);
    }
  }
  CHECK(runWhole(native(), R"({"id":"1","message":"no"})").status == PAGODA_E_UNAVAILABLE);
  CHECK(runWhole(native(), R"({"id":"1"})").status == PAGODA_E_PROTOCOL);
}

TEST_CASE("Cohere's embeddings", "[cohere][embeddings][golden]") {
  Request request = native(R"({"model":"m","input":["sunny","rainy"],"dimensions":5})");
  request.embeds = true;
  const Exchange seen = runWhole(request, golden("embeddings.json").body);
  CHECK(seen.url == "https://api.cohere.com/v2/embed");
  CHECK(
      seen.body ==
      R"({"model":"upstream-model","texts":["sunny","rainy"],"input_type":"search_document","embedding_types":["float"],"output_dimension":5})");
  CHECK(seen.status == PAGODA_OK);
  CHECK(seen.vectors.size() == 2);
  CHECK(seen.vectors.at(1).find("-0.061157227") != std::string::npos);
  CHECK(seen.usage->input_tokens == 10);
}
