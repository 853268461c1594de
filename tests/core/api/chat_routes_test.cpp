#include "core/api/json_body.h"
#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;
using services::AuthMode;

namespace {

std::shared_ptr<api::JsonDocument> parsed(const FakeResponse& response) {
  INFO(response.body);
  auto document = api::JsonDocument::parse(response.body);
  REQUIRE(document);
  return *document;
}

std::string_view at(const api::JsonDocument& document,
                    std::initializer_list<std::string_view> path) {
  api::JsonValue value = document.root();
  for (const std::string_view key : path) {
    const auto member = value.find(key);
    if (!member) return "(absent)";
    value = *member;
  }
  return value.isString() ? value.text() : value.raw();
}

}  // namespace

TEST_CASE("a chat answer says who gave it and what it cost", "[api][chat]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("done", usageOf(1000, 500)));
  const auto response = house.call("POST", "/v1/chat/completions", chatBody());
  CHECK(response->status == 200);
  const auto body = parsed(*response);
  CHECK(at(*body, {"object"}) == "chat.completion");
  CHECK(at(*body, {"model"}) == "small-id");
  CHECK(at(*body, {"usage", "total_tokens"}) == "1500");
  CHECK_THAT(response->body, Catch::Contains(R"("content":"done")"));
  CHECK(response->header("x-pagoda-model") == "small");
  CHECK(response->header("x-pagoda-provider") == "cheap");
  CHECK(response->header("x-pagoda-tier") == "0");
  CHECK(response->header("x-pagoda-attempts") == "1");
  CHECK(response->header("x-pagoda-cost-usd") == "0.002");
  CHECK_FALSE(response->has("x-pagoda-simulated"));
  for (const char* phase :
       {"parse;dur=", "auth;dur=", "classify;dur=", "plan;dur=", "upstream;dur=", "account;dur="})
    CHECK_THAT(response->header("server-timing"), Catch::Contains(phase));
  CHECK(house.ledger.rows.at(0).route == "/v1/chat/completions");
}

TEST_CASE("a failed request lists its attempts, and where to wait", "[api][chat]") {
  ApiHouse house;
  house.cheap->script.push_back(
      [](const AttemptContext&, const ChatRequest&, EventSink&) -> AttemptStatus {
        AttemptFailure failure =
            FakeProvider::failure(FailureKind::RateLimit, "the upstream asks to wait");
        failure.httpStatus = 429;
        failure.retryAfter = Millis{1500};
        return tl::unexpected<AttemptFailure>(failure);
      });
  const auto response = house.call("POST", "/v1/chat/completions", chatBody());
  CHECK(response->status == 429);
  CHECK_THAT(
      response->body,
      Catch::Contains(
          R"("attempts":[{"model":"small","upstream_model":"small-id","provider":"cheap","failure":"rate_limit","http_status":429}])"));
  CHECK(response->header("x-pagoda-attempts") == "1");
  CHECK(response->header("retry-after") == "2");
  CHECK(response->header("retry-after-ms") == "1500");
}

TEST_CASE("a request over the budget is a 402 that asks for no retry", "[api][chat]") {
  ApiHouse house(AuthMode::ApiKey, "0");
  const auto response =
      house.call("POST", "/v1/chat/completions", chatBody(R"(,"max_tokens":100)"));
  CHECK(response->status == 402);
  CHECK(response->header("x-should-retry") == "false");
  CHECK(at(*parsed(*response), {"error", "type"}) == "insufficient_quota");
  CHECK(at(*parsed(*response), {"error", "code"}) == "budget_exceeded");
  CHECK(house.cheap->calls == 0);
}

TEST_CASE("an unknown model is a 404, and bad JSON calls nobody", "[api][chat]") {
  ApiHouse house;
  const auto unknown = house.call("POST", "/v1/chat/completions", chatBody({}, "smal"));
  CHECK(unknown->status == 404);
  CHECK(at(*parsed(*unknown), {"error", "code"}) == "model_not_found");
  CHECK_THAT(unknown->body, Catch::Contains("small"));
  CHECK(house.call("POST", "/v1/chat/completions", "{")->status == 400);
  CHECK(house.call("POST", "/v1/chat/completions")->status == 400);
  CHECK(house.cheap->calls == 0);
}

