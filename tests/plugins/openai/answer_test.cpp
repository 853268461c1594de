// What comes back from Responses, whole and streamed, beyond what the recordings hold.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/plugins/openai/gpt.h"

using namespace test;

namespace {

const std::string kCreated =
    R"({"type":"response.created","response":{"id":"r","model":"m","status":"in_progress","output":[]}})";

std::string response(const std::string& output, const std::string& more = "",
                     const std::string& status = "completed") {
  return R"({"object":"response","id":"r","model":"m","status":")" + status + R"(","output":[)" +
         output + "]" + more + "}";
}
std::string completed(const std::string& output = "", const std::string& more = "",
                      const std::string& status = "completed") {
  return R"({"type":"response.)" + status + R"(","response":)" + response(output, more, status) +
         "}";
}
std::string added(int index, const std::string& item) {
  return R"({"type":"response.output_item.added","output_index":)" + std::to_string(index) +
         R"(,"item":)" + item + "}";
}
std::string done(int index, const std::string& item) {
  return R"({"type":"response.output_item.done","output_index":)" + std::to_string(index) +
         R"(,"item":)" + item + "}";
}
std::string delta(const std::string& kind, int index, const std::string& text,
                  const std::string& more = "") {
  return R"({"type":"response.)" + kind + R"(.delta","output_index":)" + std::to_string(index) +
         R"(,"delta":")" + text + "\"" + more + "}";
}
std::string message(const std::string& text, const std::string& more = "") {
  return R"({"type":"message","content":[{"type":"output_text","text":")" + text + "\"" + more +
         "}]}";
}

Exchange whole(const std::string& text) {
  return runWhole(byResponses(), text);
}
Exchange stream(const std::vector<std::string>& events) {
  return runStream(byResponses(), events);
}

}  // namespace

TEST_CASE("items of built-in tools say how many signed thoughts came before them",
          "[openai][answer]") {
  const auto thought = [](const char* id) {
    return std::string(R"({"type":"reasoning","summary":[],"encrypted_content":"S","id":")") + id +
           "\"}";
  };
  const std::string search = R"({"type":"web_search_call","id":"ws"})";
  const std::string open = R"({"type":"reasoning","id":"rs","summary":[]})";
  const std::vector<std::string> items = {search,          thought("rs_1"), search,      open,
                                          thought("rs_2"), search,          message("a")};
  std::string output;
  std::vector<std::string> events = {kCreated};
  for (const std::string& item : items) {
    output += (output.empty() ? "" : ",") + item;
    events.push_back(done(static_cast<int>(events.size()) - 1, item));
  }
  events.push_back(completed(output));
  for (const Exchange& seen : {whole(response(output)), stream(events)}) {
    CHECK(seen.fault.empty());
    CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
          R"({"output_items":[)" + search + "]}" + R"({"output_items":[)" + search +
              R"(],"output_item_thoughts":[1]})" + R"({"output_items":[)" + search +
              R"(],"output_item_thoughts":[2]})");
  }
}

TEST_CASE("a response ends for the reason that it states", "[openai][answer]") {
  const struct {
    const char* name;
    std::string output, more, status;
    pagoda_finish finish;
    const char* word;
  } cases[] = {
      {"words", message("a"), "", "completed", PAGODA_FINISH_STOP, "completed"},
      {"a call", R"({"type":"function_call","call_id":"c","name":"f","arguments":"{}"})", "",
       "completed", PAGODA_FINISH_TOOL_CALLS, "completed"},
      {"the limit", message("a"), R"(,"incomplete_details":{"reason":"max_output_tokens"})",
       "incomplete", PAGODA_FINISH_LENGTH, "max_output_tokens"},
      {"the limit amid a call",
       R"({"type":"function_call","call_id":"c","name":"f","arguments":"{\"a"})",
       R"(,"incomplete_details":{"reason":"max_output_tokens"})", "incomplete",
       PAGODA_FINISH_LENGTH, "max_output_tokens"},
      {"the filter", "", R"(,"incomplete_details":{"reason":"content_filter"})", "incomplete",
       PAGODA_FINISH_FILTER, "content_filter"},
      {"a newer reason", message("a"), R"(,"incomplete_details":{"reason":"newer"})", "incomplete",
       PAGODA_FINISH_OTHER, "newer"},
  };
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.name) {
      for (const Exchange& seen : {whole(response(c.output, c.more, c.status)),
                                   stream({kCreated, completed(c.output, c.more, c.status)})}) {
        REQUIRE(seen.status == PAGODA_OK);
        CHECK(seen.fault == "");
        CHECK(seen.choices.at(0).reason == c.finish);
        CHECK(seen.choices.at(0).finish == c.word);
      }
    }
  }
}

