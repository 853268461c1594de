// What goes out: turns, blocks, tools and marks for one request of OpenAI's dialect.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/anthropic/claude.h"

using namespace test;

namespace {

std::string bodyOf(const Request& request) {
  return runWhole(request, kAnswer).body;
}

// The part of the body that a case is about.
std::string memberOf(const Request& request, std::string_view member) {
  const std::string body = bodyOf(request);
  std::string found;
  pagoda::json::Reader reader(body);
  reader.object([&](std::string_view key, pagoda::json::Reader& value) {
    if (key == member) found = value.raw();
  });
  reader.finish();
  return found;
}

pagoda_status statusOf(const Request& request) {
  return runWhole(request, kAnswer).status;
}

}  // namespace

TEST_CASE("a plain request is written in Anthropic's form", "[anthropic][request]") {
  CHECK(bodyOf(claude("claude-sonnet-4-5",
                      R"([{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}])",
                      R"(,"max_tokens":9,"temperature":1.5,"stop":["\n\n","END"],"user":"u1")")) ==
        R"({"model":"claude-sonnet-4-5","max_tokens":9,"stop_sequences":["END"],"temperature":1,)"
        R"("metadata":{"user_id":"u1"},"system":[{"type":"text","text":"Be brief."}],)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})");
}

TEST_CASE("messages become alternating turns", "[anthropic][request]") {
  const struct {
    const char* name;
    const char* messages;
    const char* expected;
  } cases[] = {
      {"neighbours of one role are joined",
       R"([{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"}])",
       R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":[{"type":"text","text":"c"}]}])"},
      {"system texts leave the conversation",
       R"([{"role":"user","content":"a"},{"role":"developer","content":"x"},{"role":"user","content":"b"}])",
       R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])"},
      {"blank texts are left out, and turns of nothing else",
       R"([{"role":"user","content":"a"},{"role":"assistant","content":" \n"},{"role":"user","content":"b"}])",
       R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])"},
      {"white space at the end of the last assistant turn goes",
       R"([{"role":"user","content":"a "},{"role":"assistant","content":"b \n"}])",
       R"([{"role":"user","content":[{"type":"text","text":"a "}]},{"role":"assistant","content":[{"type":"text","text":"b"}]}])"},
      {"a system text alone gets a turn to answer", R"([{"role":"system","content":"x"}])",
       R"([{"role":"user","content":[{"type":"text","text":"."}]}])"},
      {"results of tools stand first and together",
       R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":""}}]},{"role":"user","content":"and"},{"role":"tool","tool_call_id":"b","content":"2"},{"role":"tool","tool_call_id":"a","content":""}])",
       R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x": 1}},{"type":"tool_use","id":"b","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"b","content":[{"type":"text","text":"2"}]},{"type":"tool_result","tool_use_id":"a"},{"type":"text","text":"and"}]}])"},
      {"arguments that are no object become the member of one",
       R"([{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]}])",
       R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"input":"{\"x\":"}}]}])"},
      {"foreign ids are written so that they fit, calls and results alike",
       R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"f:1.2","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"f:1.2","content":"2"}])",
       R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"pgd_f_3a1_2e2","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"pgd_f_3a1_2e2","content":[{"type":"text","text":"2"}]}]}])"},
      {"ids that come again are told apart", R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"id":"c0","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c0","content":"1"},{"role":"assistant","content":null,"tool_calls":[{"id":"c0","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c0","content":"2"}])", R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c0","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c0","content":[{"type":"text","text":"1"}]}]},{"role":"assistant","content":[{"type":"tool_use","id":"c0-again1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c0-again1","content":[{"type":"text","text":"2"}]}]}])"},
      {"calls of the form before tools",
       R"([{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"2"}])",
       R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"call_function_1","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_function_1","content":[{"type":"text","text":"2"}]}]}])"},
      {"failed tools say so",
       R"([{"role":"assistant","content":"x"},{"role":"tool","tool_call_id":"a","content":"bad","is_error":true}])",
       R"([{"role":"assistant","content":[{"type":"text","text":"x"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"bad"}],"is_error":true}]}])"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(memberOf(claude("claude-sonnet-4-5", c.messages), "messages") == c.expected);
    }
  }
}

