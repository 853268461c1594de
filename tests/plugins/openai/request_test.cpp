// What goes out to Responses.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/openai/gpt.h"

using namespace test;

namespace {

const std::string kHi = R"("input":[{"role":"user","content":"hi"}])";

std::string body(const std::string& input, const std::string& members = R"("store":false)",
                 const std::string& model = "gpt-4o") {
  return R"({"model":")" + model + R"(",)" + (input.empty() ? kHi : R"("input":)" + input) + "," +
         members + "}";
}

}  // namespace

TEST_CASE("members of chat completions become those of Responses", "[openai][request]") {
  const struct {
    const char* name;
    std::string members;
    std::string expected;
    std::string model = "gpt-4o";
  } cases[] = {
      {"nothing but a question", "", R"("store":false)"},
      {"answers may be stored", R"(,"store":true,"metadata":{"a":"b"})",
       R"("metadata":{"a":"b"},"store":true)"},
      {"members without counterpart are left out",
       R"(,"stop":["x"],"seed":1,"frequency_penalty":1,"presence_penalty":1,"logit_bias":{"1":1},"n":1,"functions":null)",
       R"("store":false)"},
      {"members of both are kept as they are",
       R"(,"temperature":0.10,"top_p":1e0,"parallel_tool_calls":false,"service_tier":"flex","user":"u","prompt_cache_key":"k")",
       R"("temperature":0.10,"top_p":1e0,"parallel_tool_calls":false,"service_tier":"flex","user":"u","prompt_cache_key":"k","store":false)"},
      {"members of Responses alone", R"(,"previous_response_id":"resp_1","truncation":"auto")",
       R"("previous_response_id":"resp_1","truncation":"auto","store":false)"},
      {"nobody is sent elsewhere", R"(,"api_base":"https://evil.example","background":true)",
       R"("store":false)"},
      {"a limit", R"(,"max_completion_tokens":100)", R"("max_output_tokens":100,"store":false)"},
      {"a limit below the least", R"(,"max_tokens":5)", R"("max_output_tokens":16,"store":false)"},
      {"a form in words", R"(,"response_format":{"type":"json_object"})",
       R"("text":{"format":{"type":"json_object"}},"store":false)"},
      {"a schema",
       R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","maximum":1.0}}},"verbosity":"low")",
       R"("text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object","maximum":1.0}},"verbosity":"low"},"store":false)"},
      {"effort", R"(,"reasoning_effort":"low")",
       R"("reasoning":{"effort":"low"},"store":false,"include":["reasoning.encrypted_content"])",
       "gpt-5"},
      {"effort as an object", R"(,"reasoning":{"effort":"high","summary":"auto","exclude":true})",
       R"("reasoning":{"effort":"high","summary":"auto"},"store":false,"include":["reasoning.encrypted_content"])",
       "o4-mini"},
      {"the client's inclusions", R"(,"include":["file_search_call.results"])",
       R"("store":false,"include":["file_search_call.results","reasoning.encrypted_content"])",
       "gpt-5.2"},
      {"odds", R"(,"logprobs":true,"top_logprobs":2)",
       R"("top_logprobs":2,"store":false,"include":["message.output_text.logprobs"])"},
      {"the web",
       R"(,"web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"country":"JP"}}})",
       R"("tools":[{"type":"web_search","search_context_size":"low","user_location":{"type":"approximate","country":"JP"}}],"store":false)"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(bodyOf(byResponses(c.model, "", c.members)) == body("", c.expected, c.model));
    }
  }
}

TEST_CASE("tools are flat in Responses", "[openai][request]") {
  const struct {
    const char* name;
    std::string members;
    std::string expected;
  } cases[] = {
      {"a function, not strict unless it says so",
       R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"minimum":1.0}}}}}])",
       R"("tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"minimum":1.0}}},"strict":false}])"},
      {"a strict one without parameters",
       R"("tools":[{"type":"function","function":{"name":"f","strict":true}}],"tool_choice":"required")",
       R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":true}],"tool_choice":"required")"},
      {"a named one",
       R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}})",
       R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],"tool_choice":{"type":"function","name":"f"})"},
      {"some of them",
       R"("tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}})",
       R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]})"},
      {"a custom one",
       R"("tools":[{"type":"custom","custom":{"name":"c","description":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"start: X"}}}}],"tool_choice":{"type":"custom","custom":{"name":"c"}})",
       R"("tools":[{"type":"custom","name":"c","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: X"}}],"tool_choice":{"type":"custom","name":"c"})"},
      {"the form before tools",
       R"("functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"})",
       R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false}],"tool_choice":{"type":"function","name":"f"})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(bodyOf(byResponses("gpt-4o", "", "," + c.members)) ==
            body("", c.expected + R"(,"store":false)"));
    }
  }
}

