#include <future>

#include <catch2/catch.hpp>

#include "tests/core/store/store_fixture.h"

using namespace pagoda;
using namespace pagoda::store;

namespace {

Result<Claim> claimNow(AnswerStore& answers, const std::string& key, const std::string& asked,
                       std::int64_t request, const std::string& owner = "key_a") {
  std::promise<Result<Claim>> outcome;
  answers.claim({ApiKeyId(owner), key}, asked, RequestId(request),
                [&](Result<Claim> claim) { outcome.set_value(std::move(claim)); });
  return outcome.get_future().get();
}

Claim::State stateOf(AnswerStore& answers, const std::string& key, const std::string& asked,
                     std::int64_t request, const std::string& owner = "key_a") {
  const Result<Claim> claim = claimNow(answers, key, asked, request, owner);
  REQUIRE(claim);
  return claim->state;
}

StoredAnswer answerOf(std::int64_t request, std::string body) {
  return {RequestId(request), 200, {{"content-type", "application/json"}}, std::move(body)};
}

Result<void> keepNow(AnswerStore& answers, const std::string& key, StoredAnswer answer) {
  std::promise<Result<void>> outcome;
  answers.keep({ApiKeyId("key_a"), key}, std::move(answer),
               [&](Result<void> kept) { outcome.set_value(std::move(kept)); });
  return outcome.get_future().get();
}

Result<void> forgetNow(AnswerStore& answers, const std::string& key) {
  std::promise<Result<void>> outcome;
  answers.forget({ApiKeyId("key_a"), key},
                 [&](Result<void> gone) { outcome.set_value(std::move(gone)); });
  return outcome.get_future().get();
}

constexpr auto kFirst = Claim::State::First;
constexpr auto kRunning = Claim::State::Running;
constexpr auto kKept = Claim::State::Kept;
constexpr auto kLost = Claim::State::Lost;
constexpr auto kOtherBody = Claim::State::OtherBody;

}  // namespace

TEST_CASE("an idempotency key is one request's, of one caller", "[store][answers]") {
  const SettableClock clock;
  Store store = openStore(":memory:", {}, clock);
  AnswerStore& answers = store.answers();
  CHECK(stateOf(answers, "k", "question", 1) == kFirst);
  CHECK(stateOf(answers, "k", "question", 2) == kRunning);
  CHECK(stateOf(answers, "k", "other question", 3) == kOtherBody);
  CHECK(stateOf(answers, "k", "question", 4, "key_b") == kFirst);
  REQUIRE(keepNow(answers, "k", answerOf(1, "the answer")));
  const Result<Claim> again = claimNow(answers, "k", "question", 5);
  REQUIRE(again);
  CHECK(again->state == kKept);
  CHECK(again->answer.request == RequestId(1));
  CHECK(again->answer.status == 200);
  CHECK(again->answer.headers == HeaderList{{"content-type", "application/json"}});
  CHECK(again->answer.body == "the answer");
  CHECK(stateOf(answers, "k", "other question", 6) == kOtherBody);
}

TEST_CASE("a key that is forgotten is free, one whose answer is lost is not", "[store][answers]") {
  const SettableClock clock;
  Store store = openStore(":memory:", {}, clock);
  AnswerStore& answers = store.answers();
  CHECK(stateOf(answers, "free", "q", 1) == kFirst);
  REQUIRE(forgetNow(answers, "free"));
  CHECK(stateOf(answers, "free", "another q", 2) == kFirst);
  CHECK(stateOf(answers, "gone", "q", 3) == kFirst);
  answers.lose({ApiKeyId("key_a"), "gone"});
  CHECK(stateOf(answers, "gone", "q", 4) == kLost);
  REQUIRE(forgetNow(answers, "gone"));
  CHECK(stateOf(answers, "gone", "q", 5) == kLost);
}

TEST_CASE("an answer is kept for its time, across a restart", "[store][answers]") {
  const TemporaryDirectory directory;
  SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  StoreOptions options;
  options.keepAnswers = Millis{60'000};
  {
    Store store = openStore(path, options, clock);
    CHECK(stateOf(store.answers(), "k", "q", 1) == kFirst);
    REQUIRE(keepNow(store.answers(), "k", answerOf(1, "the answer")));
  }
  Store store = openStore(path, options, clock);
  clock.unix += 59'999;
  CHECK(stateOf(store.answers(), "k", "q", 2) == kKept);
  clock.unix += 1;
  CHECK(stateOf(store.answers(), "k", "another q", 3) == kFirst);
}

TEST_CASE("the oldest answers make room, and their keys are not charged again",
          "[store][answers]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  StoreOptions options;
  options.answerBytes = 1'000;
  const std::string path = directory.file("pagoda.db");
  {
    Store store = openStore(path, options, clock);
    AnswerStore& answers = store.answers();
    for (int i = 0; i < 6; ++i) {
      const std::string key = "k" + std::to_string(i);
      CHECK(stateOf(answers, key, "q", i + 1) == kFirst);
      REQUIRE(keepNow(answers, key, answerOf(i + 1, std::string(200, 'a'))));
    }
    CHECK(stateOf(answers, "k0", "q", 10) == kLost);
    CHECK(stateOf(answers, "k5", "q", 11) == kKept);
    CHECK(stateOf(answers, "long", "q", 12) == kFirst);
    REQUIRE(keepNow(answers, "long", answerOf(12, std::string(300, 'a'))));
    CHECK(stateOf(answers, "long", "q", 13) == kLost);
  }
  CHECK(numberIn(path + ".answers", "SELECT sum(bytes) FROM answers") <= 1'000);
  CHECK(numberIn(path + ".answers", "SELECT sum(length(body)) FROM answers") <= 1'000);
}

TEST_CASE("after a crash a charged request is not charged again, an unpaid one may run",
          "[store][answers]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  {
    Store store = openStore(path, {}, clock);
    for (std::int64_t request : {1, 2, 3, 4})
      CHECK(stateOf(store.answers(), "k" + std::to_string(request), "q", request) == kFirst);
    // 1 was never sent anywhere, 2 was under way, 3 had been paid for, 4 had failed and was free.
    REQUIRE(store.ledger().hold(holdOf(2, nano(500), clock.unix)));
    REQUIRE(settleNow(store.ledger(), requestOf(3, nano(70), clock.unix)));
    RequestRow failed = requestOf(4, nano(0), clock.unix);
    failed.attempts[0].state = AttemptState::Void;
    REQUIRE(settleNow(store.ledger(), failed));
  }
  Store store = openStore(path, {}, clock);
  CHECK(stateOf(store.answers(), "k1", "q", 11) == kFirst);
  CHECK(stateOf(store.answers(), "k2", "q", 12) == kLost);
  CHECK(stateOf(store.answers(), "k3", "q", 13) == kLost);
  CHECK(stateOf(store.answers(), "k4", "q", 14) == kFirst);
}

TEST_CASE("kept answers of a newer program stop the start", "[store][answers]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  {
    Database newer(path + ".answers", {});
    newer.exec("PRAGMA user_version = 2");
  }
  const auto error = errorOf([&] { openStore(path, {}, clock); });
  REQUIRE(error);
  CHECK(error->kind() == StoreError::Kind::NewerVersion);
}
