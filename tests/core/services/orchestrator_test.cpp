#include "tests/core/services/house.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

TEST_CASE("an answer is charged by its usage and recorded once", "[services][orchestrator]") {
  House house;
  house.cheap->script.push_back(FakeProvider::answers("done", usage(1000, 500)));
  CorridorRequest request = house.request();
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(outcome.answer.choices.at(0).text == "done");
  CHECK(outcome.model == "small");
  CHECK(outcome.taskType == "coding");
  CHECK(outcome.cost == usd("0.002"));
  CHECK(house.budgets.state().spent == usd("0.002"));
  CHECK(house.budgets.state().held == Money{});
  REQUIRE(house.ledger.rows.size() == 1);
  CHECK(house.ledger.rows[0].attempts.at(0).costBasis == "exact");
  CHECK(house.ledger.holds.at(0).held >= outcome.cost);
  CHECK(house.cheap->contexts.at(0).maxOutputTokens == 1000);
  CHECK(house.ledger.rows[0].decisionJson.find("\"strategy\":\"in-order\"") != std::string::npos);
}

TEST_CASE("a failed attempt is retried and then falls back to the next model",
          "[services][orchestrator]") {
  House house;
  house.cheap->script = {FakeProvider::fails(FailureKind::Unavailable),
                         FakeProvider::fails(FailureKind::Unavailable)};
  house.dear->script.push_back(FakeProvider::answers("saved", usage(10, 10)));
  CorridorRequest request = house.request();
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(house.cheap->calls == 2);
  CHECK(outcome.model == "large");
  CHECK(outcome.attempts.size() == 3);
  CHECK(house.ledger.rows.at(0).attempts.at(0).state == AttemptState::Void);
  CHECK(house.ledger.rows.at(0).attempts.at(2).state == AttemptState::Settled);
  CHECK(house.budgets.state().spent == outcome.cost);
}

TEST_CASE("which failures end the request and which go on", "[services][orchestrator]") {
  struct Case {
    FailureKind kind;
    int cheapCalls, dearCalls;
    ErrorCode code;
  };
  const Case cases[] = {
      {FailureKind::InvalidRequest, 1, 0, ErrorCode::UpstreamRejected},
      {FailureKind::ContentFilter, 1, 0, ErrorCode::ContentFiltered},
      {FailureKind::ContextLength, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Auth, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Quota, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::RateLimit, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Timeout, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Protocol, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Internal, 1, 1, ErrorCode::UpstreamFailed},
      {FailureKind::Unavailable, 2, 1, ErrorCode::UpstreamFailed},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(nameOf(c.kind)) {
      House house;
      house.serving->maxAttempts = 3;
      house.cheap->script = {FakeProvider::fails(c.kind), FakeProvider::fails(c.kind)};
      house.dear->script = {FakeProvider::fails(FailureKind::Auth)};
      CorridorRequest request = house.request();
      const Outcome outcome = house.answer(request);
      REQUIRE(outcome.error);
      CHECK(outcome.error->code == c.code);
      CHECK(house.cheap->calls == c.cheapCalls);
      CHECK(house.dear->calls == c.dearCalls);
      CHECK(house.budgets.state().held == Money{});
      CHECK(house.budgets.state().spent == Money{});
      CHECK(house.ledger.rows.size() == 1);
    }
  }
}

TEST_CASE("after the first delta nothing falls back and what was said is charged",
          "[services][orchestrator]") {
  House house;
  house.cheap->script = {FakeProvider::fails(FailureKind::Unavailable, "half an ans")};
  CorridorRequest request = house.request();
  RecordingSink sink;
  const Outcome outcome = house.answer(request, &sink);
  REQUIRE(outcome.error);
  CHECK(sink.text == "half an ans");
  CHECK(sink.begun == std::vector<std::string>{"small"});
  CHECK(house.dear->calls == 0);
  CHECK(outcome.cost > Money{});
  CHECK(house.ledger.rows.at(0).attempts.at(0).costBasis == "estimated");
}

TEST_CASE("a stream that fails before it says anything falls back unseen",
          "[services][orchestrator]") {
  House house;
  house.cheap->script = {FakeProvider::fails(FailureKind::Overloaded)};
  house.dear->script = {FakeProvider::answers("whole", usage(1, 1))};
  CorridorRequest request = house.request();
  RecordingSink sink;
  const Outcome outcome = house.answer(request, &sink);
  REQUIRE_FALSE(outcome.error);
  CHECK(sink.begun == std::vector<std::string>{"large"});
  CHECK(sink.text == "whole");
  CHECK(sink.finishes == 1);
}

