#include "core/services/rate_book.h"

#include <deque>
#include <random>

#include <catch2/catch.hpp>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using pagoda::testing::FakeClock;

namespace {

AddressBytes address(std::string_view text) {
  return parseAddress(text).value();
}

AddressBytes numbered(std::uint32_t number) {
  AddressBytes bytes = address("10.0.0.0");
  for (std::size_t i = 0; i < 3; ++i) bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return bytes;
}

Caller caller(std::string name, std::optional<std::int64_t> requests = {}) {
  auto grants = std::make_shared<KeyGrants>();
  grants->requestsPerMinute = requests;
  Caller who;
  who.key = ApiKeyId(std::move(name));
  who.grants = std::move(grants);
  return who;
}

const AddressBytes kHere = *parseAddress("192.0.2.1");

int admitted(RateBook& book, const RateParty& party, int requests) {
  int through = 0;
  for (int i = 0; i < requests; ++i) {
    RateView view;
    if (book.charge(party, 0, view)) ++through;
  }
  return through;
}

}  // namespace

TEST_CASE("RL-01 RL-02 of 30 requests at once 10 pass, and one more after Retry-After",
          "[services][rate]") {
  FakeClock clock;
  RateLimits limits;
  limits.key.requestsPerMinute = 10;
  RateBook book(limits, clock);
  const RateParty party = book.partyOf(caller("a"), kHere);
  CHECK(admitted(book, party, 30) == 10);
  RateView view;
  const Result<void> refused = book.charge(party, 0, view);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::RateLimited);
  REQUIRE(refused.error().retryAfter == Millis(6000));
  clock.advance(*refused.error().retryAfter - Millis(1));
  CHECK(!book.charge(party, 0, view));
  clock.advance(Millis(1));
  CHECK(book.charge(party, 0, view));
}

TEST_CASE("RL-03 keys with rates of their own do not bleed into each other", "[services][rate]") {
  FakeClock clock;
  RateBook book({}, clock);
  const RateParty ten = book.partyOf(caller("a", 10), kHere);
  const RateParty five = book.partyOf(caller("b", 5), kHere);
  const RateParty unlimited = book.partyOf(caller("c"), kHere);
  int a = 0, b = 0;
  for (int i = 0; i < 30; ++i) {
    a += admitted(book, ten, 1);
    b += admitted(book, five, 1);
  }
  CHECK(a == 10);
  CHECK(b == 5);
  CHECK(!unlimited.limited());
}

TEST_CASE("RL-13 what remains counts down by one", "[services][rate]") {
  for (const std::int64_t rate : {10, 7, 1, 999}) {
    FakeClock clock;
    RateLimits limits;
    limits.key.requestsPerMinute = rate;
    RateBook book(limits, clock);
    const RateParty party = book.partyOf(caller("a"), kHere);
    for (std::int64_t left = rate - 1; left >= 0; --left) {
      RateView view;
      REQUIRE(book.charge(party, 0, view));
      REQUIRE(view.requests);
      CHECK(view.requests->limit == rate);
      CHECK(view.requests->remaining == left);
      clock.advance(std::chrono::microseconds(1));
    }
  }
}

TEST_CASE("a request that one scope refuses counts in none", "[services][rate]") {
  FakeClock clock;
  RateLimits limits;
  limits.key.requestsPerMinute = 10;
  limits.address.requestsPerMinute = 10;
  limits.global.requestsPerMinute = 3;
  RateBook book(limits, clock);
  const RateParty party = book.partyOf(caller("a"), kHere);
  CHECK(admitted(book, party, 20) == 3);
  RateView view;
  CHECK(!book.charge(party, 0, view));
  clock.advance(std::chrono::seconds(20));  // one for all
  CHECK(admitted(book, party, 5) == 1);
  REQUIRE(book.partyOf({}, kHere).limited());
}

TEST_CASE("tokens are set aside and settled with what was used", "[services][rate]") {
  FakeClock clock;
  RateLimits limits;
  limits.key.tokensPerMinute = 1000;
  RateBook book(limits, clock);
  const RateParty party = book.partyOf(caller("a"), kHere);
  RateView view;
  REQUIRE(book.charge(party, 800, view));
  CHECK(view.tokens->remaining == 200);
  CHECK(!book.charge(party, 300, view));
  book.settle(party, 800, 100);
  REQUIRE(book.charge(party, 300, view));
  CHECK(view.tokens->remaining == 600);
  book.settle(party, 300, 1900);  // more than was set aside: a debt
  CHECK(!book.charge(party, 1, view));
  CHECK(view.tokens->remaining == 0);
  clock.advance(std::chrono::seconds(61));
  CHECK(book.charge(party, 1, view));

  const Result<void> tooLarge = book.charge(party, 1001, view);
  REQUIRE(!tooLarge);
  CHECK(!tooLarge.error().retryAfter);
  CHECK(tooLarge.error().message.find("max_tokens") != std::string::npos);
}