TEST_CASE("images and files become blocks", "[anthropic][request]") {
  const struct {
    const char* name;
    const char* part;
    const char* expected;
  } cases[] = {
      {"image data", R"({"type":"image_url","image_url":{"url":"data:image/jpg;base64,QUJD"}})",
       R"({"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QUJD"}})"},
      {"image address", R"({"type":"image_url","image_url":{"url":"https://example.com/a.png"}})",
       R"({"type":"image","source":{"type":"url","url":"https://example.com/a.png"}})"},
      {"PDF",
       R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="},"cache_control":{"type":"ephemeral"}})",
       R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"title":"a.pdf","cache_control":{"type":"ephemeral"}})"},
      {"PDF without its type", R"({"type":"file","file":{"file_data":"JVBERi0="}})",
       R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}})"},
      {"plain text",
       R"({"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,5pel5pys"},"citations":{"enabled":true}})",
       R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"日本"},"title":"a.txt","citations":{"enabled":true}})"},
      {"file by id", R"({"type":"file","file":{"file_id":"file_1"}})",
       R"({"type":"document","source":{"type":"file","file_id":"file_1"}})"},
      {"a block of Anthropic's own",
       R"({"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"},"context":"x"})",
       R"({"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"},"context":"x"})"},
      {"a marked text",
       R"({"type":"text","text":"t","cache_control":{"type":"ephemeral","ttl":"1h"}})",
       R"({"type":"text","text":"t","cache_control":{"type":"ephemeral","ttl":"1h"}})"},
      {"citations have no place in a user's text",
       R"({"type":"text","text":"t","citations":[{"x":1}]})", R"({"type":"text","text":"t"})"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const std::string content = R"({"role":"user","content":[)" + std::string(c.part) + "]}";
      const std::string expected = R"({"role":"user","content":[)" + std::string(c.expected) + "]}";
      CHECK(memberOf(claude("claude-sonnet-4-5", "[" + content + "]"), "messages") ==
            "[" + expected + "]");
    }
  }
}

TEST_CASE("a result of a tool holds images as well", "[anthropic][request]") {
  const std::string messages = memberOf(
      claude(
          "claude-sonnet-4-5",
          R"([{"role":"user","content":"q"},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}}]}])"),
      "messages");
  CHECK(
      messages.find(
          R"({"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"see"},{"type":"image",)") !=
      std::string::npos);
}

TEST_CASE("what Claude cannot take is refused before anything is sent", "[anthropic][request]") {
  const char* const parts[] = {
      R"({"type":"input_audio","input_audio":{"data":"QUJD","format":"wav"}})",
      R"({"type":"image_url","image_url":{"url":"data:image/bmp;base64,QUJD"}})",
      R"({"type":"image_url","image_url":{"url":"gs://bucket/a.png"}})",
      R"({"type":"file","file":{"filename":"a.docx","file_data":"data:application/msword;base64,QUJD"}})",
      R"({"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,/w=="}})",
      R"({"type":"video_url","video_url":{"url":"https://example.com/a.mp4"}})",
  };
  for (const char* part : parts) {
    INFO(part);
    const std::string messages = R"([{"role":"user","content":[)" + std::string(part) + "]}]";
    CHECK(statusOf(claude("claude-sonnet-4-5", messages)) == PAGODA_E_UNSUPPORTED);
  }
  CHECK(statusOf(claude("claude-sonnet-4-5", "", R"(,"n":2)")) == PAGODA_E_UNSUPPORTED);
}