TEST_CASE("messages become items", "[openai][request]") {
  const struct {
    const char* name;
    std::string messages;
    std::string input;
  } cases[] = {
      {"instructions keep their role and place",
       R"([{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"u"}])",
       R"([{"role":"system","content":"s"},{"role":"developer","content":"d"},{"role":"user","content":"u"}])"},
      {"parts",
       R"([{"role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"https://e.example/a.png","detail":"low"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}},{"type":"file","file":{"file_id":"file-1"}}]}])",
       R"([{"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"https://e.example/a.png","detail":"low"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"auto"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"},{"type":"input_file","file_id":"file-1"}]}])"},
      {"calls and results",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":""}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{\"x\": 1}"}}]},{"role":"tool","tool_call_id":"c1","content":"r"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"p"},{"type":"text","text":"q"}]}])",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"g","arguments":"{\"x\": 1}"},{"type":"function_call_output","call_id":"c1","output":"r"},{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"p"},{"type":"input_text","text":"q"}]}])"},
      {"custom calls and results",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"custom","custom":{"name":"f","input":"select"}}]},{"role":"tool","tool_call_id":"c1","content":"r"}])",
       R"([{"role":"user","content":"u"},{"type":"custom_tool_call","call_id":"c1","name":"f","input":"select"},{"type":"custom_tool_call_output","call_id":"c1","output":"r"}])"},
      {"a refusal",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":null,"refusal":"no"},{"role":"user","content":"v"}])",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":"v"}])"},
      {"a thought before what it led to",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","phase":"commentary","reasoning_details":[{"type":"reasoning.text","text":"\n\nt","signature":"rs_1:SECRET","format":"openai-responses-v1"},{"type":"reasoning.encrypted","data":"PLAIN","id":"rs_2","format":"openai-responses-v1"}]},{"role":"user","content":"v"}])", R"([{"role":"user","content":"u"},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"SECRET"},{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"PLAIN"},{"role":"assistant","phase":"commentary","content":"a"},{"role":"user","content":"v"}])"},
      {"another vendor's thought, and one that leads nowhere, are not sent",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"S","format":"anthropic-claude-v1"}]},{"role":"assistant","content":"","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"rs_1:S","format":"openai-responses-v1"}]},{"role":"user","content":"v"}])",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a"},{"role":"user","content":"v"}])"},
      {"thoughts go back between what built-in tools did, by their numbers",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","output_items":[{"type":"web_search_call","id":"ws_0"},{"type":"web_search_call","id":"ws_1"},{"type":"item_reference","id":"x"},{"type":"web_search_call","id":"ws_2"}],"output_item_thoughts":[1,1,2],"reasoning_details":[{"type":"reasoning.encrypted","data":"A","id":"rs_1","format":"openai-responses-v1"},{"type":"reasoning.encrypted","data":"B","id":"rs_2","format":"openai-responses-v1"},{"type":"reasoning.encrypted","data":"C","id":"rs_3","format":"openai-responses-v1"}]},{"role":"user","content":"v"}])", R"([{"role":"user","content":"u"},{"type":"web_search_call","id":"ws_0"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"A"},{"type":"web_search_call","id":"ws_1"},{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"B"},{"type":"web_search_call","id":"ws_2"},{"type":"reasoning","id":"rs_3","summary":[],"encrypted_content":"C"},{"role":"assistant","content":"a"},{"role":"user","content":"v"}])"},
      {"numbers that cannot be true lose no thought",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","output_items":[{"type":"web_search_call","id":"ws_1"},{"type":"web_search_call","id":"ws_2"}],"output_item_thoughts":[99,-3,"x"],"reasoning_details":[{"type":"reasoning.encrypted","data":"A","id":"rs_1","format":"openai-responses-v1"}]},{"role":"user","content":"v"}])",
       R"([{"role":"user","content":"u"},{"type":"web_search_call","id":"ws_1"},{"type":"web_search_call","id":"ws_2"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"A"},{"role":"assistant","content":"a"},{"role":"user","content":"v"}])"},
      {"what built-in tools did comes back, references do not",
       R"([{"role":"user","content":"u"},{"role":"assistant","content":"a","output_items":[{"type":"web_search_call","id":"ws_1","status":"completed","x":1.0},{"type":"item_reference","id":"msg_of_another"},{"type":"message","role":"system"}]},{"role":"user","content":"v"}])",
       R"([{"role":"user","content":"u"},{"type":"web_search_call","id":"ws_1","status":"completed","x":1.0},{"role":"assistant","content":"a"},{"role":"user","content":"v"}])"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(bodyOf(byResponses("gpt-4o", c.messages)) == body(c.input));
    }
  }
}

