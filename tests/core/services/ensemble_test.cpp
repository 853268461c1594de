// Several answers, and what is made of them.

#include "core/services/ballot.h"
#include "tests/core/services/house.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

/// All candidates answer; with `judge` the last one judges.
class AtOnce final : public Strategy {
 public:
  std::string_view name() const override { return "at-once"; }
  Result<Plan> plan(const Features&, const Catalogue&,
                    const std::vector<Candidate>& candidates) override {
    Plan plan;
    plan.strategy = "at-once";
    plan.mode = PlanMode::Ensemble;
    plan.combine = combine;
    plan.quorum = quorum;
    plan.maxCost = maxCost;
    for (std::size_t i = 0; i < candidates.size(); ++i) plan.steps.emplace_back().candidate = i;
    plan.steps.back().judge = combine != Combine::Vote;
    plan.steps.front().weight = firstWeight;
    return plan;
  }
  Combine combine = Combine::Vote;
  std::uint32_t quorum = 0;
  Money maxCost = Money::max();
  double firstWeight = 1;
};

/// The models small, middle, other and large, each at a provider of its own.
struct EnsembleHouse : House {
  explicit EnsembleHouse(Combine combine = Combine::Vote) {
    auto catalogue = std::make_shared<Catalogue>(*serving->catalogue);
    catalogue->models.insert(catalogue->models.begin() + 1, model("middle", "second", 0, "1", "2"));
    catalogue->models.insert(catalogue->models.begin() + 2, model("other", "third", 1, "1", "2"));
    serving->catalogue = catalogue;
    auto providers = std::make_shared<FakeProviders>();
    providers->providers = {{"cheap", cheap}, {"second", second}, {"third", third}, {"dear", dear}};
    serving->providers = providers;
    serving->triesPerCandidate = 1;
    strategy->combine = combine;
    serving->strategy = strategy;
    make();
  }
  void say(const std::string& a, const std::string& b, const std::string& c) {
    cheap->script = {FakeProvider::answers(a, usage(10, 1))};
    second->script = {FakeProvider::answers(b, usage(10, 1))};
    third->script = {FakeProvider::answers(c, usage(10, 1))};
  }
  Outcome ask(AnswerSink* sink = nullptr) {
    CorridorRequest asked = request();
    Outcome outcome = answer(asked, sink);
    Money sum;
    for (const AttemptRecord& attempt : outcome.attempts) sum += attempt.cost;
    CHECK(outcome.cost == sum);
    CHECK(budgets.state().held == Money{});
    return outcome;
  }
  std::shared_ptr<FakeProvider> second = std::make_shared<FakeProvider>("second");
  std::shared_ptr<FakeProvider> third = std::make_shared<FakeProvider>("third");
  std::shared_ptr<AtOnce> strategy = std::make_shared<AtOnce>();
};

ChatAnswer said(std::string text) {
  ChatAnswer answer;
  answer.choices.emplace_back();
  answer.choices.back().text = std::move(text);
  return answer;
}

}  // namespace

TEST_CASE("an ensemble gives the answer that most gave, and bills all", "[services][ensemble]") {
  EnsembleHouse house;
  house.say("41", "Paris.", "paris");
  house.dear->script = {FakeProvider::fails(FailureKind::Unavailable)};
  RecordingSink sink;
  SECTION("whole") {
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.answer.choices.at(0).text == "Paris.");
    CHECK(outcome.model == "middle");
    CHECK(outcome.attempts.size() == 4);
    CHECK(house.ledger.rows.at(0).attempts.size() == 4);
    CHECK(house.ledger.holds.size() == 4);
  }
  SECTION("as a stream") {
    CHECK_FALSE(house.ask(&sink).error);
    CHECK(sink.text == "Paris.");
    CHECK(sink.begun == std::vector<std::string>{"middle"});
    CHECK(sink.finishes == 1);
  }
  SECTION("but for a voice that weighs more") {
    house.strategy->firstWeight = 3;
    CHECK(house.ask().answer.choices.at(0).text == "41");
  }
}

TEST_CASE("weak answers have no voice while there is another one", "[services][ensemble]") {
  EnsembleHouse house;
  house.say("I cannot help with that", "I cannot help with that", "an answer");
  house.dear->script = {FakeProvider::fails(FailureKind::Unavailable)};
  const Outcome outcome = house.ask();
  CHECK(outcome.answer.choices.at(0).text == "an answer");
  CHECK(outcome.attempts.at(0).weakness == "refused");
}

