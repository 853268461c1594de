// Models are left out before a call that they would refuse, and wishes that they refuse are
// dropped.
#include <catch2/catch.hpp>

#include "core/domain/parameter.h"
#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/health_board.h"
#include "core/services/metrics.h"
#include "core/services/orchestrator.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_provider.h"
#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

struct House {
  House() {
    picky.key = picky.upstreamId = "picky";
    picky.provider = "p";
    picky.capabilities = kCapStream | kCapTools;
    auto providers = std::make_shared<FakeProviders>();
    providers->providers["p"] = provider;
    serving->providers = providers;
  }
  Outcome answer(const ChatRequest& chat) {
    auto catalogue = std::make_shared<Catalogue>();
    catalogue->models.push_back(picky);
    return answer(chat, catalogue);
  }
  Outcome answer(const ChatRequest& chat, std::shared_ptr<Catalogue> catalogue) {
    serving->catalogue = catalogue;
    serving->classifier = std::make_shared<Classifier>(*catalogue);
    Orchestrator orchestrator(
        {clock, ledger, budgets, health, metrics, [](ErrorCode) { return 422; }}, serving);
    CorridorRequest request;
    request.id = ids.next();
    request.received = clock.now();
    request.chat = chat.clone();
    request.chat.model = "picky";
    return runtime.run(orchestrator.answer(request, nullptr, runtime));
  }

  FakeClock clock;
  FakeRuntime runtime{clock};
  FakeLedger ledger;
  BudgetLedger budgets{clock, *Money::parseUsd("70"), {}};
  HealthBoard health{clock};
  Metrics metrics{{}};
  RequestIdSource ids{clock};
  Model picky;
  std::shared_ptr<FakeProvider> provider = std::make_shared<FakeProvider>("p");
  std::shared_ptr<Serving> serving = std::make_shared<Serving>();
};

ChatRequest chat() {
  ChatRequest request;
  request.messages.emplace_back().parts.emplace_back().text = "hello";
  request.rawJson = R"({"temperature":0.5,"keep":1})";
  return request;
}

}  // namespace

TEST_CASE("a wish that the model refuses is dropped, and the record says so",
          "[services][capabilities]") {
  House house;
  house.picky.refuses = kParTemperature;
  std::string sent;
  bool hadTemperature = true;
  house.provider->script.push_back(
      [&](const AttemptContext& context, const ChatRequest& request, EventSink& sink) {
        sent = request.rawJson;
        hadTemperature = request.temperature.has_value();
        return FakeProvider::answers("x", Usage{})(context, request, sink);
      });
  ChatRequest request = chat();
  request.temperature = 0.5;
  const Outcome outcome = house.answer(request);
  REQUIRE_FALSE(outcome.error);
  CHECK(sent == R"({"keep":1})");
  CHECK_FALSE(hadTemperature);
  CHECK(outcome.dropped == kParTemperature);
  CHECK_THAT(house.ledger.rows.at(0).decisionJson, Catch::Contains(R"("dropped":"temperature")"));
}

TEST_CASE("effort is dropped where the model does not think", "[services][capabilities]") {
  House house;
  house.provider->script.push_back(FakeProvider::answers("x", Usage{}));
  ChatRequest request = chat();
  request.reasoningEffort = "high";
  CHECK(house.answer(request).dropped == kParReasoningEffort);
  house.picky.capabilities |= kCapReasoning;
  house.provider->script.push_back(FakeProvider::answers("x", Usage{}));
  CHECK(house.answer(request).dropped == 0);
}

TEST_CASE("a model that cannot serve is left out before the call", "[services][capabilities]") {
  struct Case {
    const char* name;
    void (*ask)(ChatRequest&);
    const char* reason;
  };
  const Case cases[] = {
      {"a forced tool",
       [](ChatRequest& r) {
         r.tools.emplace_back().name = "f";
         r.toolChoice = ToolChoice::Required;
       },
       "picky: cannot take forced_tools"},
      {"stop sequences", [](ChatRequest& r) { r.stop.push_back("."); }, "picky: cannot take stop"},
      {"several choices", [](ChatRequest& r) { r.choices = 2; }, "picky: cannot take n"},
      {"an image",
       [](ChatRequest& r) { r.messages[0].parts.emplace_back().kind = PartKind::Image; },
       "picky: cannot take images"},
      {"a schema", [](ChatRequest& r) { r.format = Format::JsonSchema; },
       "picky: cannot take JSON schemas"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      House house;
      house.picky.refuses = kParStop | kParChoices | kParForcedTools;
      ChatRequest request = chat();
      c.ask(request);
      const Outcome outcome = house.answer(request);
      REQUIRE(outcome.error);
      CHECK(outcome.error->code == ErrorCode::NoCandidate);
      CHECK_THAT(outcome.error->message, Catch::Contains(c.reason));
      CHECK(house.provider->calls == 0);
    }
  }
}

TEST_CASE("a prompt that cannot fit into the context leaves the model out",
          "[services][capabilities]") {
  House house;
  house.picky.contextTokens = 100;
  ChatRequest request = chat();
  const std::string text(1000, 'a');
  request.messages[0].parts[0].text = text;
  const std::string raw = R"({"x":")" + text + R"("})";
  request.rawJson = raw;
  const Outcome outcome = house.answer(request);
  REQUIRE(outcome.error);
  CHECK_THAT(outcome.error->message,
             Catch::Contains("the prompt is longer than its context of 100 tokens"));
}

TEST_CASE("a model of the configuration that cannot be served is told apart from an unknown one",
          "[services][capabilities]") {
  House house;
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->unavailable["picky"] = "its provider has no key: set A_KEY";
  const Outcome outcome = house.answer(chat(), catalogue);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::NoCandidate);
  CHECK(outcome.error->message ==
        "no model can serve this request; picky: its provider has no key: set A_KEY");
}
