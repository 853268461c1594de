#include "core/api/json_body.h"
#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"
#include "tests/support/fake_http.h"

using namespace pagoda;
using namespace pagoda::api;
using namespace pagoda::testing;

namespace {

Outcome outcomeWith(AnswerChoice choice) {
  Outcome outcome;
  outcome.model = "small";
  outcome.answer.upstreamModel = "small-id";
  outcome.answer.choices.push_back(std::move(choice));
  return outcome;
}

AnswerChoice said(std::string text) {
  AnswerChoice choice;
  choice.text = std::move(text);
  choice.hasText = true;
  choice.finished = true;
  return choice;
}

std::string written(const Outcome& outcome) {
  std::string json = writeOpenAiAnswer(outcome, "req_1", 1700000000);
  INFO(json);
  REQUIRE(JsonDocument::parse(json));  // also: no member twice, valid UTF-8
  return json;
}

Event event(EventType type, std::string_view text = {}, std::uint32_t index = 0) {
  Event made;
  made.type = type;
  made.text = text;
  made.index = index;
  return made;
}

struct Streamed {
  explicit Streamed(StreamForm form = {}) : stream(response, head(), form) {
    Outcome outcome;
    outcome.model = "small";
    stream.begin(outcome);
  }
  static StreamHead head() {
    StreamHead head;
    head.requestId = "req_1";
    head.createdUnix = 1700000000;
    head.headers = [](const Outcome&) { return HeaderList{{"content-type", "text/event-stream"}}; };
    return head;
  }
  void start(std::string_view id = "chatcmpl-up", std::string_view model = "small-id") {
    Event made = event(EventType::Start);
    made.id = id;
    made.name = model;
    stream.emit(made);
  }
  /// The data of all events so far.
  std::vector<std::string> events() {
    response.body.clear();
    spawnFinish();
    std::vector<std::string> all;
    std::string_view rest = response.body;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\n\n");
      REQUIRE(end != std::string_view::npos);
      REQUIRE(rest.substr(0, 6) == "data: ");
      all.emplace_back(rest.substr(6, end - 6));
      rest.remove_prefix(end + 2);
    }
    for (const std::string& one : all)
      if (one != "[DONE]") {
        INFO(one);
        CHECK(JsonDocument::parse(one));
      }
    return all;
  }
  void spawnFinish() { spawn(response.finish()); }

  FakeResponse response;
  OpenAiStream stream;
};

const std::string kHead =
    R"({"id":"chatcmpl-up","object":"chat.completion.chunk","created":1700000000,"model":"small-id","choices":[{"index":0,"delta":)";

}  // namespace

TEST_CASE("an answer has every member that OpenAI's schema requires", "[api][openai]") {
  Outcome outcome = outcomeWith(said("hi \"you\"\n"));
  outcome.answer.usage.prompt = 7;
  outcome.answer.usage.completion = 3;
  CHECK(
      written(outcome) ==
      R"({"id":"chatcmpl-req_1","object":"chat.completion","created":1700000000,"model":"small-id","choices":[)"
      R"({"index":0,"message":{"role":"assistant","content":"hi \"you\"\n","refusal":null},"finish_reason":"stop","logprobs":null}],)"
      R"("usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})");
}

TEST_CASE("an answer of tool calls has no content, and every call an id", "[api][openai]") {
  AnswerChoice choice;
  choice.toolCalls = {{"call_a", "f", R"({"a":1})"}, {"", "g", ""}};
  choice.finish = FinishReason::ToolCalls;
  const std::string json = written(outcomeWith(choice));
  CHECK_THAT(
      json,
      Catch::Contains(
          R"("content":null,"refusal":null,"tool_calls":[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"call_req_1_1",)"));
  CHECK_THAT(json, Catch::Contains(R"("finish_reason":"tool_calls")"));
  CHECK(json.find("usage") == std::string::npos);  // nobody counted: absent is not zero
}