TEST_CASE("tools keep their order, their schemas' bytes and Anthropic's own members",
          "[anthropic][request]") {
  const struct {
    const char* name;
    const char* tools;
    const char* expected;
  } cases[] = {
      {"schemas keep their bytes",
       R"([{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object", "properties":{"n":{"type":"number","maximum":18446744073709551616}}}}}])",
       R"([{"name":"f","description":"d","input_schema":{"type":"object", "properties":{"n":{"type":"number","maximum":18446744073709551616}}}}])"},
      {"no parameters", R"([{"type":"function","function":{"name":"f"}}])",
       R"([{"name":"f","input_schema":{"type":"object","properties":{}}}])"},
      {"a schema says that it is an object",
       R"([{"type":"function","function":{"name":"f","parameters":{"properties":{}}}}])",
       R"([{"name":"f","input_schema":{"properties":{},"type":"object"}}])"},
      {"marks, beside the function or in it",
       R"([{"type":"function","function":{"name":"f","cache_control":{"type":"ephemeral"}}},{"type":"function","function":{"name":"g"},"cache_control":{"type":"ephemeral","ttl":"1h"},"defer_loading":true}])",
       R"([{"name":"f","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}},{"name":"g","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral","ttl":"1h"},"defer_loading":true}])"},
      {"Anthropic's tools pass, other vendors' do not",
       R"([{"type":"web_search_20250305","name":"web_search","max_uses":2},{"type":"function","function":{"name":"f"}},{"type":"web_search_preview"}])",
       R"([{"type":"web_search_20250305","name":"web_search","max_uses":2},{"name":"f","input_schema":{"type":"object","properties":{}}}])"},
      {"strict where the schema allows",
       R"([{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}},{"type":"function","function":{"name":"g","strict":true,"parameters":{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"additionalProperties":false}}}])",
       R"([{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"strict":true},{"name":"g","input_schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"additionalProperties":false}}])"},
      {"free text of a custom tool is the one member of its input",
       R"([{"type":"custom","custom":{"name":"f","description":"d"}}])",
       R"([{"name":"f","description":"d","input_schema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}])"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const std::string more = R"(,"tools":)" + std::string(c.tools);
      CHECK(memberOf(claude("claude-sonnet-4-5", "", more), "tools") == c.expected);
    }
  }
  CHECK(memberOf(claude("claude-sonnet-4-5", "",
                        R"(,"functions":[{"name":"f","parameters":{"type":"object"}}])"),
                 "tools") == R"([{"name":"f","input_schema":{"type":"object"}}])");
}

TEST_CASE("the choice of a tool and the ban on parallel calls are one member",
          "[anthropic][request]") {
  const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
  const struct {
    const char* more;
    const char* expected;
  } cases[] = {
      {R"(,"tool_choice":"auto")", ""},
      {R"(,"tool_choice":"none","parallel_tool_calls":false)", R"({"type":"none"})"},
      {R"(,"tool_choice":"required")", R"({"type":"any"})"},
      {R"(,"tool_choice":{"type":"function","function":{"name":"f"}})",
       R"({"type":"tool","name":"f"})"},
      {R"(,"parallel_tool_calls":false)", R"({"type":"auto","disable_parallel_tool_use":true})"},
      {R"(,"parallel_tool_calls":false,"tool_choice":"required")",
       R"({"type":"any","disable_parallel_tool_use":true})"},
  };
  for (const auto& c : cases) {
    INFO(c.more);
    CHECK(memberOf(claude("claude-sonnet-4-5", "", tools + c.more), "tool_choice") == c.expected);
  }
  CHECK(memberOf(claude("claude-sonnet-4-5", "", R"(,"tool_choice":"required")"), "tool_choice") ==
        "");
  CHECK(statusOf(claude("claude-opus-5-5", "", tools + R"(,"tool_choice":"required")")) ==
        PAGODA_E_UNSUPPORTED);
}