TEST_CASE("usage that is missing is estimated and usage beyond the hold is charged at the hold",
          "[services][orchestrator]") {
  House house;
  SECTION("missing") {
    house.cheap->script = {FakeProvider::answers("123456", std::nullopt)};
    CorridorRequest request = house.request("small");
    const Outcome outcome = house.answer(request);
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.answer.usage.estimated);
    CHECK(outcome.answer.usage.completion == 2);
    CHECK(outcome.cost > Money{});
  }
  SECTION("absurd") {
    house.cheap->script = {FakeProvider::answers("x", usage(1'000'000'000'000, 1'000'000'000'000))};
    CorridorRequest request = house.request("small");
    const Outcome outcome = house.answer(request);
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.attempts.at(0).overage);
    CHECK(outcome.cost == outcome.attempts.at(0).held);
  }
}

TEST_CASE("the ledger keeps the price book's entry and what the figures cost beside a stated cost",
          "[services][orchestrator]") {
  House house;
  auto priced = std::make_shared<Catalogue>(*house.serving->catalogue);
  Price& first = priced->models.front().price;
  first.source = "list";
  first.asOf = "2026-01-02";
  Price later = first;
  later.input = usd("100");
  later.from = house.budgets.today() + 10'000;  // in a year
  priced->models.front().later.push_back(later);
  house.serving->catalogue = priced;
  house.make();
  Usage stated = usage(1000, 500);
  stated.statedCost = usd("0.0015");
  house.cheap->script.push_back(FakeProvider::answers("done", stated));
  CorridorRequest request = house.request("small");
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(outcome.cost == usd("0.0015"));
  const AttemptRow& row = house.ledger.rows.at(0).attempts.at(0);
  CHECK(row.priceBook == "list, read 2026-01-02");
  CHECK(row.costBasis == "stated");
  CHECK(row.reported == usd("0.002"));
}

TEST_CASE("a price that holds now is the one that is charged", "[services][orchestrator]") {
  House house;
  auto priced = std::make_shared<Catalogue>(*house.serving->catalogue);
  Price raised = priced->models.front().price;
  raised.input = usd("3");
  raised.from = house.budgets.today();
  priced->models.front().later.push_back(raised);
  house.serving->catalogue = priced;
  house.make();
  house.cheap->script.push_back(FakeProvider::answers("done", usage(100, 500)));
  CorridorRequest request = house.request("small");
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(outcome.cost == usd("0.0013"));
}

TEST_CASE("what the budget cannot pay is refused before any call", "[services][orchestrator]") {
  House house("0.001");
  SECTION("an explicit length that is too dear is a 402") {
    CorridorRequest request = house.request("small");
    request.chat.maxOutputTokens = 1000;
    const Outcome outcome = house.answer(request);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == ErrorCode::BudgetExceeded);
    CHECK(outcome.error->message.find("Budget exceeded and no fallback available") == 0);
    CHECK(house.cheap->calls == 0);
  }
  SECTION("a length of ours is lowered to what is left, and said so") {
    house.cheap->script = {FakeProvider::answers("short", usage(1, 1))};
    CorridorRequest request = house.request("small");
    const Outcome outcome = house.answer(request);
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.clamped);
    CHECK(house.cheap->contexts.at(0).maxOutputTokens < 1000);
    CHECK(outcome.attempts.at(0).held <= usd("0.001"));
  }
}

