// Plans whose steps build on each other's answers.

#include "core/services/answer_checks.h"
#include "tests/core/services/house.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

/// Every candidate in order, in one mode.
class InMode final : public Strategy {
 public:
  explicit InMode(PlanMode mode) : mode_(mode) {}
  std::string_view name() const override { return "in-mode"; }
  Result<Plan> plan(const Features&, const Catalogue&,
                    const std::vector<Candidate>& candidates) override {
    Plan plan;
    plan.strategy = "in-mode";
    plan.mode = mode_;
    plan.maxCost = maxCost;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      plan.steps.emplace_back();
      plan.steps.back().candidate = i;
    }
    return plan;
  }
  Money maxCost = Money::max();

 private:
  PlanMode mode_;
};

struct StagedHouse : House {
  explicit StagedHouse(PlanMode mode) : strategy(std::make_shared<InMode>(mode)) {
    serving->strategy = strategy;
    make();
  }
  Outcome ask(AnswerSink* sink = nullptr) {
    CorridorRequest asked = request();
    return answer(asked, sink);
  }
  std::shared_ptr<InMode> strategy;
};

FakeProvider::Attempt cutOff(std::string text) {
  return [text](const AttemptContext&, const ChatRequest&, EventSink& sink) -> AttemptStatus {
    Event event;
    event.text = text;
    sink.emit(event);
    event = {};
    event.type = EventType::Finish;
    event.finish = FinishReason::Length;
    sink.emit(event);
    return {};
  };
}

ChatAnswer answerOf(std::string text) {
  ChatAnswer answer;
  answer.choices.emplace_back();
  answer.choices.back().text = std::move(text);
  return answer;
}

}  // namespace

TEST_CASE("a cascade takes the cheap answer where nothing speaks against it",
          "[services][staged]") {
  StagedHouse house(PlanMode::Cascade);
  house.cheap->script = {FakeProvider::answers("good enough", usage(1, 1))};
  RecordingSink sink;
  SECTION("whole") {
    CHECK(house.ask().answer.choices.at(0).text == "good enough");
  }
  SECTION("as a stream") {
    CHECK_FALSE(house.ask(&sink).error);
    CHECK(sink.text == "good enough");
    CHECK(sink.begun == std::vector<std::string>{"small"});
    CHECK(sink.finishes == 1);
  }
  CHECK(house.dear->calls == 0);
}

TEST_CASE("a cascade goes on from a weak answer, and both are billed", "[services][staged]") {
  StagedHouse house(PlanMode::Cascade);
  house.cheap->script = {cutOff("the answer begins")};
  RecordingSink sink;
  SECTION("to a better one") {
    house.dear->script = {FakeProvider::answers("the whole answer", usage(1, 1))};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "the whole answer");
    CHECK(sink.begun == std::vector<std::string>{"large"});
    REQUIRE(outcome.attempts.size() == 2);
    CHECK(outcome.attempts.at(0).weakness == "cut off by max_tokens");
    CHECK_THAT(house.ledger.rows.at(0).decisionJson,
               Catch::Contains(R"("weakness":"cut off by max_tokens")"));
    CHECK(outcome.cost == outcome.attempts.at(0).cost + outcome.attempts.at(1).cost);
    CHECK(outcome.attempts.at(0).cost > Money{});
  }
  SECTION("and back to it when nobody has a better one") {
    house.dear->script = {FakeProvider::fails(FailureKind::Auth)};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "the answer begins");
    CHECK(outcome.model == "small");
  }
  SECTION("and back to it when the plan has no money for a better one") {
    house.strategy->maxCost = usd("0.005");
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "the answer begins");
    CHECK(house.dear->calls == 0);
  }
  SECTION("but not to it once the better one has begun") {
    house.dear->script = {FakeProvider::fails(FailureKind::Unavailable, "the whole")};
    CHECK(house.ask(&sink).error);
    CHECK(sink.text == "the whole");
  }
  CHECK(house.budgets.state().held == Money{});
}

TEST_CASE("a refinement gives the draft to the next model", "[services][staged]") {
  StagedHouse house(PlanMode::Refine);
  house.cheap->script = {FakeProvider::answers("a \"draft\"", usage(1, 1))};
  RecordingSink sink;
  SECTION("which improves it") {
    std::string material;
    house.dear->script = {[&](const AttemptContext& context, const ChatRequest& chat,
                              EventSink& out) -> AttemptStatus {
      material = chat.messages.at(0).parts.at(0).text;
      CHECK(chat.messages.size() == 2);
      CHECK(chat.rawJson.find("draft") != std::string_view::npos);
      return FakeProvider::answers("improved", usage(1, 1))(context, chat, out);
    }};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "improved");
    CHECK(outcome.model == "large");
    CHECK(material.find(R"("a \"draft\"")") != std::string::npos);
    CHECK(house.ledger.rows.at(0).attempts.size() == 2);
  }
  SECTION("or stands when it cannot be improved") {
    house.dear->script = {FakeProvider::fails(FailureKind::Timeout)};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "a \"draft\"");
    CHECK(outcome.model == "small");
    CHECK(sink.finishes == 1);
  }
  SECTION("or is done without when there is none") {
    house.cheap->script = {FakeProvider::fails(FailureKind::Timeout)};
    house.dear->script = {FakeProvider::answers("from nothing", usage(1, 1))};
    CHECK(house.ask().answer.choices.at(0).text == "from nothing");
  }
}

TEST_CASE("a staged plan whose models all fail says why", "[services][staged]") {
  StagedHouse house(PlanMode::Cascade);
  house.cheap->script = {FakeProvider::fails(FailureKind::Timeout)};
  house.dear->script = {FakeProvider::fails(FailureKind::Overloaded)};
  const Outcome outcome = house.ask();
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::Overloaded);
}

TEST_CASE("what makes an answer a weak one", "[services][staged]") {
  ChatRequest request;
  ChatAnswer answer = answerOf("An answer that says \"I cannot help with\" somewhere.");
  CHECK(weaknessOf(request, answer).empty());
  CHECK(weaknessOf(request, {}) == "empty");
  CHECK(weaknessOf(request, answerOf(" \n")) == "empty");
  CHECK(weaknessOf(request, answerOf("I'm sorry, but I can't do that.")) == "refused");
  CHECK(weaknessOf(request, answerOf("申し訳ありませんが、お答えできません。")) == "refused");
  answer.choices[0].finish = FinishReason::Length;
  CHECK(weaknessOf(request, answer) == "cut off by max_tokens");
  answer.choices[0].finish = FinishReason::ContentFilter;
  CHECK(weaknessOf(request, answer) == "refused");

  request.format = Format::Json;
  CHECK(weaknessOf(request, answerOf(" {\"a\": [1, 2]}\n")).empty());
  CHECK(weaknessOf(request, answerOf("{\"a\": [1, 2}")) == "not the JSON that was asked for");
  CHECK(weaknessOf(request, answerOf("{} and more")) == "not the JSON that was asked for");

  request.format = Format::Text;
  ChatAnswer call = answerOf("");
  call.choices[0].toolCalls.emplace_back();
  CHECK(weaknessOf(request, call).empty());
  call.choices[0].toolCalls[0].arguments = "{\"city\":\"To";
  CHECK(weaknessOf(request, call) == "a tool call whose arguments are not JSON");
}
