#pragma once
// The whole API over real services, with a scripted provider behind it and no socket before it.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/api/error_table.h"
#include "core/api/router.h"
#include "core/services/classifier.h"
#include "core/services/feedback_desk.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_keys.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_memory.h"
#include "tests/support/fake_provider.h"
#include "tests/support/fake_runtime.h"

namespace pagoda::testing {

/// Plans every candidate in the order of the catalogue.
class CatalogueOrder final : public Strategy {
 public:
  std::string_view name() const override { return "catalogue-order"; }
  Result<Plan> plan(const Features&, const Catalogue&,
                    const std::vector<Candidate>& candidates) override {
    Plan plan;
    plan.strategy = "catalogue-order";
    for (std::size_t i = 0; i < candidates.size(); ++i) plan.steps.emplace_back().candidate = i;
    return plan;
  }
};

struct ApiHouse {
  explicit ApiHouse(services::AuthMode mode = services::AuthMode::ApiKey,
                    std::string_view budget = "70", std::vector<std::string> origins = {},
                    HttpClient* http = nullptr, api::CodeParts* code = nullptr)
      : runtime(clock, http),
        budgets(clock, *Money::parseUsd(budget), {}),
        authenticator(mode, keys, clock) {
    userKey = keys.add("user", KeyRole::User);
    adminKey = keys.add("admin", KeyRole::Admin);
    auto catalogue = std::make_shared<Catalogue>();
    catalogue->models.push_back(model("small", "cheap", 0, "1", "2"));
    catalogue->models.push_back(model("large", "dear", 2, "10", "20"));
    catalogue->routes.emplace_back();
    catalogue->routes.back().name = "team/chat";
    catalogue->routes.back().candidates = {"large", "small"};
    catalogue->rules = {{"coding", {"code"}, 0}, {"general", {}, 1}};
    auto providers = std::make_shared<FakeProviders>();
    providers->providers["cheap"] = cheap;
    providers->providers["dear"] = dear;
    auto serving = std::make_shared<services::Serving>();
    serving->classifier = std::make_shared<services::Classifier>(*catalogue);
    serving->catalogue = catalogue;
    serving->providers = providers;
    serving->strategy = std::make_shared<CatalogueOrder>();
    serving->defaultMaxTokens = 1000;
    serving->triesPerCandidate = 1;
    services::Orchestrator::Parts parts{
        clock, ledger, budgets, health, metrics, api::httpStatusOf, &feedback};
    orchestrator = std::make_unique<services::Orchestrator>(std::move(parts), serving);
    origins_ = std::move(origins);
    code_ = code;
    limitBy(nullptr);
  }

  /// With these limits and this memory of answers from now on; null: none.
  void limitBy(services::RateLimiter* rates, AnswerStore* answers = nullptr) {
    api::ApiLimits limits;
    limits.maxBody = 1u << 20;
    router = std::make_unique<api::Router>(
        api::ApiContext{*orchestrator, authenticator, metrics, health, budgets, keys, ledger, ids,
                        clock, log, limits, [this](bool admin) { return info(admin); },
                        [this] { return notReady; }, origins_, nullptr, rates, answers, code_});
  }

  static Model model(std::string key, std::string provider, int tier, std::string_view in,
                     std::string_view out) {
    Model m;
    m.key = std::move(key);
    m.upstreamId = m.key + "-id";
    m.provider = std::move(provider);
    m.tier = tier;
    m.price.input = *Money::parseUsd(in);
    m.price.output = *Money::parseUsd(out);
    m.price.source = "list";
    m.capabilities = kCapStream | kCapTools | kCapJson;
    m.contextTokens = 1'000'000;
    return m;
  }

  /// Serves `request` to its end.
  void serve(FakeRequest& request, FakeBody& body, FakeResponse& response) {
    request.at(clock.now());
    runtime.run(toEnd(request.get(), body, response));
  }
  /// A request with the user's key and a JSON body.
  std::unique_ptr<FakeResponse> call(std::string method, std::string target, std::string body = {},
                                     const Secret* key = nullptr) {
    FakeRequest request(std::move(method), std::move(target));
    request.with("authorization", "Bearer " + std::string((key ? *key : userKey).reveal()));
    if (!body.empty()) request.with("content-type", "application/json");
    FakeBody bytes(std::move(body));
    auto response = std::make_unique<FakeResponse>();
    serve(request, bytes, *response);
    return response;
  }

  FakeClock clock;
  FakeRuntime runtime;
  FakeLedger ledger;
  FakeKeys keys;
  Secret userKey, adminKey;
  services::BudgetLedger budgets;
  services::HealthBoard health{clock};
  services::Metrics metrics{{}};
  services::Authenticator authenticator;
  RequestIdSource ids{clock};
  Log log{2, LogLevel::Off, LogFormat::Text};
  FakeMemory memory;
  services::FeedbackDesk feedback{memory, clock, log};
  std::string notReady;
  std::function<std::string(bool)> info = [](bool admin) {
    return std::string(admin ? R"({"paths":"all"})" : R"({"version":"1"})");
  };
  std::shared_ptr<FakeProvider> cheap = std::make_shared<FakeProvider>("cheap");
  std::shared_ptr<FakeProvider> dear = std::make_shared<FakeProvider>("dear");
  std::unique_ptr<services::Orchestrator> orchestrator;
  std::unique_ptr<api::Router> router;

 private:
  std::vector<std::string> origins_;
  api::CodeParts* code_ = nullptr;
  Task<bool> toEnd(const HttpRequest& request, FakeBody& body, FakeResponse& response) {
    co_await router->handle(request, body, response, runtime);
    co_return true;
  }
};

inline Usage usageOf(Tokens prompt, Tokens completion) {
  Usage usage;
  usage.prompt = prompt;
  usage.completion = completion;
  return usage;
}

/// A chat body with further members, for example `,"stream":true`.
inline std::string chatBody(std::string_view more = {}, std::string_view model = "small") {
  std::string body = R"({"model":")";
  body.append(model).append(R"(","messages":[{"role":"user","content":"write code"}])");
  return body.append(more).append("}");
}

}  // namespace pagoda::testing
