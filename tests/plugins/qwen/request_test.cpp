// Requests in both dialects.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/qwen/qwen.h"

using namespace test;

namespace {

const std::string kHello = R"("messages":[{"role":"user","content":"x"}])";

Exchange sent(const Request& request) {
  return run(request, {{"{}", {}}}, PAGODA_FRAMING_WHOLE);
}

}  // namespace

TEST_CASE("thinking is said in DashScope's words and needs a stream", "[qwen][request]") {
  const std::string stream = R"(,"stream":true,"stream_options":{"include_usage":true})";
  const struct {
    const char* name;
    const char* settings;
    const char* model;
    std::string members;   // of the client's request, after messages
    std::string expected;  // likewise, of the body
    bool streams;
  } cases[] = {
      {"nothing said, a model that does not think", "", "qwen-plus", "", "", false},
      {"nothing said, open weights think", "", "qwen3-235b-a22b", "", stream, true},
      {"dense open weights", "", "qwen3-8b", "", stream, true},
      {"an instruct model does not", "", "qwen3-235b-a22b-instruct-2507", "", "", false},
      {"a coder does not", "", "qwen3-coder-480b-a35b-instruct", "", "", false},
      {"one that only thinks", "", "qwq-plus", "", stream, true},
      {"the thinking kind", "", "qwen3-235b-a22b-thinking-2507", "", stream, true},
      {"effort", "", "qwen-plus", R"(,"reasoning_effort":"low")",
       stream + R"(,"enable_thinking":true,"thinking_budget":2048)", true},
      {"high effort is the model's own limit", "", "qwen-plus", R"(,"reasoning_effort":"high")",
       stream + R"(,"enable_thinking":true)", true},
      {"no effort", "", "qwen3-8b", R"(,"reasoning_effort":"none")", R"(,"enable_thinking":false)",
       false},
      {"its own words win", "", "qwen-plus",
       R"(,"enable_thinking":true,"thinking_budget":99,"reasoning_effort":"low")",
       stream + R"(,"enable_thinking":true,"thinking_budget":99)", true},
      {"switched off", R"("thinking":true)", "qwen3-8b", R"(,"enable_thinking":false)",
       R"(,"enable_thinking":false)", false},
      {"the operator's word", R"("thinking":true,"thinking_budget":50)", "qwen-plus", "",
       stream + R"(,"enable_thinking":true,"thinking_budget":50)", true},
      {"temperature below 2", "", "qwen-plus", R"(,"temperature":2)", R"(,"temperature":1.99)",
       false},
      {"the only tool is named, which excludes thinking", "", "qwen3-8b",
       R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"required")",
       R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"a"}},"enable_thinking":false)",
       false},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen =
          sent(qwen(c.settings, R"({"model":"m",)" + kHello + c.members + "}", c.model));
      CHECK(seen.body ==
            R"({"model":")" + std::string(c.model) + "\"," + kHello + c.expected + "}");
      CHECK(seen.framing == (c.streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE));
    }
  }
}

TEST_CASE("a native request has its members in DashScope's places", "[qwen][request]") {
  const std::string text = "/services/aigc/text-generation/generation";
  const std::string multi = "/services/aigc/multimodal-generation/generation";
  const struct {
    const char* name;
    const char* model;
    const char* raw;
    const char* expected;
    std::string path;
  } cases[] = {
      {"parameters", "qwen-plus",
       R"({"model":"m","messages":[{"role":"developer","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}],"max_completion_tokens":9,"temperature":2,"seed":3,"stop":["x"],"user":"u","top_k":4,"stream":false,"api_key":"k","logprobs":null})",
       R"({"model":"qwen-plus","input":{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a\nb"}]},"parameters":{"result_format":"message","max_tokens":9,"temperature":1.99,"seed":3,"stop":["x"],"top_k":4}})",
       text},
      {"tools", "qwen-plus",
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}],"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"required"})",
       R"({"model":"qwen-plus","input":{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"}}],"content":""},{"role":"tool","tool_call_id":"c","content":"r"}]},"parameters":{"result_format":"message","tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"a"}}}})",
       text},
      {"images go elsewhere", "qwen-plus",
       R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.b/c.png","detail":"low"}},{"type":"text","text":"a"}]}]})",
       R"({"model":"qwen-plus","input":{"messages":[{"role":"system","content":[{"text":"s"}]},{"role":"user","content":[{"image":"https://a.b/c.png"},{"text":"a"}]}]},"parameters":{"result_format":"message"}})",
       multi},
      {"so does text for a model that sees", "qwen-vl-plus",
       R"({"model":"m","messages":[{"role":"user","content":"x"}]})",
       R"({"model":"qwen-vl-plus","input":{"messages":[{"role":"user","content":[{"text":"x"}]}]},"parameters":{"result_format":"message"}})",
       multi},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Exchange seen = sent(nativeQwen(c.raw, c.model));
      CHECK(seen.body == c.expected);
      CHECK(seen.url == "https://dashscope-intl.aliyuncs.com/api/v1" + c.path);
      CHECK(seen.headers.at("authorization") == "Bearer <api_key>");
      CHECK(seen.headers.count("x-dashscope-sse") == 0);
    }
  }
}

TEST_CASE("a native stream asks for deltas, or for whole texts", "[qwen][request]") {
  Request request = nativeQwen();
  request.stream = true;
  const Exchange deltas = run(request, {{"{}", {}}}, PAGODA_FRAMING_SSE);
  CHECK(deltas.headers.at("x-dashscope-sse") == "enable");
  CHECK(deltas.headers.at("accept") == "text/event-stream");
  CHECK(deltas.body.find(R"("incremental_output":true)") != std::string::npos);
  request.config = R"({"api":"native","incremental_output":false})";
  const Exchange whole = run(request, {{"{}", {}}}, PAGODA_FRAMING_SSE);
  CHECK(whole.body.find(R"("incremental_output":false)") != std::string::npos);
}

TEST_CASE("embeddings use the compatible mode of the same host", "[qwen][embeddings][golden]") {
  const Recording recording = goldenQwen("embeddings_base64.json");
  for (const char* settings :
       {R"("api":"native")", R"("base_url":"https://dashscope-intl.aliyuncs.com/api/v1")", ""}) {
    Request request = qwen(settings, recording.requestBody, "text-embedding-v3");
    request.embeds = true;
    const Exchange seen = runWhole(request, recording.body);
    CHECK(seen.url == "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/embeddings");
    CHECK(seen.status == PAGODA_OK);
    CHECK(seen.vectors.at(0).starts_with("alVgvt6j3D1u03"));
    CHECK(seen.usage->input_tokens > 0);
  }
}
