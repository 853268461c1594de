#include "core/services/answer_tap.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

Event event(EventType type, std::string_view text = {}, std::uint32_t index = 0) {
  Event made;
  made.type = type;
  made.text = text;
  made.index = index;
  return made;
}

}  // namespace

TEST_CASE("a collected answer keeps signatures with what they sign", "[services][answer]") {
  FakeClock clock;
  const Outcome outcome;
  AnswerTap tap(nullptr, outcome, clock, 1 << 20);
  tap.emit(event(EventType::Reasoning, "one "));
  tap.emit(event(EventType::Reasoning, "two"));
  Event signature = event(EventType::Reasoning);
  signature.data = "sig1";
  tap.emit(signature);
  tap.emit(event(EventType::Text, "answer"));
  Event redacted = event(EventType::Reasoning);
  redacted.data = "sig2";
  redacted.name = "redacted";
  tap.emit(redacted);
  tap.emit(event(EventType::Reasoning, "unsigned"));

  const AnswerChoice& choice = tap.answer().choices.at(0);
  CHECK(choice.reasoning == "one twounsigned");
  REQUIRE(choice.signedReasoning.size() == 2);
  CHECK(choice.signedReasoning[0].text == "one two");
  CHECK(choice.signedReasoning[0].signature == "sig1");
  CHECK(choice.signedReasoning[1].text.empty());
  CHECK(choice.signedReasoning[1].format == "redacted");
}

TEST_CASE("a collected answer keeps the members of a tool call", "[services][answer]") {
  FakeClock clock;
  const Outcome outcome;
  AnswerTap tap(nullptr, outcome, clock, 1 << 20);
  Event begin = event(EventType::ToolBegin, {}, 1);
  begin.name = "f";
  tap.emit(begin);
  Event extra = event(EventType::Extra, R"({"a":1})", 1);
  extra.place = ExtraPlace::ToolCall;
  tap.emit(extra);
  extra.text = R"({"b":2})";
  tap.emit(extra);
  CHECK(tap.answer().choices.at(0).toolCalls.at(1).name == "f");
  CHECK(tap.answer().choices.at(0).toolCalls.at(1).extra == R"("a":1,"b":2)");
}
