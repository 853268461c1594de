// What one model takes and another refuses: sampling, thinking, the form of the answer.
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/anthropic/claude.h"

using namespace test;

namespace {

// The members of the body that belong together here, in the order of the body.
std::string pick(const Request& request, std::initializer_list<std::string_view> members) {
  const std::string body = runWhole(request, kAnswer).body;
  std::string found;
  pagoda::json::Reader reader(body);
  reader.object([&](std::string_view key, pagoda::json::Reader& value) {
    for (const std::string_view member : members) {
      if (key != member) continue;
      if (!found.empty()) found += ' ';
      found += std::string(key) + "=" + std::string(value.raw());
    }
  });
  return found;
}

}  // namespace

TEST_CASE("sampling parameters go only where they are taken", "[anthropic][models]") {
  const struct {
    const char* model;
    const char* more;
    const char* settings;
    const char* expected;
  } cases[] = {
      {"claude-sonnet-4-5", R"(,"temperature":0.3,"top_p":0.5)", "", "temperature=0.3"},
      {"claude-sonnet-4-5", R"(,"top_p":0.5,"top_k":3)", "", "top_p=0.5 top_k=3"},
      {"claude-sonnet-4-5", R"(,"temperature":0.3,"top_k":3)", R"("version":"2026-10-21")", ""},
      {"claude-opus-4-6", R"(,"temperature":0.3)", "", "temperature=0.3"},
      {"claude-opus-4-7", R"(,"temperature":0.3)", "", ""},
      {"claude-sonnet-5", R"(,"temperature":1,"top_k":3)", "", ""},
      {"claude-fable-5-1", R"(,"top_p":0.5)", "", ""},
      {"claude-3-5-sonnet@20240620", R"(,"temperature":0)", "", "temperature=0"},
      {"deepseek-chat", R"(,"temperature":0.3)", "", "temperature=0.3"},
      {"claude-sonnet-4-5", R"(,"temperature":0.3,"reasoning_effort":"low")", "", ""},
      {"claude-opus-4-6", R"(,"temperature":0.3,"reasoning_effort":"low")", "", ""},
      {"claude-opus-4-6", R"(,"temperature":0.3,"reasoning_effort":"none")", "", "temperature=0.3"},
  };
  for (const auto& c : cases) {
    INFO(c.model << c.more << c.settings);
    CHECK(pick(claude(c.model, "", c.more, c.settings), {"temperature", "top_p", "top_k"}) ==
          c.expected);
  }
}