TEST_CASE("a stream carries the answer and ends after the ledger has it", "[api][chat][stream]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("hello", usageOf(10, 5)));
  const auto response =
      house.call("POST", "/v1/chat/completions",
                 chatBody(R"(,"stream":true,"stream_options":{"include_usage":true})"));
  CHECK(response->status == 200);
  CHECK(response->streaming);
  CHECK(response->finished);
  CHECK(response->header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(response->header("cache-control") == "no-cache");
  CHECK(response->header("x-accel-buffering") == "no");
  CHECK(response->header("x-pagoda-model") == "small");
  CHECK(response->header("x-pagoda-attempts") == "1");
  CHECK_THAT(response->body, Catch::Contains(R"("delta":{"content":"hello"})"));
  CHECK_THAT(response->body,
             Catch::Contains(R"("prompt_tokens":10,"completion_tokens":5,"total_tokens":15)"));
  CHECK_THAT(response->body, Catch::EndsWith("data: [DONE]\n\n"));
  CHECK(house.ledger.rows.size() == 1);
}

TEST_CASE("a stream that fails before its first word is a plain error", "[api][chat][stream]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::fails(FailureKind::Unavailable));
  const auto response = house.call("POST", "/v1/chat/completions", chatBody(R"(,"stream":true)"));
  CHECK(response->status == 502);
  CHECK_FALSE(response->streaming);
  CHECK(at(*parsed(*response), {"error", "type"}) == "upstream_error");
}

TEST_CASE("a stream that fails after its first word ends with an error event",
          "[api][chat][stream]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::fails(FailureKind::Protocol, "half a"));
  const auto response = house.call("POST", "/v1/chat/completions", chatBody(R"(,"stream":true)"));
  CHECK(response->status == 200);
  CHECK(response->finished);
  CHECK_THAT(response->body, Catch::Contains("half a"));
  CHECK_THAT(response->body, Catch::Contains(R"(data: {"error":{"message":)"));
  CHECK_THAT(response->body, Catch::Contains(R"("request_id":"req_)"));
  CHECK(response->body.find("[DONE]") == std::string::npos);
  CHECK(response->body.find(R"("finish_reason":"stop")") == std::string::npos);
  CHECK(house.cheap->calls == 1);
}

TEST_CASE("a client that leaves ends its stream and is written to no more", "[api][chat][stream]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("hello", usageOf(10, 5)));
  FakeRequest request("POST", "/v1/chat/completions");
  request.with("authorization", "Bearer " + std::string(house.userKey.reveal()));
  FakeBody body(chatBody(R"(,"stream":true)"));
  FakeResponse response;
  response.leaveAfterFlushes = 1;
  house.serve(request, body, response);
  CHECK(response.aborted);
  CHECK_FALSE(response.finished);
  CHECK(response.body.find("[DONE]") == std::string::npos);
  CHECK(house.budgets.state().held == Money{});
}

TEST_CASE("answers that the ledger could not record are not given out as good", "[api][chat]") {
  ApiHouse house;
  house.ledger.breakWith("disk full");
  house.cheap->script.push_back(FakeProvider::answers("done", usageOf(1, 1)));
  CHECK(house.call("POST", "/v1/chat/completions", chatBody())->status == 503);
}

TEST_CASE("routing wishes come by header where the dialect has no member for them", "[api][chat]") {
  ApiHouse house;
  const auto withHeader = [&](std::string name, std::string value) {
    FakeRequest request("POST", "/v1/chat/completions");
    request.with("authorization", "Bearer " + std::string(house.userKey.reveal()))
        .with(std::move(name), std::move(value));
    FakeBody body(chatBody({}, "auto"));
    auto response = std::make_unique<FakeResponse>();
    house.serve(request, body, *response);
    return response;
  };
  CHECK(withHeader("x-pagoda-preferred-tier", "7")->status == 400);
  CHECK(withHeader("x-pagoda-task-type", "poetry")->status == 400);
  house.cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
  CHECK(withHeader("x-pagoda-task-type", "general")->status == 200);
  CHECK(house.ledger.rows.back().task == "general");
}

TEST_CASE("POST /generate answers in the seed's form", "[api][generate]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("class Limiter {}", usageOf(100, 50)));
  const auto response =
      house.call("POST", "/generate", R"({"prompt":"code please","task_type":"coding"})");
  CHECK(response->status == 200);
  const auto body = parsed(*response);
  CHECK(at(*body, {"response"}) == "class Limiter {}");
  CHECK(at(*body, {"model_used"}) == "small");
  CHECK(at(*body, {"tier_used"}) == "0");
  CHECK(at(*body, {"task_type"}) == "coding");
  CHECK(at(*body, {"cost_usd"}) == "0.0002");
  CHECK(at(*body, {"tokens", "total"}) == "150");
  CHECK(at(*body, {"request_id"}) == response->header("x-request-id"));
}

TEST_CASE("POST /generate streams deltas and then the whole object", "[api][generate][stream]") {
  ApiHouse house;
  house.cheap->script.push_back(FakeProvider::answers("hello", usageOf(100, 50)));
  const auto response = house.call("POST", "/generate", R"({"prompt":"code","stream":true})");
  CHECK_THAT(response->body,
             Catch::StartsWith(
                 "data: {\"delta\":\"hello\"}\n\nevent: done\ndata: {\"response\":\"hello\","));
  house.cheap->script.push_back(FakeProvider::fails(FailureKind::Protocol, "half"));
  house.dear->script.push_back(FakeProvider::answers("never", usageOf(1, 1)));
  const auto broken = house.call("POST", "/generate", R"({"prompt":"code","stream":true})");
  CHECK_THAT(broken->body, Catch::Contains("event: error\ndata: {\"error\":{"));
  CHECK(broken->body.find("event: done") == std::string::npos);
  CHECK(house.dear->calls == 0);
}

TEST_CASE("explain tells the decision in either form and calls nobody", "[api][explain]") {
  ApiHouse house;
  for (const std::string& body :
       {chatBody({}, "auto"), std::string(R"({"prompt":"write code"})")}) {
    const auto response = house.call("POST", "/v1/route/explain", body);
    CHECK(response->status == 200);
    CHECK(at(*parsed(*response), {"class", "task"}) == "coding");
    CHECK(at(*parsed(*response), {"plan", "strategy"}) == "catalogue-order");
  }
  CHECK(house.call("POST", "/v1/route/explain", chatBody({}, "nobody"))->status == 404);
  CHECK(house.cheap->calls == 0);
}
