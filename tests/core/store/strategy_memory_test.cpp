#include <catch2/catch.hpp>

#include "tests/core/store/store_fixture.h"

using namespace pagoda;
using namespace pagoda::store;

TEST_CASE("what strategies learn and people rate outlives the process", "[store][memory]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  const std::string bytes("a\0b", 3);
  {
    Store store = openStore(path, {}, clock);
    StrategyMemory& memory = store.memory();
    CHECK(memory.state("strategy", "dev.pagoda.adaptive").value() == std::nullopt);
    REQUIRE(memory.keepState("strategy", "dev.pagoda.adaptive", {"1.0.0", "old"}, 1));
    REQUIRE(memory.keepState("strategy", "dev.pagoda.adaptive", {"1.1.0", bytes}, 2));
    REQUIRE(memory.keepState("route:demo", "dev.pagoda.adaptive", {"1.0.0", "other"}, 3));
    RatingRow row{RequestId(7), ApiKeyId("key_a"), clock.unix, 0.25, "too-long"};
    CHECK(memory.keepRating(row) == true);
    row.rating = 1;
    CHECK(memory.keepRating(row) == false);
    row.key = ApiKeyId("key_b");
    CHECK(memory.keepRating(row) == true);
  }
  Store store = openStore(path, {}, clock);
  const auto state = store.memory().state("strategy", "dev.pagoda.adaptive");
  REQUIRE(state.value());
  CHECK((*state)->version == "1.1.0");
  CHECK((*state)->bytes == bytes);
  CHECK(store.memory().state("route:demo", "dev.pagoda.adaptive").value()->bytes == "other");
  CHECK(store.memory().state("route:demo", "dev.pagoda.tiered").value() == std::nullopt);
  CHECK(numberIn(path, "SELECT count(*) FROM ratings") == 2);
  CHECK(numberIn(path, "SELECT permille FROM ratings WHERE key_id = 'key_a'") == 1000);
}

TEST_CASE("a memory whose database is in use for too long says so", "[store][memory]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  StoreOptions options;
  options.busyTimeout = Millis(0);
  Store store = openStore(path, options, clock);
  Database other(path, {});
  const Transaction held(other);
  const auto kept = store.memory().keepState("strategy", "p", {"1", "x"}, 1);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::StorageUnavailable);
}
