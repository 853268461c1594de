#pragma once
// The corridor with two models, "small" at the provider "cheap" and "large" at "dear", and fakes
// around it.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/feedback_desk.h"
#include "core/services/health_board.h"
#include "core/services/metrics.h"
#include "core/services/orchestrator.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_provider.h"
#include "tests/support/fake_runtime.h"

namespace pagoda::testing {

using namespace pagoda::services;

inline Money usd(std::string_view text) {
  return *Money::parseUsd(text);
}

/// Plans every candidate in the order of its tier.
class InOrder final : public Strategy {
 public:
  std::string_view name() const override { return "in-order"; }
  Result<Plan> plan(const Features&, const Catalogue&,
                    const std::vector<Candidate>& candidates) override {
    Plan plan;
    plan.strategy = "in-order";
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      PlanStep step;
      step.candidate = i;
      plan.steps.push_back(step);
    }
    return plan;
  }
};

struct RecordingSink final : AnswerSink {
  void begin(const Outcome& outcome) override { begun.push_back(outcome.model); }
  bool emit(const Event& event) override {
    if (event.type == EventType::Text) text += event.text;
    if (event.type == EventType::Finish) ++finishes;
    return !gone;
  }
  Task<Result<void>> drain() override {
    ++drains;
    co_return Result<void>{};
  }
  std::vector<std::string> begun;
  std::string text;
  int finishes = 0, drains = 0;
  bool gone = false;
};

struct House {
  explicit House(std::string_view budget = "70") : budgets(clock, *Money::parseUsd(budget), {}) {
    auto providers = std::make_shared<FakeProviders>();
    providers->providers["cheap"] = cheap;
    providers->providers["dear"] = dear;
    auto catalogue = std::make_shared<Catalogue>();
    catalogue->models.push_back(model("small", "cheap", 0, "1", "2"));
    catalogue->models.push_back(model("large", "dear", 2, "10", "20"));
    catalogue->models.back().contextTokens = 2000;
    catalogue->rules = {{"coding", {"code"}, 0}, {"general", {}, 1}};
    serving->classifier = std::make_shared<Classifier>(*catalogue);
    serving->catalogue = catalogue;
    serving->providers = providers;
    serving->strategy = std::make_shared<InOrder>();
    serving->defaultMaxTokens = 1000;
    make();
  }
  static Model model(std::string key, std::string provider, int tier, std::string_view in,
                     std::string_view out) {
    Model m;
    m.key = std::move(key);
    m.upstreamId = m.key + "-id";
    m.provider = std::move(provider);
    m.tier = tier;
    m.price.input = usd(in);
    m.price.output = usd(out);
    m.capabilities = kCapStream | kCapTools;
    m.contextTokens = 1000;
    return m;
  }
  void make() {
    Orchestrator::Parts parts{
        clock, ledger, budgets, health, metrics, [](ErrorCode) { return 502; }, desk};
    orchestrator = std::make_unique<Orchestrator>(std::move(parts), serving);
  }
  CorridorRequest request(std::string_view modelName = "auto") {
    CorridorRequest r;
    r.id = ids.next();
    r.chat.model = modelName;
    Message message;
    Part part;
    part.text = "write code";
    message.parts.push_back(part);
    r.chat.messages.push_back(std::move(message));
    r.chat.rawJson = "{\"messages\":[]}";
    r.received = clock.now();
    return r;
  }
  Outcome answer(CorridorRequest& r, AnswerSink* sink = nullptr) {
    r.chat.stream = sink != nullptr;
    return runtime.run(orchestrator->answer(r, sink, runtime));
  }

  FakeClock clock;
  FakeRuntime runtime{clock};
  FakeLedger ledger;
  BudgetLedger budgets;
  HealthBoard health{clock};
  Metrics metrics{{}};
  RequestIdSource ids{clock};
  std::shared_ptr<FakeProvider> cheap = std::make_shared<FakeProvider>("cheap");
  std::shared_ptr<FakeProvider> dear = std::make_shared<FakeProvider>("dear");
  std::shared_ptr<Serving> serving = std::make_shared<Serving>();
  FeedbackDesk* desk = nullptr;
  std::unique_ptr<Orchestrator> orchestrator;
};

inline Usage usage(Tokens prompt, Tokens completion) {
  Usage u;
  u.prompt = prompt;
  u.completion = completion;
  return u;
}

}  // namespace pagoda::testing