TEST_CASE("extra members pass through, and none comes twice", "[api][openai]") {
  AnswerChoice choice = said("x");
  choice.reasoning = "because";
  choice.choiceExtra = R"("logprobs":{"content":[]},"finish_reason":"evil","native":1)";
  choice.messageExtra =
      R"("role":"system","annotations":[],"reasoning_content":"other","annotations":[1])";
  Outcome outcome = outcomeWith(choice);
  outcome.answer.id = "up-1";
  outcome.answer.answerExtra = R"("id":"evil","system_fingerprint":"fp","citations":["a"])";
  outcome.answer.usage.prompt = 1;
  outcome.answer.usage.cacheRead = 1;
  outcome.answer.usage.reasoning = 2;
  outcome.answer.usageExtra =
      R"("prompt_tokens":-5,"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0})";
  const std::string json = written(outcome);
  CHECK_THAT(json, Catch::StartsWith(R"({"id":"up-1",)"));
  CHECK_THAT(json, Catch::Contains(R"("system_fingerprint":"fp","citations":["a"])"));
  CHECK_THAT(json, Catch::Contains(R"("logprobs":{"content":[]},"native":1)"));
  CHECK_THAT(json, Catch::Contains(R"("reasoning_content":"because","annotations":[1])"));
  CHECK_THAT(json,
             Catch::Contains(R"("prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0})"));
  CHECK_THAT(json, Catch::Contains(R"("completion_tokens_details":{"reasoning_tokens":2})"));
  CHECK(json.find("evil") == std::string::npos);
  CHECK(json.find("-5") == std::string::npos);
}

TEST_CASE("members that are no JSON are left out instead of breaking the answer", "[api][openai]") {
  Outcome outcome = outcomeWith(said("x"));
  outcome.answer.answerExtra = R"("a":1,"b":)";
  CHECK(written(outcome).find("\"a\"") == std::string::npos);
}

TEST_CASE("an upstream with countless extra members does not hold up the loop", "[api][openai]") {
  Outcome outcome = outcomeWith(said("x"));
  for (int i = 0; i < 200'000; ++i)
    outcome.answer.answerExtra += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\":0";
  CHECK(written(outcome).size() < 10'000);
}

TEST_CASE("an upstream's own finish reason becomes one that clients know", "[api][openai]") {
  AnswerChoice choice = said("x");
  choice.finish = FinishReason::Other;
  choice.finishWord = "eos_token";
  CHECK_THAT(written(outcomeWith(choice)), Catch::Contains(R"("finish_reason":"stop")"));
}

TEST_CASE("a text that is no UTF-8 is repaired", "[api][json]") {
  std::string out;
  appendJsonString(out,
                   "a\xff"
                   "b\xE6\xBC\xA2\xC3");
  CHECK(out ==
        "\"a\xEF\xBF\xBD"
        "b\xE6\xBC\xA2\xEF\xBF\xBD\"");
}

TEST_CASE("token counts never overflow or show a negative", "[api][openai]") {
  Outcome outcome = outcomeWith(said("x"));
  outcome.answer.usage.prompt = std::numeric_limits<Tokens>::max();
  outcome.answer.usage.completion = 5;
  outcome.answer.usage.cacheRead = -3;
  const std::string json = written(outcome);
  CHECK_THAT(json, Catch::Contains(R"("total_tokens":9223372036854775807)"));
  CHECK(json.find(":-") == std::string::npos);
}

TEST_CASE("a stream is role, deltas, finish and [DONE]", "[api][openai][stream]") {
  Streamed s;
  s.start();
  s.stream.emit(event(EventType::Text, "Hel\n"));
  s.stream.emit(event(EventType::Text, "lo"));
  s.stream.emit(event(EventType::Finish));
  s.stream.complete(Outcome{});
  CHECK(s.events() ==
        std::vector<std::string>{
            kHead + R"({"role":"assistant","content":"","refusal":null},"finish_reason":null}]})",
            kHead + R"({"content":"Hel\n"},"finish_reason":null}]})",
            kHead + R"({"content":"lo"},"finish_reason":null}]})",
            kHead + R"({},"finish_reason":"stop"}]})", "[DONE]"});
}

TEST_CASE("with include_usage each chunk says null and the last one the figures",
          "[api][openai][stream]") {
  Streamed s({.includeUsage = true});
  s.start();
  s.stream.emit(event(EventType::Text, "x"));
  s.stream.emit(event(EventType::Finish));
  Outcome outcome;
  outcome.answer.usage.prompt = 2;
  outcome.answer.usage.completion = 1;
  s.stream.complete(outcome);
  const auto events = s.events();
  REQUIRE(events.size() == 5);
  CHECK_THAT(events[1], Catch::EndsWith(R"("finish_reason":null}],"usage":null})"));
  CHECK_THAT(
      events[3],
      Catch::EndsWith(
          R"("choices":[],"usage":{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}})"));
  CHECK(events[4] == "[DONE]");
}

TEST_CASE("tool calls stream as a beginning and pieces of arguments", "[api][openai][stream]") {
  Streamed s;
  s.start();
  Event begin = event(EventType::ToolBegin, {}, 1);
  begin.id = "call_1";
  begin.name = "f";
  s.stream.emit(begin);
  s.stream.emit(event(EventType::ToolArgs, R"({"a")", 1));
  Event finish = event(EventType::Finish);
  finish.finish = FinishReason::ToolCalls;
  s.stream.emit(finish);
  s.stream.complete(Outcome{});
  const auto events = s.events();
  REQUIRE(events.size() == 5);
  CHECK_THAT(events[0], Catch::Contains(R"({"role":"assistant","content":null,"refusal":null})"));
  CHECK_THAT(
      events[1],
      Catch::Contains(
          R"("delta":{"tool_calls":[{"index":1,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]})"));
  CHECK_THAT(
      events[2],
      Catch::Contains(R"("delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"a\""}}]})"));
  CHECK_THAT(events[3], Catch::Contains(R"("finish_reason":"tool_calls")"));
}

