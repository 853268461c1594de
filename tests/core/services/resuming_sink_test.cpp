#include "core/services/resuming_sink.h"

#include <catch2/catch.hpp>

using namespace pagoda;
using namespace pagoda::services;

namespace {

/// What a client would have put together.
struct Client final : AnswerSink {
  void begin(const Outcome&) override { ++begun; }
  bool emit(const Event& event) override {
    if (event.type == EventType::Text) text += event.text;
    if (event.type == EventType::Reasoning) reasoning += event.text;
    if (event.type == EventType::ToolBegin) tools += std::string(event.name) + "(";
    if (event.type == EventType::ToolArgs) tools += event.text;
    if (event.type == EventType::Start) ++starts;
    if (event.type == EventType::Finish) ++finishes;
    return true;
  }
  Task<Result<void>> drain() override { co_return Result<void>{}; }
  std::string text, reasoning, tools;
  int begun = 0, starts = 0, finishes = 0;
};

Event says(std::string_view text, EventType type = EventType::Text) {
  Event event;
  event.type = type;
  event.text = text;
  return event;
}
Event tool(std::string_view name) {
  Event event;
  event.type = EventType::ToolBegin;
  event.name = name;
  return event;
}
const Event kFinish = says("", EventType::Finish);

}  // namespace

TEST_CASE("an answer that begins alike goes on where the broken one ended", "[services][resume]") {
  Client client;
  ResumingSink sink(client);
  sink.begin({});
  CHECK(sink.emit(says("", EventType::Start)));
  CHECK(sink.emit(says("one two ")));
  CHECK(sink.emit(says("thr")));
  sink.restart();
  sink.begin({});
  CHECK(sink.emit(says("", EventType::Start)));
  CHECK(sink.emit(says("")));
  CHECK(sink.emit(says("one")));
  CHECK(sink.emit(says(" two three four")));
  CHECK(sink.emit(says(" five")));
  CHECK(sink.emit(kFinish));
  CHECK(client.text == "one two three four five");
  CHECK(client.begun == 1);
  CHECK(client.starts == 1);
  CHECK(client.finishes == 1);

  SECTION("and a second end is not passed on") {
    CHECK(sink.emit(kFinish));
    CHECK(client.finishes == 1);
  }
  SECTION("and can be taken up again") {
    sink.restart();
    CHECK(sink.emit(says("one two three four five")));
    CHECK(client.text == "one two three four five");
    CHECK_FALSE(sink.emit(says(" six")));
  }
}

TEST_CASE("another answer is never spliced on", "[services][resume]") {
  Client client;
  ResumingSink sink(client);
  sink.begin({});
  sink.emit(says("because", EventType::Reasoning));
  sink.emit(says("the answer is"));
  sink.restart();
  SECTION("other words") {
    CHECK(sink.emit(says("because", EventType::Reasoning)));
    CHECK_FALSE(sink.emit(says("the question was")));
  }
  SECTION("a shorter answer") {
    CHECK(sink.emit(says("because", EventType::Reasoning)));
    CHECK(sink.emit(says("the answer")));
    CHECK_FALSE(sink.emit(kFinish));
  }
  SECTION("the same words after other thoughts") {
    CHECK_FALSE(sink.emit(says("so", EventType::Reasoning)));
  }
  SECTION("the same words after fewer thoughts") {
    CHECK(sink.emit(says("be", EventType::Reasoning)));
    CHECK_FALSE(sink.emit(says("the answer is 42")));
  }
  SECTION("a tool call in place of the rest") {
    CHECK(sink.emit(says("because", EventType::Reasoning)));
    CHECK(sink.emit(says("the answer")));
    CHECK_FALSE(sink.emit(tool("add")));
  }
  CHECK(sink.diverged());
  CHECK(client.text == "the answer is");
  CHECK(client.finishes == 0);
}

TEST_CASE("a tool call that broke off is completed once", "[services][resume]") {
  Client client;
  ResumingSink sink(client);
  sink.begin({});
  sink.emit(tool("weather"));
  sink.emit(says("{\"city\":\"To", EventType::ToolArgs));
  sink.restart();
  SECTION("by the same call") {
    CHECK(sink.emit(tool("weather")));
    CHECK(sink.emit(says("{\"city\":", EventType::ToolArgs)));
    CHECK(sink.emit(says("\"Tokyo\"}", EventType::ToolArgs)));
    CHECK(sink.emit(kFinish));
    CHECK(client.tools == "weather({\"city\":\"Tokyo\"}");
  }
  SECTION("not by a call of another tool") {
    CHECK_FALSE(sink.emit(tool("news")));
  }
  SECTION("not by other arguments") {
    CHECK(sink.emit(tool("weather")));
    CHECK_FALSE(sink.emit(says("{\"town\"", EventType::ToolArgs)));
  }
  SECTION("not by text") {
    CHECK_FALSE(sink.emit(says("It is sunny")));
  }
}