TEST_CASE("thinking is asked for as the model knows it", "[anthropic][models]") {
  const struct {
    const char* model;
    const char* more;
    const char* expected;
  } cases[] = {
      {"claude-3-5-haiku-latest", R"(,"reasoning_effort":"high")", ""},
      {"claude-3-7-sonnet-20250219", R"(,"reasoning_effort":"minimal")",
       R"(thinking={"type":"enabled","budget_tokens":1024})"},
      {"claude-sonnet-4-5", R"(,"reasoning_effort":"high")",
       R"(thinking={"type":"enabled","budget_tokens":4096})"},
      {"claude-sonnet-4-5", R"(,"reasoning_effort":"high","max_tokens":2000)",
       R"(thinking={"type":"enabled","budget_tokens":1999})"},
      {"claude-sonnet-4-5", R"(,"reasoning_effort":"high","max_tokens":1024)", ""},
      {"claude-sonnet-4-5", R"(,"reasoning":{"max_tokens":3000})",
       R"(thinking={"type":"enabled","budget_tokens":3000})"},
      {"claude-sonnet-4-5", R"(,"reasoning":{"enabled":true})",
       R"(thinking={"type":"enabled","budget_tokens":2048})"},
      {"claude-sonnet-4-5", R"(,"reasoning_effort":"none")", R"(thinking={"type":"disabled"})"},
      {"claude-sonnet-4-5", R"(,"thinking":{"type":"adaptive"})",
       R"(thinking={"type":"enabled","budget_tokens":2048})"},
      {"claude-opus-4-6", R"(,"reasoning_effort":"xhigh")",
       R"(thinking={"type":"adaptive"} output_config={"effort":"high"})"},
      {"claude-opus-4-6", R"(,"thinking":{"type":"enabled","budget_tokens":5000})",
       R"(thinking={"type":"enabled","budget_tokens":5000})"},
      {"claude-opus-4-7", R"(,"thinking":{"type":"enabled","budget_tokens":5000})",
       R"(thinking={"type":"adaptive","display":"summarized"} output_config={"effort":"medium"})"},
      {"claude-opus-4-8", R"(,"reasoning_effort":"xhigh")",
       R"(thinking={"type":"adaptive","display":"summarized"} output_config={"effort":"xhigh"})"},
      {"claude-sonnet-5", R"(,"thinking":{"type":"adaptive","display":"omitted"})",
       R"(thinking={"type":"adaptive","display":"omitted"})"},
      {"claude-sonnet-5",
       R"(,"reasoning_effort":"low","output_config":{"effort":"max","task_budget":{"total":5}})",
       R"(thinking={"type":"adaptive","display":"summarized"} output_config={"effort":"max","task_budget":{"total":5}})"},
      {"claude-sonnet-5", R"(,"reasoning_effort":"none")", R"(thinking={"type":"disabled"})"},
      {"claude-opus-5-5", R"(,"reasoning_effort":"none")", R"(thinking={"type":"between_tools"})"},
      {"claude-opus-5-5", R"(,"thinking":{"type":"newer","x":1})",
       R"(thinking={"type":"newer","x":1})"},
  };
  for (const auto& c : cases) {
    INFO(c.model << c.more);
    CHECK(pick(claude(c.model, "", c.more), {"thinking", "output_config"}) == c.expected);
  }
  CHECK(pick(claude("my-alias", "", R"(,"reasoning_effort":"low")", R"("thinking":"adaptive")"),
             {"thinking"}) == R"(thinking={"type":"adaptive"})");
  CHECK(
      pick(claude("claude-sonnet-4-5", "", R"(,"reasoning_effort":"low")", R"("thinking":"none")"),
           {"thinking"}) == "");
}

TEST_CASE("thinking that clients carry back goes first in its turn", "[anthropic][models]") {
  const std::string call =
      R"("content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}])";
  const std::string before = R"([{"role":"user","content":"q"},{"role":"assistant",)" + call;
  const std::string after = R"(},{"role":"tool","tool_call_id":"a","content":"2"}])";
  const std::string tool =
      R"({"type":"text","text":"t"},{"type":"tool_use","id":"a","name":"f","input":{}}]})";
  const std::string effort = R"(,"reasoning_effort":"low")";
  const struct {
    const char* name;
    const char* carried;
    const char* blocks;
  } cases[] = {
      {"litellm's blocks",
       R"(,"reasoning_content":"why","thinking_blocks":[{"type":"thinking","thinking":"why","signature":"sig"},{"type":"redacted_thinking","data":"xx"}])",
       R"({"type":"thinking","thinking":"why","signature":"sig"},{"type":"redacted_thinking","data":"xx"},)"},
      {"OpenRouter's details",
       R"(,"reasoning_details":[{"type":"reasoning.text","text":"why","signature":"sig","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"openai","format":"openai-responses-v1"}])",
       R"({"type":"thinking","thinking":"why","signature":"sig"},)"},
      {"server tools' blocks",
       R"(,"thinking_blocks":[{"type":"thinking","thinking":"why","signature":"sig"}],"content_blocks":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"fallback"}])",
       R"({"type":"thinking","thinking":"why","signature":"sig"},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]},)"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const Request request = claude("claude-sonnet-4-5", before + c.carried + after, effort);
      const std::string seen = pick(request, {"thinking", "messages"});
      INFO(seen);
      CHECK(seen.find(R"({"role":"assistant","content":[)" + std::string(c.blocks) + tool) !=
            std::string::npos);
      CHECK(seen.starts_with("thinking="));
    }
  }
  SECTION("where the client dropped it, a budget is not set within the loop of tools") {
    const std::string dropped = before + R"(,"reasoning_content":"why")" + after;
    CHECK(pick(claude("claude-sonnet-4-5", dropped, effort), {"thinking"}) == "");
    CHECK(pick(claude("claude-sonnet-4-6", dropped, effort), {"thinking"}) ==
          R"(thinking={"type":"adaptive"})");
  }
  SECTION("a forced tool goes before a budget") {
    CHECK(
        pick(
            claude(
                "claude-sonnet-4-5", "",
                effort +
                    R"(,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required")"),
            {"thinking", "tool_choice"}) == R"(tool_choice={"type":"any"})");
  }
}

