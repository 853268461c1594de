#include "core/plugin_host/secret_book.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::plugin_host;
using namespace pagoda::testing;
using namespace std::chrono_literals;

namespace {

struct Book {
  explicit Book(const std::vector<std::string>& keys) : book(values(keys), clock) {}
  static SecretValues values(const std::vector<std::string>& keys) {
    SecretValues all;
    for (const std::string& key : keys) all["api_key"].emplace_back(key);
    return all;
  }
  std::string next() {
    const Secret* key = book.current("api_key", ordinal);
    return key == nullptr ? "(none)" : std::string(key->reveal());
  }
  bool failed(FailureKind kind, std::optional<Millis> retryAfter = std::nullopt) {
    return book.failed("api_key", ordinal, kind, retryAfter);
  }

  FakeClock clock;
  SecretBook book;
  std::size_t ordinal = 0;
};

}  // namespace

TEST_CASE("keys take turns", "[plugin_host][secrets]") {
  Book keys({"a", "b", "c"});
  CHECK(keys.next() == "a");
  CHECK(keys.next() == "b");
  CHECK(keys.next() == "c");
  CHECK(keys.next() == "a");
  CHECK(keys.book.states().at(0).uses == 2);
}

TEST_CASE("a key rests by what its failure says", "[plugin_host][secrets]") {
  struct Case {
    FailureKind kind;
    std::optional<Millis> told;
    Millis rest;
  };
  const Case cases[] = {
      {FailureKind::Auth, std::nullopt, 10min},   {FailureKind::Quota, std::nullopt, 1h},
      {FailureKind::Quota, Millis(2h), 2h},       {FailureKind::Permission, std::nullopt, 30s},
      {FailureKind::RateLimit, Millis(20s), 20s}, {FailureKind::RateLimit, std::nullopt, 5s}};
  for (const Case& c : cases) {
    DYNAMIC_SECTION(nameOf(c.kind) << " " << c.rest.count()) {
      Book keys({"a", "b"});
      CHECK(keys.next() == "a");
      CHECK(keys.failed(c.kind, c.told));
      const KeyState state = keys.book.states().at(0);
      CHECK(state.restsFor == c.rest);
      CHECK(state.why == nameOf(c.kind));
      CHECK(keys.next() == "b");
      CHECK(keys.next() == "b");
      keys.clock.advance(c.rest);
      CHECK(keys.book.states().at(0).restsFor == Millis{0});
      CHECK(keys.next() != keys.next());
    }
  }
}

TEST_CASE("when all keys rest the one that is fit soonest goes on", "[plugin_host][secrets]") {
  Book keys({"a", "b"});
  CHECK(keys.next() == "a");
  CHECK(keys.failed(FailureKind::Auth));
  CHECK(keys.next() == "b");
  CHECK_FALSE(keys.failed(FailureKind::RateLimit, Millis(1s)));
  CHECK(keys.next() == "b");
}

TEST_CASE("a single key never rests", "[plugin_host][secrets]") {
  Book keys({"a"});
  CHECK(keys.next() == "a");
  CHECK_FALSE(keys.failed(FailureKind::Auth));
  CHECK(keys.next() == "a");
  CHECK(keys.book.states().at(0).restsFor == Millis{0});
}

TEST_CASE("what is not configured has no state, and an empty key is none to show",
          "[plugin_host][secrets]") {
  Book keys({});
  CHECK(keys.next() == "(none)");
  CHECK_FALSE(keys.failed(FailureKind::Auth));
  CHECK(Book({""}).book.states().empty());
}
