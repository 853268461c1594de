// What a named route, a broken stream, a breaker and a race make of a request.

#include <coroutine>

#include "tests/core/services/house.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

/// Says `said` and then nothing more until it is cancelled.
class SilentProvider final : public Provider {
 public:
  explicit SilentProvider(std::string said = {}) : said_(std::move(said)) {}
  const std::string& name() const override { return name_; }
  std::string_view pluginName() const override { return "silent@1.0.0"; }
  bool native() const override { return true; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(const AttemptContext&,
                                                                const ChatRequest&) override {
    return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::NotImplemented, "native"));
  }
  Task<AttemptStatus> invoke(const AttemptContext&, const ChatRequest&, EventSink& sink,
                             const AfterBatch&, Runtime&, CancelSource* cancel) override {
    Event event;
    event.text = said_;
    if (!said_.empty()) sink.emit(event);
    struct UntilCancelled {
      CancelSource* cancel;
      std::optional<CancelRegistration> registration{};
      bool await_ready() const { return cancel->cancelled(); }
      void await_suspend(std::coroutine_handle<> handle) {
        registration.emplace(cancel, [handle] { handle.resume(); });
      }
      void await_resume() const {}
    };
    UntilCancelled wait{cancel};
    co_await wait;
    ++cancelled;
    co_return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::Cancelled, "stopped"));
  }
  int cancelled = 0;

 private:
  std::string name_ = "cheap";
  std::string said_;
};

/// A House with the route "demo" over `small`, then `large`.
struct RouteHouse : House {
  RouteHouse() {
    catalogue = std::make_shared<Catalogue>(*serving->catalogue);
    ModelRoute route;
    route.name = "demo";
    route.candidates = {"large", "small"};
    catalogue->routes.push_back(route);
    catalogue->models.push_back(model("other", "dear", 1, "1", "1"));
    serving->catalogue = catalogue;
    make();
  }
  ModelRoute& route() { return catalogue->routes.front(); }
  Model& named(std::string_view key) {
    return *std::ranges::find(catalogue->models, key, &Model::key);
  }
  Outcome ask(AnswerSink* sink = nullptr) {
    CorridorRequest asked = request("demo");
    return answer(asked, sink);
  }
  std::shared_ptr<Catalogue> catalogue;
};

FakeProvider::Attempt limited(Millis told) {
  return [told](const AttemptContext&, const ChatRequest&, EventSink&) -> AttemptStatus {
    AttemptFailure failure = FakeProvider::failure(FailureKind::RateLimit, "slow down");
    failure.retryAfter = told;
    return tl::unexpected<AttemptFailure>(std::move(failure));
  };
}

}  // namespace

TEST_CASE("a route asks its candidates alone, in its order", "[services][route]") {
  RouteHouse house;
  house.dear->script = {FakeProvider::fails(FailureKind::Timeout)};
  house.cheap->script = {FakeProvider::answers("second", usage(1, 1))};
  const Outcome outcome = house.ask();
  REQUIRE_FALSE(outcome.error);
  CHECK(outcome.model == "small");
  CHECK(house.dear->upstreamModels == std::vector<std::string>{"large-id"});
  CHECK(house.ledger.rows.at(0).decisionJson.find("\"steps\":[\"large\",\"small\"]") !=
        std::string::npos);

  CorridorRequest mistyped = house.request("demmo");
  const Outcome unknown = house.answer(mistyped);
  REQUIRE(unknown.error);
  CHECK(unknown.error->message.find("demo") != std::string::npos);
}

TEST_CASE("a route's own strategy decides among its candidates", "[services][route]") {
  struct SecondOnly final : Strategy {
    std::string_view name() const override { return "second-only"; }
    Result<Plan> plan(const Features& features, const Catalogue&,
                      const std::vector<Candidate>& candidates) override {
      task = features.requestClass->task;
      for (const Candidate& candidate : candidates) keys.push_back(candidate.model->key);
      Plan plan;
      plan.steps.emplace_back();
      plan.steps.back().candidate = 1;
      plan.steps.emplace_back();
      return plan;
    }
    std::string task;
    std::vector<std::string> keys;
  };
  RouteHouse house;
  const auto strategy = std::make_shared<SecondOnly>();
  house.route().strategy = "second-only";
  house.serving->routeStrategies["demo"] = strategy;
  RecordingSink sink;
  house.cheap->script = {FakeProvider::fails(FailureKind::Unavailable, "one")};
  house.dear->script = {FakeProvider::answers("one two", usage(1, 1))};
  const Outcome outcome = house.ask(&sink);
  REQUIRE_FALSE(outcome.error);
  CHECK(strategy->keys == std::vector<std::string>{"large", "small"});
  CHECK(strategy->task == "coding");
  CHECK(outcome.attempts.at(0).model == "small");
  CHECK(sink.text == "one two");  // the route's on_break holds for its strategy's plan
}

