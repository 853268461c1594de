#include <catch2/catch.hpp>

#include "tests/core/api/api_house.h"
#include "tests/support/fake_answers.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

constexpr const char* kChat = "/v1/chat/completions";

/// The house with kept answers.
struct OnceHouse : ApiHouse {
  OnceHouse() {
    for (int i = 0; i < 3; ++i)
      cheap->script.push_back(FakeProvider::answers("hello", usageOf(1000, 500)));
    limitBy(nullptr, &answers);
  }
  /// Of the user unless another caller is named; `leaveAfter` flushes the client goes away.
  std::unique_ptr<FakeResponse> ask(const std::string& key, const std::string& body,
                                    const std::string& route = kChat,
                                    const Secret* caller = nullptr,
                                    std::optional<int> leaveAfter = {}) {
    FakeRequest request("POST", route);
    request.with("authorization", "Bearer " + std::string((caller ? *caller : userKey).reveal()));
    request.with("content-type", "application/json").with("idempotency-key", key);
    FakeBody bytes(body);
    auto response = std::make_unique<FakeResponse>();
    response->leaveAfterFlushes = leaveAfter;
    serve(request, bytes, *response);
    return response;
  }
  FakeAnswers answers;
};

}  // namespace

TEST_CASE("a repeated request gets the first one's answer and costs nothing", "[api][once]") {
  OnceHouse house;
  const auto first = house.ask("k", chatBody());
  const auto again = house.ask("k", chatBody());
  CHECK(first->status == 200);
  CHECK_FALSE(first->has("idempotent-replayed"));
  CHECK(again->status == 200);
  CHECK(again->body == first->body);
  CHECK(again->header("idempotent-replayed") == "true");
  CHECK(again->header("x-pagoda-original-request") == first->header("x-request-id"));
  CHECK(again->header("x-request-id") != first->header("x-request-id"));
  CHECK(again->header("x-pagoda-model") == "small");
  CHECK(first->header("x-pagoda-cost-usd") == "0.002");
  CHECK(again->header("x-pagoda-cost-usd") == Money{}.toString());
  CHECK(again->header("content-type") == "application/json");
  CHECK(house.cheap->calls == 1);
  CHECK(house.ledger.rows.size() == 1);
}

TEST_CASE("every generating route is served once", "[api][once]") {
  OnceHouse house;
  const auto first = house.ask("k", R"({"prompt":"write code"})", "/generate");
  const auto again = house.ask("k", R"({"prompt":"write code"})", "/generate");
  CHECK(first->status == 200);
  CHECK(again->body == first->body);
  CHECK(again->header("idempotent-replayed") == "true");
  CHECK(house.ledger.rows.size() == 1);
  CHECK(house.ask("k", R"({"prompt":"write code"})", "/v1/embeddings")->status == 422);
}

TEST_CASE("a repeated stream is the first one's bytes", "[api][once][stream]") {
  OnceHouse house;
  const auto first = house.ask("k", chatBody(R"(,"stream":true)"));
  const auto again = house.ask("k", chatBody(R"(,"stream":true)"));
  CHECK(first->streaming);
  CHECK(first->finished);
  CHECK_THAT(first->body, Catch::EndsWith("data: [DONE]\n\n"));
  CHECK(again->body == first->body);
  CHECK(again->header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(house.cheap->calls == 1);
}

TEST_CASE("the first request ends although its client went away", "[api][once][stream]") {
  OnceHouse house;
  const auto left = house.ask("k", chatBody(R"(,"stream":true)"), kChat, nullptr, 1);
  CHECK(left->aborted);
  CHECK_FALSE(left->finished);
  const auto again = house.ask("k", chatBody(R"(,"stream":true)"));
  CHECK(again->status == 200);
  CHECK_THAT(again->body, Catch::Contains(R"("delta":{"content":"hello"})"));
  CHECK_THAT(again->body, Catch::EndsWith("data: [DONE]\n\n"));
  CHECK(house.cheap->calls == 1);
  CHECK(house.ledger.rows.at(0).aborted == false);
}

TEST_CASE("a key with another wish in the headers is a 422", "[api][once]") {
  OnceHouse house;
  CHECK(house.ask("k", chatBody())->status == 200);
  for (const char* name : {"x-pagoda-task-type", "x-pagoda-preferred-tier", "x-pagoda-strategy"}) {
    INFO(name);
    FakeRequest request("POST", kChat);
    request.with("authorization", "Bearer " + std::string(house.userKey.reveal()));
    request.with("content-type", "application/json").with("idempotency-key", "k").with(name, "2");
    FakeBody bytes(chatBody());
    FakeResponse response;
    house.serve(request, bytes, response);
    CHECK(response.status == 422);
  }
  CHECK(house.cheap->calls == 1);
}

TEST_CASE("a key with another body is a 422, another caller's is another key", "[api][once]") {
  OnceHouse house;
  CHECK(house.ask("k", chatBody())->status == 200);
  const auto other = house.ask("k", chatBody(R"(,"max_tokens":5)"));
  CHECK(other->status == 422);
  CHECK_THAT(other->body, Catch::Contains("idempotency_key_reused"));
  CHECK(house.cheap->calls == 1);
  const auto neighbour = house.ask("k", chatBody(), kChat, &house.adminKey);
  CHECK(neighbour->status == 200);
  CHECK_FALSE(neighbour->has("idempotent-replayed"));
  CHECK(house.cheap->calls == 2);
}

TEST_CASE("while the first request runs a second one is told to wait", "[api][once]") {
  OnceHouse house;
  house.cheap->script.push_front(
      [&](const AttemptContext& context, const ChatRequest& chat, EventSink& sink) {
        // What another connection would get now; the claim is there before the upstream is called.
        for (auto& [key, row] : house.answers.rows) CHECK(row.claim.state == Claim::State::Running);
        return FakeProvider::answers("done", usageOf(1, 1))(context, chat, sink);
      });
  CHECK(house.ask("k", chatBody())->status == 200);
  house.answers.rows.begin()->second.claim.state = Claim::State::Running;
  const auto during = house.ask("k", chatBody());
  CHECK(during->status == 409);
  CHECK(during->header("retry-after") == "1");
  CHECK_FALSE(during->has("x-should-retry"));
  house.answers.rows.begin()->second.claim.state = Claim::State::Lost;
  const auto lost = house.ask("k", chatBody());
  CHECK(lost->status == 409);
  CHECK_FALSE(lost->has("retry-after"));
  CHECK(lost->header("x-should-retry") == "false");
  CHECK(house.cheap->calls == 1);
}

TEST_CASE("what failed for nothing may be tried again under its key", "[api][once]") {
  OnceHouse house;
  house.cheap->script.push_front(FakeProvider::fails(FailureKind::Unavailable));
  CHECK(house.ask("k", chatBody())->status == 502);
  CHECK(house.answers.rows.empty());
  CHECK(house.ask("k", "{")->status == 400);
  CHECK(house.answers.rows.empty());
  const auto second = house.ask("k", chatBody());
  CHECK(second->status == 200);
  CHECK_FALSE(second->has("idempotent-replayed"));
}

TEST_CASE("nothing is called where keys cannot be kept or read", "[api][once]") {
  OnceHouse house;
  CHECK(house.ask("", chatBody())->status == 400);
  CHECK(house.ask(std::string(256, 'k'), chatBody())->status == 400);
  CHECK(house.ask("caf\xC3\xA9", chatBody())->status == 400);
  house.answers.broken = true;
  CHECK(house.ask("k", chatBody())->status == 503);
  CHECK(house.cheap->calls == 0);
  CHECK(house.ledger.rows.empty());
}