TEST_CASE("RL-09 only the monotonic clock counts", "[services][rate]") {
  struct Stepped final : Clock {
    TimePoint now() const noexcept override { return steady; }
    UnixMillis unixNow() const noexcept override { return wall; }
    TimePoint steady{std::chrono::hours(1)};
    UnixMillis wall = 1'795'564'800'000;
  } clock;
  RateLimits limits;
  limits.key.requestsPerMinute = 10;
  RateBook book(limits, clock);
  const RateParty party = book.partyOf(caller("a"), kHere);
  CHECK(admitted(book, party, 5) == 5);
  clock.wall += 3'600'000;
  CHECK(admitted(book, party, 20) == 5);
  clock.wall -= 7'200'000;
  CHECK(admitted(book, party, 20) == 0);
  clock.steady += std::chrono::seconds(60);
  CHECK(admitted(book, party, 20) == 10);
}

TEST_CASE("RL-10 a hundred thousand addresses stay within 16 MiB and reset no active one",
          "[services][rate]") {
  FakeClock clock;
  RateLimits limits;
  limits.address.requestsPerMinute = 5;
  limits.wrongKeysPerMinute = 5;
  RateBook book(limits, clock);
  const RateParty active = book.partyOf({}, kHere);
  CHECK(admitted(book, active, 20) == 5);
  Duration wait{};
  for (int i = 0; i < 5; ++i) REQUIRE(book.wrongKey(kHere, wait));
  int passed = 0;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    book.wrongKey(numbered(i), wait);
    if (i % 1000 == 0) {
      passed += admitted(book, active, 1);
      passed += book.wrongKey(kHere, wait) ? 1 : 0;
    }
  }
  CHECK(passed == 0);
  CHECK(book.memoryBytes() <= 16u << 20);
  CHECK(book.wrongKey(numbered(7), wait));  // the oldest were forgotten
}