TEST_CASE("a prompt that is too long goes to a larger window and leaves the health alone",
          "[services][route]") {
  RouteHouse house;
  house.route().candidates = {"large", "small", "other"};
  house.named("large").contextTokens = 1000;
  house.named("small").contextTokens = 500;
  house.named("other").contextTokens = 2000;
  for (int i = 0; i < 7; ++i) {
    house.dear->script = {FakeProvider::fails(FailureKind::ContextLength),
                          FakeProvider::answers("whole", usage(1, 1))};
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.model == "other");
    CHECK(outcome.attempts.size() == 2);
  }
  CHECK(house.cheap->calls == 0);
  CHECK(house.health.of("large").health == Health::Up);
}

TEST_CASE("a content filter is asked elsewhere only where the route says so", "[services][route]") {
  RouteHouse house;
  house.dear->script = {FakeProvider::fails(FailureKind::ContentFilter),
                        FakeProvider::fails(FailureKind::ContentFilter)};
  const Outcome refused = house.ask();
  REQUIRE(refused.error);
  CHECK(refused.error->code == ErrorCode::ContentFiltered);
  CHECK(house.cheap->calls == 0);
  house.route().filterElsewhere = true;
  house.cheap->script = {FakeProvider::answers("harmless", usage(1, 1))};
  CHECK_FALSE(house.ask().error);
}