TEST_CASE("models are named, misspelled, priced or refused", "[services][orchestrator]") {
  House house;
  SECTION("an unknown name gets near ones") {
    CorridorRequest request = house.request("smal");
    const Outcome outcome = house.answer(request);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == ErrorCode::UnknownModel);
    CHECK(outcome.error->message.find("did you mean small") != std::string::npos);
  }
  SECTION("a provider's id outside the catalogue needs passthrough and a price") {
    CorridorRequest request = house.request("cheap/other-model");
    CHECK(house.answer(request).error->code == ErrorCode::UnknownModel);
    auto open = std::make_shared<Catalogue>(*house.serving->catalogue);
    open->passthrough = true;
    open->unpriced.emplace();
    open->unpriced->input = usd("1");
    open->unpriced->output = usd("1");
    house.serving->catalogue = open;
    house.make();
    house.cheap->script = {FakeProvider::answers("ok", usage(1'000, 0))};
    CorridorRequest again = house.request("cheap/other-model");
    const Outcome outcome = house.answer(again);
    REQUIRE_FALSE(outcome.error);
    CHECK(house.cheap->upstreamModels.at(0) == "other-model");
    CHECK(outcome.cost > Money{});
  }
  SECTION("what no model can take is refused with each one's reason") {
    CorridorRequest request = house.request();
    Part image;
    image.kind = PartKind::Image;
    request.chat.messages.front().parts.push_back(image);
    const Outcome outcome = house.answer(request);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == ErrorCode::NoCandidate);
    CHECK(outcome.error->message.find("small: cannot take images") != std::string::npos);
    CHECK(outcome.error->message.find("large: cannot take images") != std::string::npos);
  }
}

TEST_CASE("simulated models answer only who asks for them, with play money",
          "[services][orchestrator]") {
  House house;
  auto catalogue = std::make_shared<Catalogue>(*house.serving->catalogue);
  Model sim = House::model("play", "cheap", 0, "1", "1");
  sim.simulated = true;
  catalogue->models.insert(catalogue->models.begin(), sim);
  house.serving->catalogue = catalogue;
  house.make();
  SECTION("auto passes them by") {
    house.cheap->script = {FakeProvider::answers("real", usage(1, 1))};
    CorridorRequest request = house.request();
    CHECK(house.answer(request).model == "small");
  }
  SECTION("by name they answer and nothing is spent") {
    house.cheap->script = {FakeProvider::answers("play", usage(1000, 1000))};
    CorridorRequest request = house.request("play");
    const Outcome outcome = house.answer(request);
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.simulated);
    CHECK(outcome.cost == usd("0.002"));
    CHECK(house.budgets.state().spent == Money{});
    CHECK(house.ledger.rows.at(0).simulated);
    CHECK(house.metrics.snapshot().counters.count({"requests_total", ""}) == 0);
  }
}

TEST_CASE("an answer whose record cannot be written is an error, not a silent loss",
          "[services][orchestrator]") {
  House house;
  house.ledger.breakWith("the disk is full");
  house.cheap->script = {FakeProvider::answers("never", usage(1, 1))};
  CorridorRequest request = house.request("small");
  const Outcome outcome = house.answer(request);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::StorageUnavailable);
  CHECK(house.cheap->calls == 0);
  CHECK(house.budgets.state().held == Money{});
}

TEST_CASE("explain decides without a call", "[services][orchestrator]") {
  House house;
  CorridorRequest request = house.request();
  const Result<std::string> explained = house.orchestrator->explain(request);
  REQUIRE(explained);
  CHECK(explained->find("\"steps\":[\"small\",\"large\"]") != std::string::npos);
  CHECK(house.cheap->calls == 0);
  CHECK(house.ledger.rows.empty());
}

TEST_CASE("another key of the provider costs the model neither tries nor health",
          "[services][orchestrator]") {
  House house;
  house.serving->maxAttempts = 1;
  house.serving->triesPerCandidate = 1;
  house.make();
  for (int i = 0; i < 6; ++i)
    house.cheap->script.push_back(
        [](const AttemptContext&, const ChatRequest&, EventSink&) -> AttemptStatus {
          AttemptFailure failure = FakeProvider::failure(FailureKind::Quota, "no credit left");
          failure.retry = RetryHint::Never;
          failure.anotherKey = true;
          return tl::unexpected<AttemptFailure>(std::move(failure));
        });
  house.cheap->script.push_back(FakeProvider::answers("done", usage(1, 1)));
  CorridorRequest request = house.request();
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(outcome.model == "small");
  CHECK(outcome.attempts.size() == 7);
  CHECK(house.health.of("small").samples == 1);
  CHECK(house.health.of("small").health == Health::Up);
}

TEST_CASE("a limit that resets in a minute is not waited for", "[services][orchestrator]") {
  House house;
  const auto limited = [](Millis told) -> FakeProvider::Attempt {
    return [told](const AttemptContext&, const ChatRequest&, EventSink&) -> AttemptStatus {
      AttemptFailure failure = FakeProvider::failure(FailureKind::RateLimit, "slow down");
      failure.retryAfter = told;
      return tl::unexpected<AttemptFailure>(std::move(failure));
    };
  };
  house.cheap->script = {limited(Millis{5'000}), limited(Millis{60'000})};
  CorridorRequest request = house.request("small");
  const Outcome outcome = house.answer(request);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::RateLimited);
  CHECK(outcome.error->retryAfter == Millis{60'000});
  CHECK(outcome.attempts.size() == 2);
  house.cheap->script = {limited(Millis{60'000})};
  CorridorRequest second = house.request("small");
  CHECK(house.answer(second).attempts.size() == 1);
}