TEST_CASE("call ids that Responses would refuse are shortened alike", "[openai][request]") {
  const std::string longId = "call_" + std::string(200, 'x');
  const std::string other = "call_" + std::string(199, 'x') + "y";
  const auto input = [](const std::string& id) {
    return bodyOf(byResponses(
        "gpt-4o", R"([{"role":"user","content":"u"},{"role":"assistant","tool_calls":[{"id":")" +
                      id + R"(","type":"function","function":{"name":"f","arguments":"{}"}}]},)" +
                      R"({"role":"tool","tool_call_id":")" + id + R"(","content":"r"}])"));
  };
  const std::string sent = input(longId);
  CHECK(sent.find(longId) == std::string::npos);
  const std::string key = R"("call_id":")";
  const std::size_t first = sent.find(key) + key.size();
  const std::size_t second = sent.find(key, first) + key.size();
  const std::string id = sent.substr(first, sent.find('"', first) - first);
  CHECK(id.size() <= 64);
  CHECK(sent.substr(second, sent.find('"', second) - second) == id);
  CHECK(input(other).find(id) == std::string::npos);
  CHECK(input(std::string(64, 'z')).find(std::string(64, 'z')) != std::string::npos);
}

TEST_CASE("what Responses cannot do is refused before it is sent", "[openai][request]") {
  for (
      const Request& request :
      {byResponses("gpt-4o", "", R"(,"n":2)"),
       byResponses(
           "gpt-4o",
           R"([{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}])"),
       byResponses("gpt-4o", R"([{"role":"user","content":[{"type":"video_url"}]}])")}) {
    const Exchange seen = runWhole(request, "");
    CHECK(seen.status == PAGODA_E_UNSUPPORTED);
  }
}

TEST_CASE("the operator's members win, and the host's limit", "[openai][request]") {
  Request request = byResponses(
      "gpt-5", "", R"(,"reasoning_effort":"high","service_tier":"priority","max_tokens":9000)",
      R"("body":{"reasoning_effort":"low"},"drop":["user"],"reasoning_summary":"auto","store":true)");
  request.extraJson = R"({"service_tier":"flex"})";
  request.maxOutputTokens = 500;
  request.stream = true;
  CHECK(bodyOf(request) ==
        body("",
             R"("reasoning":{"effort":"low","summary":"auto"},"service_tier":"flex","stream":true,)"
             R"("max_output_tokens":500,"store":true,"include":["reasoning.encrypted_content"])",
             "gpt-5"));
}

TEST_CASE("a count of tokens asks with what makes the prompt", "[openai][request]") {
  Request request = byResponses(
      "gpt-5", "",
      R"(,"max_tokens":50,"temperature":0,"stop":"x","user":"u","instructions":"i","tools":[{"type":"function","function":{"name":"f"}}])");
  request.countTokens = true;
  const Exchange seen = runWhole(request, R"({"object":"response.input_tokens","input_tokens":9})");
  CHECK(seen.url == "https://api.openai.com/v1/responses/input_tokens");
  CHECK(
      seen.body ==
      body(
          "",
          R"("tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}],"instructions":"i")",
          "gpt-5"));
  REQUIRE(seen.usage.has_value());
  CHECK(seen.usage->input_tokens == 9);
  for (const char* wrong : {"{}", R"({"input_tokens":-1})", R"({"input_tokens":"9"})", "[]"})
    CHECK(runWhole(request, wrong).status == PAGODA_E_PROTOCOL);
}