TEST_CASE("the form of the answer is asked for as the model knows it", "[anthropic][models]") {
  const std::string schema =
      R"({"type":"object","properties":{"n":{"type":"integer","minimum":1,"description":"how many"},"kind":{"oneOf":[{"type":"string","minLength":2},{"type":"null"}]}},"required":["n"]})";
  const std::string format =
      R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":)" + schema +
      "}}";
  SECTION("natively, in Anthropic's part of JSON schema") {
    CHECK(
        pick(claude("claude-sonnet-4-5", "", format), {"output_config", "tools", "system"}) ==
        R"(output_config={"format":{"type":"json_schema","schema":{"type":"object","properties":{"n":{"type":"integer","description":"how many\n\n{minimum: 1}"},"kind":{"anyOf":[{"type":"string","description":"{minLength: 2}"},{"type":"null"}]}},"required":["n"],"additionalProperties":false}}})");
  }
  SECTION("by a tool where the model has no such form") {
    CHECK(
        pick(claude("claude-3-7-sonnet-20250219", "", format),
             {"output_config", "tools", "tool_choice", "system"}) ==
        R"(tools=[{"name":"answer_in_schema","description":"Gives the answer to the user.","input_schema":)" +
            schema +
            R"(}] tool_choice={"type":"tool","name":"answer_in_schema","disable_parallel_tool_use":true})");
    CHECK(pick(claude("claude-3-7-sonnet-20250219", "",
                      format + R"(,"tools":[{"type":"function","function":{"name":"f"}}])"),
               {"tool_choice"}) == R"(tool_choice={"type":"any"})");
  }
  SECTION("in words where a tool would stand in the way") {
    for (const char* more :
         {R"(,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required")",
          R"(,"reasoning_effort":"low")"}) {
      const std::string seen = pick(claude("claude-3-7-sonnet-20250219", "", format + more),
                                    {"system", "output_config"});
      CHECK(seen.find("valid by this JSON schema") != std::string::npos);
    }
  }
  SECTION("a map of free names fits in no closed schema") {
    const std::string map =
        R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","additionalProperties":{"type":"string"}}}})";
    CHECK(pick(claude("claude-sonnet-4-5", "", map), {"output_config"}) == "");
    CHECK(pick(claude("claude-sonnet-4-5", "", map), {"tool_choice"}).find("answer_in_schema") !=
          std::string::npos);
  }
  SECTION("any JSON in words alone") {
    const std::string seen =
        pick(claude("claude-sonnet-4-5",
                    R"([{"role":"system","content":"s"},{"role":"user","content":"u"}])",
                    R"(,"response_format":{"type":"json_object"})"),
             {"system", "output_config"});
    CHECK(seen.starts_with(
        R"(system=[{"type":"text","text":"s"},{"type":"text","text":"Answer with one JSON)"));
  }
}

TEST_CASE("an answer by the schema's tool is text to the client", "[anthropic][models]") {
  const Request request = claude(
      "claude-3-7-sonnet-20250219", "",
      R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}})");
  const Exchange whole = runWhole(
      request,
      R"({"type":"message","id":"m","model":"c","content":[{"type":"tool_use","id":"t","name":"answer_in_schema","input":{"a":1}},{"type":"tool_use","id":"t2","name":"answer_in_schema","input":{"a":2}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}})");
  CHECK(whole.choices.at(0).text == R"({"a":1})");
  CHECK(whole.choices.at(0).tools.empty());
  CHECK(whole.choices.at(0).reason == PAGODA_FINISH_STOP);
  const Exchange stream = runStream(
      request,
      {R"({"type":"message_start","message":{"id":"m","model":"c","content":[]}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"answer_in_schema","input":{}}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":":1}"}})",
       R"({"type":"content_block_stop","index":0})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":4}})",
       R"({"type":"message_stop"})"});
  CHECK(stream.choices.at(0).text == R"({"a":1})");
  CHECK(stream.choices.at(0).reason == PAGODA_FINISH_STOP);
}