TEST_CASE("a response that failed is an error of its cause", "[openai][answer]") {
  const struct {
    const char* code;
    pagoda_status status;
  } cases[] = {{"server_error", PAGODA_E_UNAVAILABLE},
               {"rate_limit_exceeded", PAGODA_E_RATE_LIMIT},
               {"insufficient_quota", PAGODA_E_QUOTA},
               {"context_length_exceeded", PAGODA_E_CONTEXT_LENGTH},
               {"invalid_prompt", PAGODA_E_CONTENT_FILTER},
               {"image_content_policy_violation", PAGODA_E_CONTENT_FILTER},
               {"invalid_image_format", PAGODA_E_INVALID_REQUEST},
               {"a_newer_code", PAGODA_E_UNAVAILABLE}};
  for (const auto& c : cases) {
    INFO(c.code);
    const std::string error =
        R"({"code":")" + std::string(c.code) + R"(","message":"sorry","param":null})";
    const std::string failed = R"(,"error":)" + error;
    const std::string flat = R"({"type":"error",)" + error.substr(1);
    for (const Exchange& seen :
         {whole(response("", failed, "failed")),
          stream({kCreated, delta("output_text", 0, "a"), completed("", failed, "failed")}),
          stream({kCreated, flat}), stream({R"({"type":"error","error":)" + error + "}"})}) {
      CHECK(seen.status == c.status);
      CHECK(std::string(seen.error.message) == "sorry");
    }
  }
}

TEST_CASE("what is no response is refused", "[openai][answer]") {
  for (const char* text :
       {"", "{}", "[]", "null", "{", R"({"object":"chat.completion","choices":[]})",
        R"({"object":"response","output":[1]})", R"({"object":"response","status":"in_progress"})",
        R"({"object":"response","output":[{"type":"function_call","call_id":"c"}]})",
        "{\"object\":\"response\",\"id\":\"\xff\"}"}) {
    INFO(text);
    CHECK(whole(text).status == PAGODA_E_PROTOCOL);
  }
  for (const char* event :
       {"1", "{", R"({"type":"response.completed"})",
        R"({"type":"response.completed","response":1})",
        R"({"type":"response.output_item.done","output_index":0,"item":7})",
        R"({"type":"response.output_item.done","output_index":99999999,"item":{}})",
        R"({"type":"response.output_text.delta","output_index":-9,"delta":"a"})"}) {
    INFO(event);
    CHECK(stream({kCreated, event}).status == PAGODA_E_PROTOCOL);
  }
  CHECK(stream({kCreated, delta("output_text", 0, "a"), "[DONE]"}).status == PAGODA_E_PROTOCOL);
}

TEST_CASE("a refusal is one, whole or in pieces", "[openai][answer]") {
  const std::string item =
      R"({"type":"message","content":[{"type":"refusal","refusal":"I will not"}]})";
  for (const Exchange& seen :
       {whole(response(item)),
        stream({kCreated, delta("refusal", 0, "I will "), delta("refusal", 0, "not"), done(0, item),
                completed(item)})}) {
    CHECK(seen.choices.at(0).refusal == "I will not");
    CHECK(seen.choices.at(0).text == "");
    CHECK(seen.choices.at(0).reason == PAGODA_FINISH_STOP);
  }
}

TEST_CASE("what a stream brought in pieces is not said again at its end", "[openai][answer]") {
  const std::string call =
      R"({"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"})";
  const std::string begun = R"({"type":"function_call","call_id":"c","name":"f","arguments":""})";
  const Exchange seen = stream({kCreated, delta("output_text", 0, "one "),
                                delta("output_text", 0, "two"), done(0, message("one two")),
                                added(1, begun), delta("function_call_arguments", 1, R"({\"a\":)"),
                                delta("function_call_arguments", 1, "1}"), done(1, call),
                                completed(message("one two") + "," + call)});
  REQUIRE(seen.status == PAGODA_OK);
  CHECK(seen.choices.at(0).text == "one two");
  CHECK(seen.choices.at(0).tools == std::vector<ToolCall>{{"c", "f", R"({"a":1})", false}});
  // Items that came without pieces, or only at the end.
  const Exchange bare =
      stream({kCreated, done(0, message("one")), completed(message("one") + "," + call)});
  CHECK(bare.choices.at(0).text == "one");
  CHECK(bare.choices.at(0).tools.size() == 1);
  // Pieces of a call that was never announced.
  const Exchange late =
      stream({kCreated, delta("function_call_arguments", 0, "{"), done(0, call), completed(call)});
  CHECK(late.choices.at(0).tools == std::vector<ToolCall>{{"c", "f", R"({"a":1})", false}});
}