TEST_CASE("choices of a stream keep apart, and extras find their place", "[api][openai][stream]") {
  Streamed s;
  s.start();
  Event other = event(EventType::Text, "b");
  other.choice = 1;
  s.stream.emit(event(EventType::Text, "a"));
  s.stream.emit(other);
  Event extra = event(EventType::Extra, R"({"logprobs":{"content":[]},"index":9})");
  extra.place = ExtraPlace::Choice;
  s.stream.emit(extra);
  extra = event(EventType::Extra, R"({"system_fingerprint":"fp","model":"evil"})");
  s.stream.emit(extra);
  extra = event(EventType::Extra, R"({"annotations":[1]})");
  extra.place = ExtraPlace::Message;
  s.stream.emit(extra);
  const auto events = s.events();
  REQUIRE(events.size() == 6);
  CHECK_THAT(events[2], Catch::Contains(R"("choices":[{"index":1,"delta":{"role":"assistant")"));
  CHECK_THAT(events[4], Catch::EndsWith(R"({},"logprobs":{"content":[]},"finish_reason":null}]})"));
  CHECK_THAT(
      events[5],
      Catch::EndsWith(R"({"annotations":[1]},"finish_reason":null}],"system_fingerprint":"fp"})"));
}

TEST_CASE("a stream that breaks off ends with an error event and no [DONE]",
          "[api][openai][stream]") {
  Streamed s;
  s.start();
  s.stream.emit(event(EventType::Text, "x"));
  s.stream.fail(R"({"error":{"message":"m"},"request_id":"req_1"})");
  const auto events = s.events();
  CHECK(events.back() == R"({"error":{"message":"m"},"request_id":"req_1"})");
  CHECK(std::ranges::count(events, "[DONE]") == 0);
}

TEST_CASE("a stream stops its provider once the client is gone", "[api][openai][stream]") {
  Streamed s;
  CHECK(s.stream.emit(event(EventType::Text, "x")));
  s.response.clientGone().cancel();
  CHECK_FALSE(s.stream.emit(event(EventType::Text, "y")));
}

TEST_CASE("a tool call carries the members that its upstream added", "[api][openai]") {
  AnswerChoice choice;
  AnswerToolCall call{"call_a", "f", "{}"};
  call.extra =
      R"("extra_content":{"google":{"thought_signature":"c2ln"}},"id":"evil","function":{"strict":true,"name":"evil"})";
  choice.toolCalls = {call};
  CHECK_THAT(
      written(outcomeWith(choice)),
      Catch::Contains(
          R"([{"id":"call_a","type":"function","function":{"name":"f","arguments":"{}","strict":true},"extra_content":{"google":{"thought_signature":"c2ln"}}}])"));
}

TEST_CASE("a custom tool's call has an input, whole and streamed", "[api][openai]") {
  AnswerChoice choice;
  AnswerToolCall call{"call_a", "patch", "*** Begin"};
  call.custom = true;
  choice.toolCalls = {call};
  CHECK_THAT(
      written(outcomeWith(choice)),
      Catch::Contains(
          R"([{"id":"call_a","type":"custom","custom":{"name":"patch","input":"*** Begin"}}])"));

  Streamed s;
  s.start();
  Event begin = event(EventType::ToolBegin);
  begin.id = "call_a";
  begin.name = "patch";
  begin.customTool = true;
  s.stream.emit(begin);
  s.stream.emit(event(EventType::ToolArgs, "*** Begin"));
  const auto events = s.events();
  REQUIRE(events.size() == 3);
  CHECK_THAT(events[1], Catch::Contains(R"("type":"custom","custom":{"name":"patch","input":""})"));
  CHECK_THAT(events[2], Catch::Contains(R"({"index":0,"custom":{"input":"*** Begin"}})"));
}