TEST_CASE("a limit that resets in a moment is waited for, a longer one is not",
          "[services][route]") {
  RouteHouse house;
  house.dear->script = {limited(Millis{2'000}), FakeProvider::answers("first", usage(1, 1))};
  const TimePoint before = house.clock.now();
  CHECK(house.ask().model == "large");
  CHECK(house.clock.now() - before >= Millis{2'000});

  house.dear->script = {limited(Millis{3'001})};
  house.cheap->script = {FakeProvider::answers("second", usage(1, 1))};
  CHECK(house.ask().model == "small");

  house.dear->script = {limited(Millis{3'600'000})};
  house.cheap->script = {FakeProvider::fails(FailureKind::Overloaded)};
  const Outcome nobody = house.ask();
  REQUIRE(nobody.error);
  CHECK(nobody.error->code == ErrorCode::RateLimited);
  CHECK(nobody.error->retryAfter == Millis{3'600'000});
}

TEST_CASE("a model that is down is left alone while another one answers", "[services][route]") {
  RouteHouse house;
  for (int i = 0; i < 5; ++i) {
    house.dear->script = {FakeProvider::fails(FailureKind::Timeout)};
    house.cheap->script = {FakeProvider::answers("second", usage(1, 1))};
    CHECK(house.ask().attempts.size() == 2);
  }
  house.cheap->script = {FakeProvider::answers("second", usage(1, 1))};
  CHECK(house.ask().attempts.size() == 1);
  CHECK(house.dear->calls == 5);

  SECTION("and is asked once when nobody else does") {
    house.cheap->script = {FakeProvider::fails(FailureKind::Auth)};
    house.dear->script = {FakeProvider::answers("well again", usage(1, 1))};
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.model == "large");
    CHECK(house.health.admit("large") == Admission::Open);
  }
  SECTION("and is tried again after its cool-down") {
    house.clock.advance(std::chrono::seconds(5));
    house.dear->script = {FakeProvider::answers("well again", usage(1, 1))};
    CHECK(house.ask().model == "large");
  }
}

TEST_CASE("retries stay a share of a model's calls", "[services][route]") {
  RouteHouse house;
  int retried = 0;
  for (int i = 0; i < 60; ++i) {
    house.dear->script = {FakeProvider::fails(FailureKind::Unavailable),
                          FakeProvider::answers("second try", usage(1, 1))};
    house.cheap->script = {FakeProvider::answers("elsewhere", usage(1, 1))};
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    if (outcome.model == "large") ++retried;
  }
  CHECK(retried >= 5);
  CHECK(retried < 30);
}

TEST_CASE("a stream that breaks off goes on elsewhere if the answer begins alike",
          "[services][route]") {
  RouteHouse house;
  RecordingSink sink;
  house.dear->script = {FakeProvider::fails(FailureKind::Unavailable, "one two")};
  house.cheap->script = {FakeProvider::answers("one two three", usage(10, 3))};
  const Outcome outcome = house.ask(&sink);
  REQUIRE_FALSE(outcome.error);
  CHECK(sink.text == "one two three");
  CHECK(sink.begun == std::vector<std::string>{"large"});
  CHECK(sink.finishes == 1);
  REQUIRE(outcome.attempts.size() == 2);
  const AttemptRecord& broken = outcome.attempts.at(0);
  CHECK(broken.cost > Money{});
  CHECK(outcome.cost == broken.cost + outcome.attempts.at(1).cost);
  CHECK(outcome.answer.usage.prompt == 10 + *broken.usage.prompt);
  CHECK(outcome.answer.usage.completion == 3 + *broken.usage.completion);
  CHECK(house.budgets.state().spent == outcome.cost);
}

TEST_CASE("a stream that breaks off ends with an error where it cannot go on",
          "[services][route]") {
  RouteHouse house;
  RecordingSink sink;
  house.dear->script = {FakeProvider::fails(FailureKind::Unavailable, "one two")};
  SECTION("because the other model says something else") {
    house.cheap->script = {FakeProvider::answers("uno dos tres", usage(10, 3))};
    const Outcome outcome = house.ask(&sink);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == ErrorCode::UpstreamFailed);
    CHECK(outcome.attempts.size() == 2);
    CHECK(outcome.attempts.at(1).cost > Money{});
    CHECK(house.health.of("small").samples == 0);
  }
  SECTION("because the route does not want it") {
    house.route().onBreak = OnBreak::Error;
    CHECK(house.ask(&sink).error);
    CHECK(house.cheap->calls == 0);
  }
  SECTION("because what broke it was the content filter") {
    house.dear->script = {FakeProvider::fails(FailureKind::ContentFilter, "one two")};
    CHECK(house.ask(&sink).error);
    CHECK(house.cheap->calls == 0);
  }
  CHECK(sink.text == "one two");
  CHECK(sink.finishes == 0);
  CHECK(house.budgets.state().held == Money{});
}

TEST_CASE("in a race the first to speak has the answer and both are billed", "[services][race]") {
  RouteHouse house;
  house.route().strategy = "race";
  house.route().hedgeAfter = Millis{300};
  house.route().candidates = {"small", "large"};
  auto silent = std::make_shared<SilentProvider>();
  auto providers = std::make_shared<FakeProviders>();
  providers->providers["cheap"] = silent;
  providers->providers["dear"] = house.dear;
  house.serving->providers = providers;
  house.dear->script = {FakeProvider::answers("hedged", usage(5, 5))};
  RecordingSink sink;
  SECTION("as a stream") {
    const Outcome outcome = house.ask(&sink);
    REQUIRE_FALSE(outcome.error);
    CHECK(sink.text == "hedged");
    CHECK(sink.begun == std::vector<std::string>{"large"});
    CHECK(outcome.model == "large");
  }
  SECTION("and whole") {
    const Outcome outcome = house.ask();
    REQUIRE_FALSE(outcome.error);
    CHECK(outcome.answer.choices.at(0).text == "hedged");
    CHECK(outcome.model == "large");
  }
  CHECK(silent->cancelled == 1);
  const RequestRow& row = house.ledger.rows.at(0);
  REQUIRE(row.attempts.size() == 2);
  CHECK(row.attempts.at(0).cost > Money{});
  CHECK(row.attempts.at(1).cost > Money{});
  CHECK(row.attempts.at(0).attempt != row.attempts.at(1).attempt);
  CHECK(house.budgets.state().held == Money{});
  CHECK(house.health.of("small").samples == 0);
}

TEST_CASE("in a race a failure starts the next one at once, and the last one's is told",
          "[services][race]") {
  RouteHouse house;
  house.route().strategy = "race";
  house.route().hedgeAfter = Millis{300};
  house.dear->script = {FakeProvider::fails(FailureKind::Timeout)};
  house.cheap->script = {FakeProvider::fails(FailureKind::Overloaded)};
  const Outcome outcome = house.ask();
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::Overloaded);
  CHECK(outcome.attempts.size() == 2);
}
