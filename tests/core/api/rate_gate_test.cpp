#include "core/api/rate_gate.h"

#include <catch2/catch.hpp>

#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

HeaderList headersOf(std::int64_t limit, std::int64_t remaining, Duration untilFull) {
  services::RateView view;
  view.requests = services::RateView::Figure{limit, remaining, untilFull};
  HeaderList headers;
  api::addRateHeaders(headers, view);
  return headers;
}

}  // namespace

TEST_CASE("durations of x-ratelimit-reset have OpenAI's form", "[api][rate]") {
  const std::pair<Duration, const char*> cases[] = {
      {Duration(0), "0ms"},      {Millis(17), "17ms"},      {Duration(1), "1ms"},
      {Millis(1000), "1s"},      {Millis(8640), "8.64s"},   {Millis(60'000), "1m0s"},
      {Millis(360'000), "6m0s"}, {Millis(61'500), "1m1.5s"}};
  for (const auto& [time, text] : cases) CHECK(headersOf(1, 0, time)[2].second == text);
}

TEST_CASE("a key's rates are enforced through the API, and its answers say what is left",
          "[api][rate]") {
  ApiHouse house;
  services::RateLimiter rates({}, {}, house.clock);
  house.limitBy(&rates);
  ApiKey key;
  key.name = "ten";
  key.grants.requestsPerMinute = 10;
  key.grants.tokensPerMinute = 100'000;
  const Secret secret = house.keys.create(key)->clearText;
  house.cheap->script.assign(12, FakeProvider::answers("hello", usageOf(10, 5)));
  for (int left = 9; left >= 0; --left) {
    const auto answer = house.call("POST", "/v1/chat/completions", chatBody(), &secret);
    REQUIRE(answer->status == 200);
    CHECK(answer->header("x-ratelimit-limit-requests") == "10");
    CHECK(answer->header("x-ratelimit-remaining-requests") == std::to_string(left));
    CHECK(answer->header("x-ratelimit-limit-tokens") == "100000");
  }
  const auto refused = house.call("POST", "/v1/chat/completions", chatBody(), &secret);
  CHECK(refused->status == 429);
  CHECK(refused->header("retry-after") == "6");
  CHECK(refused->header("x-ratelimit-remaining-requests") == "0");
  CHECK(refused->body.find(R"("code":"rate_limit_exceeded")") != std::string::npos);
  CHECK(house.call("POST", "/v1/chat/completions", chatBody())->status == 200);  // another key
  house.clock.advance(std::chrono::seconds(6));
  CHECK(house.call("POST", "/v1/chat/completions", chatBody(), &secret)->status == 200);
}

TEST_CASE("tokens that were set aside and not used are given back", "[api][rate]") {
  ApiHouse house;
  services::RateLimits limits;
  limits.key.tokensPerMinute = 1000;
  services::RateLimiter rates(limits, {}, house.clock);
  house.limitBy(&rates);
  house.cheap->script.assign(3, FakeProvider::answers("hello", usageOf(10, 5)));
  for (int i = 0; i < 3; ++i)
    CHECK(house.call("POST", "/v1/chat/completions", chatBody(R"(,"max_tokens":900)"))->status ==
          200);
  CHECK(house.call("POST", "/v1/chat/completions", chatBody(R"(,"max_tokens":1001)"))->status ==
        429);
}

TEST_CASE("AU-22 after many wrong keys the right one is let in at once", "[api][rate]") {
  ApiHouse house;
  services::RateLimiter rates({}, {}, house.clock);
  house.limitBy(&rates);
  const Secret wrong("pgd-wrong");
  int unauthenticated = 0, throttled = 0;
  for (int i = 0; i < 300; ++i) {
    const auto answer = house.call("GET", "/v1/models", {}, &wrong);
    unauthenticated += answer->status == 401 ? 1 : 0;
    throttled += answer->status == 429 && answer->header("retry-after") == "1" ? 1 : 0;
  }
  CHECK(unauthenticated == 60);
  CHECK(throttled == 240);
  CHECK(house.call("GET", "/v1/models")->status == 200);
}