TEST_CASE("a judge picks one of the answers", "[services][ensemble]") {
  EnsembleHouse house(Combine::Judge);
  house.say("one", "two \"quoted\"", "three");
  std::string material;
  const auto judges = [&](std::string verdict) -> FakeProvider::Attempt {
    return [&material, verdict](const AttemptContext& context, const ChatRequest& chat,
                                EventSink& out) {
      material = chat.messages.at(0).parts.at(0).text;
      return FakeProvider::answers(verdict, usage(100, 1))(context, chat, out);
    };
  };
  RecordingSink sink;
  SECTION("by its number") {
    house.dear->script = {judges("Answer 2")};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "two \"quoted\"");
    CHECK(outcome.model == "middle");
    CHECK(outcome.attempts.size() == 4);
    CHECK_THAT(material, Catch::Contains(R"(Answer 2: "two \"quoted\"")"));
    // The judge is shown the answers: its hold covers them.
    CHECK(outcome.attempts.back().held > usd("0.02"));
  }
  SECTION("and the vote decides when it says nothing of use") {
    house.dear->script = {judges("all of them are good")};
    CHECK(house.ask(&sink).model == "small");
    CHECK(sink.text == "one");
  }
  SECTION("or when it fails") {
    house.dear->script = {FakeProvider::fails(FailureKind::Overloaded)};
    CHECK(house.ask(&sink).model == "small");
    CHECK(sink.text == "one");
  }
  SECTION("or when there is no money left for it") {
    house.strategy->maxCost = usd("0.012");
    CHECK(house.ask(&sink).model == "small");
    CHECK(house.dear->calls == 0);
  }
  SECTION("but is not asked where there is one answer") {
    house.second->script = {FakeProvider::fails(FailureKind::Unavailable)};
    house.third->script = {FakeProvider::fails(FailureKind::Unavailable)};
    CHECK(house.ask(&sink).model == "small");
    CHECK(house.dear->calls == 0);
  }
}

TEST_CASE("a merged answer streams from the model that writes it", "[services][ensemble]") {
  EnsembleHouse house(Combine::Merge);
  house.say("one", "two", "three");
  RecordingSink sink;
  SECTION("to its end") {
    house.dear->script = {FakeProvider::answers("all in all", usage(100, 3))};
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "all in all");
    CHECK(sink.begun == std::vector<std::string>{"large"});
    CHECK(outcome.model == "large");
  }
  SECTION("and the vote decides when it cannot") {
    house.dear->script = {FakeProvider::fails(FailureKind::Timeout)};
    CHECK(house.ask(&sink).model == "small");
    CHECK(sink.text == "one");
  }
  SECTION("but not once the client has a part of it") {
    house.dear->script = {FakeProvider::fails(FailureKind::Unavailable, "all in")};
    CHECK(house.ask(&sink).error);
    CHECK(sink.text == "all in");
  }
}

TEST_CASE("an ensemble keeps to its envelope and to its quorum", "[services][ensemble]") {
  EnsembleHouse house;
  house.say("one", "two", "two");
  house.dear->script = {FakeProvider::answers("two", usage(1, 1))};
  SECTION("who has no money is not asked") {
    house.strategy->maxCost = usd("0.0045");  // of two small ones
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    CHECK(house.dear->calls == 0);
    CHECK(outcome.cost <= usd("0.0045"));
  }
  SECTION("enough answers end it") {
    house.strategy->quorum = 1;
    const Outcome outcome = house.ask();
    CHECK(outcome.answer.choices.at(0).text == "one");
    CHECK(house.dear->calls == 0);
  }
}

TEST_CASE("an ensemble whose models all fail says why", "[services][ensemble]") {
  EnsembleHouse house;
  house.cheap->script = {FakeProvider::fails(FailureKind::Timeout)};
  const Outcome outcome = house.ask();
  REQUIRE(outcome.error);
  CHECK(outcome.attempts.size() == 4);
}

TEST_CASE("answers are alike but for their form", "[services][ensemble]") {
  CHECK(gistOf(said(" The  Answer\nis 42. ")) != gistOf(said("the answer is 43")));
  CHECK(gistOf(said(" The  Answer\nis 42. ")) == gistOf(said("the answer is 42")));
  CHECK(gistOf(said("東京。")) == gistOf(said("東京")));
  CHECK(gistOf(said("{\"a\": [1, 2]}")) == gistOf(said("{\"a\":[1,2]}\n")));
  CHECK(gistOf(said("{\"a\":\"x y\"}")) != gistOf(said("{\"a\":\"xy\"}")));
  CHECK(gistOf(said("12")) != gistOf(said("1 2")));
  ChatAnswer call = said("");
  call.choices[0].toolCalls.emplace_back();
  call.choices[0].toolCalls[0].name = "look";
  call.choices[0].toolCalls[0].arguments = "{\"x\": 1}";
  ChatAnswer same = call;
  same.choices[0].toolCalls[0].arguments = "{\"x\":1}";
  CHECK(gistOf(call) == gistOf(same));
  same.choices[0].toolCalls[0].name = "listen";
  CHECK(gistOf(call) != gistOf(same));
  CHECK(winnerOf({{"a"}, {"b"}, {"b"}}) == 1);
  CHECK(winnerOf({{"a"}, {"b"}}) == 0);
  CHECK(namedBy("the best is 3, then 1", 3) == 3u);
  CHECK(namedBy("12 of 5: 2", 3) == 2u);
  CHECK_FALSE(namedBy("none", 3));
}