TEST_CASE("members of a tool call stream into that call", "[api][openai][stream]") {
  Streamed s;
  s.start();
  Event begin = event(EventType::ToolBegin, {}, 2);
  begin.id = "call_c";
  begin.name = "f";
  s.stream.emit(begin);
  Event extra =
      event(EventType::Extra,
            R"({"type":"function","extra_content":{"k":1},"function":{"name":"evil","x":2}})", 2);
  extra.place = ExtraPlace::ToolCall;
  s.stream.emit(extra);
  const auto events = s.events();
  REQUIRE(events.size() == 3);
  CHECK_THAT(
      events[2],
      Catch::Contains(
          R"("delta":{"tool_calls":[{"index":2,"function":{"x":2},"extra_content":{"k":1}}]})"));
}

TEST_CASE("a client of functions reads the call as a function_call", "[api][openai]") {
  AnswerChoice choice;
  choice.toolCalls = {{"call_a", "f", R"({"a":1})"}};
  choice.finish = FinishReason::ToolCalls;
  const std::string json = writeOpenAiAnswer(outcomeWith(choice), "req_1", 1, true);
  CHECK_THAT(json, Catch::Contains(R"("function_call":{"name":"f","arguments":"{\"a\":1}"})"));
  CHECK_THAT(json, Catch::Contains(R"("finish_reason":"function_call")"));
  CHECK(json.find("tool_calls") == std::string::npos);

  Streamed s({.legacyFunctions = true});
  s.start();
  Event begin = event(EventType::ToolBegin);
  begin.name = "f";
  s.stream.emit(begin);
  s.stream.emit(event(EventType::ToolArgs, "{}"));
  Event finish = event(EventType::Finish);
  finish.finish = FinishReason::ToolCalls;
  s.stream.emit(finish);
  const auto events = s.events();
  REQUIRE(events.size() == 4);
  CHECK_THAT(events[1],
             Catch::Contains(R"("delta":{"function_call":{"name":"f","arguments":""}})"));
  CHECK_THAT(events[2], Catch::Contains(R"("delta":{"function_call":{"arguments":"{}"}})"));
  CHECK_THAT(events[3], Catch::Contains(R"("finish_reason":"function_call")"));
}

TEST_CASE("signed thinking reaches the client in a form that it can send back",
          "[api][openai][reasoning]") {
  AnswerChoice choice = said("x");
  choice.reasoning = "first";
  choice.signedReasoning = {{"first", "c2ln", ""}, {"", "ZW5j", "redacted"}};
  constexpr std::string_view kFirst =
      R"({"type":"reasoning.text","text":"first","signature":"c2ln","index":0})";
  constexpr std::string_view kSecond =
      R"({"type":"reasoning.encrypted","data":"ZW5j","format":"redacted","index":1})";
  CHECK_THAT(written(outcomeWith(choice)),
             Catch::Contains(R"("reasoning_content":"first","reasoning_details":[)" +
                             std::string(kFirst) + "," + std::string(kSecond) + "]"));

  Streamed s;
  s.start();
  s.stream.emit(event(EventType::Reasoning, "fir"));
  s.stream.emit(event(EventType::Reasoning, "st"));
  Event signature = event(EventType::Reasoning);
  signature.data = "c2ln";
  s.stream.emit(signature);
  Event redacted = event(EventType::Reasoning);
  redacted.data = "ZW5j";
  redacted.name = "redacted";
  s.stream.emit(redacted);
  const auto events = s.events();
  REQUIRE(events.size() == 5);
  CHECK_THAT(events[1], Catch::Contains(R"({"reasoning_content":"fir"})"));
  CHECK_THAT(events[3], Catch::Contains(R"({"reasoning_details":[)" + std::string(kFirst) + "]}"));
  CHECK_THAT(events[4], Catch::Contains(R"({"reasoning_details":[)" + std::string(kSecond) + "]}"));
}