TEST_CASE("custom calls are functions for a client that knows none", "[openai][answer]") {
  const std::string call =
      R"({"type":"custom_tool_call","call_id":"c","name":"f","input":"say \"x\""})";
  const std::string begun = R"({"type":"custom_tool_call","call_id":"c","name":"f","input":""})";
  const std::vector<std::string> events = {kCreated,
                                           added(0, begun),
                                           delta("custom_tool_call_input", 0, "say "),
                                           delta("custom_tool_call_input", 0, R"(\"x\")"),
                                           done(0, call),
                                           completed(call)};
  const ToolCall function{"c", "f", R"({"input":"say \"x\""})", false};
  CHECK(whole(response(call)).choices.at(0).tools == std::vector<ToolCall>{function});
  CHECK(stream(events).choices.at(0).tools == std::vector<ToolCall>{function});
  const Request knows =
      byResponses("gpt-5", "", R"(,"tools":[{"type":"custom","custom":{"name":"f"}}])");
  const ToolCall custom{"c", "f", R"(say "x")", true};
  CHECK(runWhole(knows, response(call)).choices.at(0).tools == std::vector<ToolCall>{custom});
  CHECK(runStream(knows, events).choices.at(0).tools == std::vector<ToolCall>{custom});
}

TEST_CASE("thoughts are apart from each other and end with their content", "[openai][answer]") {
  const std::string item =
      R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"X"})";
  const std::string first = R"(,"summary_index":0)";
  const std::string second = R"(,"summary_index":1)";
  for (const Exchange& seen :
       {whole(response(item)), stream({kCreated, delta("reasoning_summary_text", 0, "a", first),
                                       delta("reasoning_summary_text", 0, "b", second),
                                       done(0, item), completed(item)})}) {
    CHECK(seen.choices.at(0).reasoning == "a\n\nb");
    CHECK(seen.choices.at(0).signature.find("rs_1:X") != std::string::npos);
    CHECK(seen.choices.at(0).signature.find("openai-responses-v1") != std::string::npos);
  }
  const Exchange raw =
      stream({kCreated, delta("reasoning_text", 0, "h", R"(,"content_index":0)"),
              delta("reasoning_text", 0, "m", R"(,"content_index":0)"), completed()});
  CHECK(raw.choices.at(0).reasoning == "hm");
}

TEST_CASE("citations and odds have chat completions' form", "[openai][answer]") {
  const std::string cited = message(
      "two",
      R"(,"annotations":[{"type":"url_citation","start_index":0,"end_index":2,"url":"u","title":"t"},{"type":"file_citation","file_id":"f","index":1}],"logprobs":[{"token":"two","logprob":-0.5,"top_logprobs":[{"token":"2","logprob":-1}]}])");
  const Exchange seen = whole(response(message("é") + "," + cited));
  CHECK(seen.choices.at(0).text == "é\n\ntwo");
  CHECK(
      seen.extraAt(PAGODA_EXTRA_MESSAGE)
          .find(
              R"("annotations":[{"type":"url_citation","url_citation":{"start_index":3,"end_index":5,"url":"u","title":"t"}}])") !=
      std::string::npos);
  CHECK(seen.extraAt(PAGODA_EXTRA_MESSAGE)
            .find(R"("output_annotations":[{"type":"file_citation","file_id":"f","index":1}])") !=
        std::string::npos);
  CHECK(
      seen.extraAt(PAGODA_EXTRA_CHOICE)
          .find(
              R"({"token":"two","logprob":-0.5,"top_logprobs":[{"token":"2","logprob":-1,"bytes":null}],"bytes":null})") !=
      std::string::npos);
}

TEST_CASE("a citation without a place or a title is still one of chat completions",
          "[openai][answer]") {
  const Exchange seen =
      whole(response(message("a", R"(,"annotations":[{"type":"url_citation","url":"u"}])")));
  CHECK(
      seen.extraAt(PAGODA_EXTRA_MESSAGE) ==
      R"({"annotations":[{"type":"url_citation","url_citation":{"url":"u","start_index":0,"end_index":0,"title":"u"}}]})");
}

TEST_CASE("usage counts what is cached and thought", "[openai][answer]") {
  const Exchange seen = whole(response(
      message("a"),
      R"(,"service_tier":"flex","instructions":"secret","usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3,"x":1},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":15},"total_tokens":30})"));
  REQUIRE(seen.usage.has_value());
  CHECK(seen.usage->input_tokens == 10);
  CHECK(seen.usage->cache_read_tokens == 4);
  CHECK(seen.usage->cache_write_tokens == 3);
  CHECK(seen.usage->output_tokens == 20);
  CHECK(seen.usage->reasoning_tokens == 15);
  CHECK(seen.extraAt(PAGODA_EXTRA_USAGE) == R"({"prompt_tokens_details":{"x":1}})");
  CHECK(seen.extraAt(PAGODA_EXTRA_ANSWER) == R"({"service_tier":"flex"})");
  const Exchange absurd =
      whole(response(message("a"), R"(,"usage":{"input_tokens":-1,"output_tokens":99999999999})"));
  CHECK((absurd.usage->flags & PAGODA_USAGE_ABSURD) != 0);
}