TEST_CASE("AU-22 AD-14 wrong keys are counted by address", "[services][rate]") {
  FakeClock clock;
  RateBook book({}, clock);
  Duration wait{};
  int unthrottled = 0;
  for (int i = 0; i < 10'000; ++i) unthrottled += book.wrongKey(kHere, wait) ? 1 : 0;
  CHECK(unthrottled == 60);
  CHECK(wait == std::chrono::seconds(1));
  CHECK(book.wrongKey(address("192.0.2.2"), wait));
  // Who has one IPv6 address has the whole network.
  for (int i = 0; i < 60; ++i) REQUIRE(book.wrongKey(address("2001:db8::1"), wait));
  CHECK(!book.wrongKey(address("2001:db8::2"), wait));
  CHECK(book.wrongKey(address("2001:db8:0:1::2"), wait));
}

TEST_CASE("an entry with a request under way is never forgotten", "[services][rate]") {
  RateTable table(16);
  for (std::uint64_t i = 0; i < 200; ++i)
    table.with({1, i}, [](RateMeters& meters) { ++meters.underWay; });
  CHECK(table.size() == 200);
  for (std::uint64_t i = 0; i < 200; ++i)
    CHECK(table.with({1, i}, [](const RateMeters& meters) { return meters.underWay; }) == 1);
}

namespace {

/// Tokens in a bucket that fills while one looks: the same rule, told another way.
struct PlainBucket {
  long double level;
  long double rate;
  long double last = 0;
  void fill(long double now) {
    level = std::min(rate, level + (now - last) * rate / 60);
    last = now;
  }
};

struct PlainScope {
  PlainBucket requests, tokens;
  int underWay = 0;
  bool has(long double now, int amount) {
    requests.fill(now);
    tokens.fill(now);
    // Rounding to nanoseconds may differ by a sliver; the cases keep clear of it.
    return requests.level + 1e-6L >= 1 && tokens.level + 1e-6L >= amount;
  }
};

struct Pending {
  std::size_t key;
  int charged;
};

/// One seed: random requests of three keys at random times, some open, settled later.
void simulate(unsigned seed) {
  std::mt19937 random(seed);
  const auto upTo = [&](int most) {
    return static_cast<int>(random() % static_cast<unsigned>(most));
  };
  FakeClock clock;
  RateLimits limits;
  limits.key = {5 + upTo(20), 500 + upTo(1000), 1 + upTo(4)};
  limits.global = {10 + upTo(30), 1000 + upTo(2000), 2 + upTo(6)};
  RateBook book(limits, clock);
  const RateParty parties[] = {book.partyOf(caller("a"), kHere), book.partyOf(caller("b"), kHere),
                               book.partyOf(caller("c"), kHere)};
  const auto plainOf = [](const RateScope& scope) {
    const auto requests = static_cast<long double>(scope.requestsPerMinute);
    const auto tokens = static_cast<long double>(scope.tokensPerMinute);
    return PlainScope{{requests, requests}, {tokens, tokens}};
  };
  PlainScope keys[] = {plainOf(limits.key), plainOf(limits.key), plainOf(limits.key)};
  PlainScope all = plainOf(limits.global);
  std::deque<Pending> open;
  long double now = 0;
  for (int step = 0; step < 200; ++step) {
    const int ms = upTo(1500);
    clock.advance(Millis(ms));
    now += static_cast<long double>(ms) / 1000;
    if (!open.empty() && upTo(3) == 0) {
      const Pending done = open.front();
      open.pop_front();
      const int used = upTo(done.charged + 100);
      book.settle(parties[done.key], done.charged, used);
      book.leave(parties[done.key]);
      for (PlainScope* scope : {&keys[done.key], &all}) {
        scope->tokens.fill(now);
        scope->tokens.level =
            std::min(scope->tokens.rate, scope->tokens.level + done.charged - used);
        --scope->underWay;
      }
    }
    const auto key = static_cast<std::size_t>(upTo(3));
    const int tokens = upTo(300);
    const bool keyHas = keys[key].has(now, tokens);  // both fill their buckets
    const bool allHave = all.has(now, tokens);
    const bool expected = keyHas && allHave;
    RateView view;
    const Result<void> charged = book.charge(parties[key], tokens, view);
    REQUIRE(charged.has_value() == expected);
    if (!expected) continue;
    const bool room =
        keys[key].underWay < limits.key.concurrent && all.underWay < limits.global.concurrent;
    REQUIRE(book.enter(parties[key]) == room);
    if (!room) {
      book.refund(parties[key], tokens);
      continue;
    }
    for (PlainScope* scope : {&keys[key], &all}) {
      scope->requests.level -= 1;
      scope->tokens.level -= tokens;
      ++scope->underWay;
    }
    open.push_back({key, tokens});
  }
}

}  // namespace

TEST_CASE("a thousand simulated histories agree with a plain model", "[services][rate]") {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    INFO("seed " << seed);
    simulate(seed);
  }
}

TEST_CASE("RL-11 a forwarded address counts only when a trusted proxy tells it",
          "[services][rate]") {
  const TrustedProxies proxies = TrustedProxies::parse({"10.0.0.0/8", "2001:db8::/33"}).value();
  const TrustedProxies none;
  struct Case {
    const char* name;
    const char* peer;
    std::vector<std::string_view> forwarded;
    const char* client;
  };
  const Case cases[] = {
      {"a stranger's word is nothing", "192.0.2.7", {"198.51.100.1"}, "192.0.2.7"},
      {"a proxy's word counts", "10.1.2.3", {"198.51.100.1"}, "198.51.100.1"},
      {"what the client put before is ignored",
       "10.1.2.3",
       {"1.1.1.1, 198.51.100.1"},
       "198.51.100.1"},
      {"through two proxies", "10.1.2.3", {"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
      {"over two header lines", "10.1.2.3", {"1.1.1.1, 198.51.100.1", "10.9.9.9"}, "198.51.100.1"},
      {"nothing said", "10.1.2.3", {}, "10.1.2.3"},
      {"nonsense ends the walk", "10.1.2.3", {"1.1.1.1, unknown, 10.9.9.9"}, "10.9.9.9"},
      {"IPv6 with a port", "2001:db8:7fff::1", {"[2001:db8:8000::5]:443"}, "2001:db8:8000::5"},
      {"all are proxies", "10.1.2.3", {"10.0.0.1, 10.0.0.2"}, "10.0.0.1"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      CHECK(proxies.clientOf(address(c.peer), c.forwarded) == address(c.client));
      CHECK(none.clientOf(address(c.peer), c.forwarded) == address(c.peer));
    }
  }
  for (const char* wrong :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "localhost", "1.2.3", "::/129"})
    CHECK(!TrustedProxies::parse({wrong}));
}
