#include <catch2/catch.hpp>

#include "tests/core/api/api_house.h"
#include "tests/support/fake_embedder.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

/// Counts a token for each message of a request.
class Counting final : public Provider {
 public:
  const std::string& name() const override { return name_; }
  std::string_view pluginName() const override { return "fake@1.0.0"; }
  bool native() const override { return false; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(const AttemptContext&,
                                                                const ChatRequest&) override {
    return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::NotImplemented, "counts only"));
  }
  Task<AttemptStatus> invoke(const AttemptContext&, const ChatRequest&, EventSink&,
                             const AfterBatch&, Runtime&, CancelSource*) override {
    co_return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::NotImplemented, "counts only"));
  }
  bool countsTokens() const override { return true; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginTokenCount(
      const AttemptContext&, const ChatRequest& request) override {
    if (refuses)
      return tl::unexpected<AttemptFailure>(
          FakeProvider::failure(FailureKind::RateLimit, "slow down"));
    return std::make_unique<Count>(static_cast<Tokens>(request.messages.size()));
  }
  bool refuses = false;

 private:
  class Count final : public Exchange {
   public:
    explicit Count(Tokens tokens) { usage_.prompt = tokens; }
    tl::expected<ExchangeStep, AttemptFailure> next(UpstreamRequest&, Millis&) override {
      return std::exchange(asked_, true) ? ExchangeStep::Done : ExchangeStep::Http;
    }
    AttemptStatus onHead(const UpstreamResponse&) override { return {}; }
    AttemptStatus onFrame(const Frame&, EventSink& sink) override {
      Event event;
      event.type = EventType::Usage;
      event.usage = &usage_;
      sink.emit(event);
      return {};
    }
    AttemptFailure onFailure(const UpstreamResponse&, std::string_view) override { return {}; }

   private:
    Usage usage_;
    bool asked_ = false;
  };
  std::string name_ = "counting";
};

struct CountingHouse {
  CountingHouse() {
    const auto before = house.orchestrator->serving();
    auto serving = std::make_shared<services::Serving>(*before);
    auto catalogue = std::make_shared<Catalogue>(*before->catalogue);
    catalogue->models.push_back(ApiHouse::model("counted", "counting", 1, "1", "1"));
    auto providers = std::make_shared<FakeProviders>();
    providers->providers["cheap"] = house.cheap;
    providers->providers["counting"] = counting;
    serving->catalogue = catalogue;
    serving->providers = providers;
    house.orchestrator->swap(serving);
  }
  std::unique_ptr<FakeResponse> post(std::string body) {
    return house.call("POST", "/v1/tokens", std::move(body));
  }
  EmptyHttpClient http;
  ApiHouse house{services::AuthMode::ApiKey, "0", {}, &http};
  std::shared_ptr<Counting> counting = std::make_shared<Counting>();
};

}  // namespace

TEST_CASE("a prompt's tokens are counted by the provider, free and without a row",
          "[api][tokens]") {
  CountingHouse h;
  const auto response = h.post(chatBody("", "counted"));
  CHECK(response->status == 200);
  CHECK(
      response->body ==
      R"({"object":"token_count","model":"counted","provider":"counting","prompt_tokens":1,"estimated":false})");
  CHECK(h.house.ledger.rows.empty());
  CHECK(h.house.budgets.state().spent == Money{});
}

TEST_CASE("where the provider does not count, the tokens are estimated", "[api][tokens]") {
  CountingHouse h;
  const auto response = h.post(R"({"prompt":"nine byte","model":"small"})");
  CHECK(
      response->body ==
      R"({"object":"token_count","model":"small","provider":"cheap","prompt_tokens":3,"estimated":true})");
  CHECK(h.house.cheap->calls == 0);
}

TEST_CASE("a count that fails tells why", "[api][tokens]") {
  CountingHouse h;
  h.counting->refuses = true;
  const auto response = h.post(chatBody("", "counted"));
  CHECK(response->status == 429);
  CHECK_THAT(response->body, Catch::Contains("counted failed: slow down"));
  CHECK(h.post(chatBody("", "no-such"))->status == 404);
  CHECK(h.post("[]")->status == 400);
}