TEST_CASE("a bound on the answer is always sent", "[anthropic][request]") {
  Request host = claude("claude-sonnet-4-5", "", R"(,"max_tokens":900)");
  host.maxOutputTokens = 7;
  CHECK(memberOf(host, "max_tokens") == "7");
  CHECK(memberOf(claude(), "max_tokens") == "8192");
  CHECK(memberOf(claude("claude-3-haiku-20240307"), "max_tokens") == "4096");
  CHECK(memberOf(claude("claude-sonnet-5", "", "", R"("default_max_tokens":100)"), "max_tokens") ==
        "100");
}

TEST_CASE("Anthropic's own members of a request pass, but none that makes it dearer",
          "[anthropic][request]") {
  Request request = claude(
      "claude-opus-4-8", "",
      R"(,"context_management":{"edits":[]},"container":"c1","mcp_servers":[],"speed":"fast","inference_geo":"us","service_tier":"flex","metadata":{"user_id":"u","team":"t"},"seed":4,"logit_bias":{},"frequency_penalty":1,"betas":["a-2026-01-01","fast-mode-2026-01-01","x\r\ny"])");
  CHECK(bodyOf(request) ==
        R"({"model":"claude-opus-4-8","max_tokens":8192,"metadata":{"user_id":"u"},)"
        R"("context_management":{"edits":[]},"container":"c1","mcp_servers":[],)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})");
  CHECK(runWhole(request, kAnswer).headers["anthropic-beta"] == "a-2026-01-01");
  request.extraJson = R"({"speed":"fast","service_tier":"standard_only","messages":[]})";
  const std::string body = bodyOf(request);
  CHECK(body.find(R"("speed":"fast")") != std::string::npos);
  CHECK(body.find(R"("service_tier":"standard_only")") != std::string::npos);
  CHECK(body.find(R"("messages":[])") == std::string::npos);
}

TEST_CASE("automatic cache marks stand where a prefix ends, unless the client marks",
          "[anthropic][request]") {
  const std::string settings = R"("auto_cache":"1h")";
  const std::string mark = R"("cache_control":{"type":"ephemeral","ttl":"1h"})";
  const std::string messages =
      R"([{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}])";
  CHECK(memberOf(claude("claude-sonnet-4-5", messages, "", settings), "system") ==
        R"([{"type":"text","text":"s",)" + mark + "}]");
  const std::string marked =
      memberOf(claude("claude-sonnet-4-5", messages, "", settings), "messages");
  CHECK(
      marked ==
      R"([{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"c",)" +
          mark + "}]}]");
  const std::string own =
      R"([{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}])";
  CHECK(bodyOf(claude("claude-sonnet-4-5", own, "", settings)).find("1h") == std::string::npos);
  CHECK(
      memberOf(claude("claude-sonnet-4-5",
                      R"([{"role":"user","content":"a","cache_control":{"type":"ephemeral"}}])"),
               "messages") ==
      R"([{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}])");
}

TEST_CASE("every recorded request of OpenAI's dialect becomes one JSON object, or is refused",
          "[anthropic][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int written = 0;
  for (const char* provider : {"openai", "openrouter", "groq", "mistral", "deepseek"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      for (const char* model :
           {"claude-3-5-haiku-latest", "claude-sonnet-4-5", "claude-opus-5-5"}) {
        Request request = claude(model, "", "", R"("auto_cache":"5m")");
        request.rawJson = recording.requestBody;
        if (recording.endpoint != "chat.completions" || !accepts(request)) continue;
        const Exchange seen = runWhole(request, kAnswer);
        INFO(provider << "/" << recording.file << " " << seen.error.message);
        if (seen.status == PAGODA_E_UNSUPPORTED) continue;
        ++written;
        CHECK(seen.status == PAGODA_OK);
        CHECK(pagoda::json::valid(seen.body));
      }
    }
  }
  CHECK(written > 500);
}
