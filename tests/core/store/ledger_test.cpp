#include <algorithm>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "core/store/sqlite_ledger.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

struct House {
  TemporaryDirectory directory;
  SettableClock clock;
  std::string path = directory.file("pagoda.db");
  StoreOptions options;
  std::optional<Store> store;

  House() { open(); }
  void open() {
    store.reset();
    store.emplace(openStore(path, options, clock));
  }
  Ledger& ledger() { return store->ledger(); }
};

TEST_CASE("a settlement is in the database when its callback comes", "[store][ledger]") {
  House house;
  REQUIRE(house.ledger().hold(holdOf(1, nano(500), house.clock.unix)));
  RequestRow row = requestOf(1, nano(333), house.clock.unix);
  row.attempts.front().completionTokens = 0;
  REQUIRE(settleNow(house.ledger(), row));
  CHECK(numberIn(house.path, "SELECT cost_nano_usd FROM requests WHERE id = 1") == 333);
  CHECK(numberIn(house.path, "SELECT count(*) FROM attempts WHERE state = 'settled'") == 1);
  CHECK(numberIn(house.path, "SELECT completion_tokens FROM attempts") == 0);
  CHECK(numberIn(house.path, "SELECT reasoning_tokens IS NULL FROM attempts") == 1);
}

TEST_CASE("callbacks come in the order of the settlements, all of a batch after its commit",
          "[store][ledger]") {
  House house;
  constexpr int kRequests = 500;
  std::vector<std::int64_t> order;  // the writer's thread only, until it is joined
  std::atomic<int> early{0};
  for (int i = 1; i <= kRequests; ++i) {
    house.ledger().settle(
        requestOf(i, nano(1), house.clock.unix), {}, [&, i](const Result<void>& result) {
          if (!result) ++early;
          // Looked up in the first callback only: each batch was whole on the disk before that.
          if (i % 100 == 1 && numberIn(house.path, "SELECT count(*) FROM requests WHERE id = " +
                                                       std::to_string(i)) != 1)
            ++early;
          order.push_back(i);
        });
  }
  house.store.reset();
  CHECK(early == 0);
  REQUIRE(order.size() == kRequests);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("settlements of many threads are all there and balances are their sum",
          "[store][ledger]") {
  House house;
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= kEach; ++i) {
        const std::int64_t id = t * 1'000 + i;
        (void)house.ledger().hold(holdOf(id, nano(400'000), house.clock.unix));
        house.ledger().settle(requestOf(id, nano(333'333), house.clock.unix),
                              {{{"requests", ""}, 1}},
                              [&](const Result<void>& result) { answered += result ? 1 : 0; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  house.open();
  CHECK(answered == kThreads * kEach);
  CHECK(house.ledger().totals().spent["all"].month == nano(333'333LL * kThreads * kEach));
  CHECK(house.ledger().totals().recoveredHolds == 0);
  CHECK(house.ledger().counters().at({"requests", ""}) == kThreads * kEach);
  CHECK(auditStore(house.path, {}).empty());
}

TEST_CASE("totals are those of the month, by tier and key, without simulated requests",
          "[store][ledger]") {
  House house;
  const UnixMillis now = house.clock.unix;
  const UnixMillis lastMonth = now - 30LL * 24 * 3600 * 1000;
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(100), now)));
  REQUIRE(settleNow(house.ledger(), requestOf(2, nano(7), lastMonth)));
  RequestRow simulated = requestOf(3, nano(1'000), now);
  simulated.simulated = true;
  REQUIRE(settleNow(house.ledger(), simulated));
  RequestRow twoAttempts = requestOf(4, nano(50), now);
  AttemptRow second = twoAttempts.attempts.front();
  second.attempt = 2;
  second.tier = 3;
  second.cost = nano(20);
  twoAttempts.attempts.push_back(second);
  twoAttempts.cost = nano(70);
  twoAttempts.key = ApiKeyId("key_b");
  REQUIRE(settleNow(house.ledger(), twoAttempts));

  house.open();
  const LedgerTotals totals = house.ledger().totals();
  CHECK(totals.spent.at("all").month == nano(170));
  CHECK(totals.spent.at("tier=1").month == nano(150));
  CHECK(totals.spent.at("tier=3").day == nano(20));
  CHECK(totals.spent.at("key=key_a").month == nano(100));
  CHECK(totals.spent.at("key=key_a").total == nano(107));
  CHECK(totals.spent.at("key=key_b").month == nano(70));
  CHECK(auditStore(house.path, {}).empty());

  house.clock.unix += 31LL * 24 * 3600 * 1000;
  house.open();
  CHECK(house.ledger().totals().spent["all"].month == Money{});
  CHECK(house.ledger().totals().spent["all"].day == Money{});
  CHECK(house.ledger().totals().spent["all"].total == nano(177));
}

TEST_CASE("the audit names a balance that is not the sum of its rows", "[store][ledger]") {
  House house;
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(100), house.clock.unix)));
  house.store.reset();
  Database database(house.path, {});
  database.exec("UPDATE balances SET spent_nano_usd = 99 WHERE scope = 'all'");
  database.exec("UPDATE day_balances SET credited_nano_usd = 1 WHERE scope = 'tier=1'");
  const auto differences = auditStore(house.path, {});
  REQUIRE(differences.size() == 2);
  CHECK(differences.front() == "balance 202611 all is 99 nano-USD, its rows sum to 100");
  CHECK(differences.back() ==
        "balance 20261125 tier=1 is 100 nano-USD, its rows sum to 100; credited 1, its corrections "
        "sum to 0");
}

TEST_CASE("hostile amounts neither give credit nor turn into floats", "[store][ledger]") {
  House house;
  const UnixMillis now = house.clock.unix;
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(-5), now)));
  REQUIRE(settleNow(house.ledger(), requestOf(2, Money::max(), now)));
  REQUIRE(settleNow(house.ledger(), requestOf(3, Money::max(), now)));
  house.open();
  CHECK(house.ledger().totals().spent["all"].month == Money::max());
  CHECK(numberIn(house.path,
                 "SELECT count(*) FROM balances WHERE typeof(spent_nano_usd) <> 'integer'") == 0);
}

TEST_CASE("a request is settled once", "[store][ledger]") {
  House house;
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(100), house.clock.unix)));
  const Result<void> again = settleNow(house.ledger(), requestOf(1, nano(100), house.clock.unix));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::Internal);
  house.open();
  CHECK(house.ledger().totals().spent["all"].month == nano(100));
  CHECK(auditStore(house.path, {}).empty());
}

TEST_CASE("rows that the schema would refuse do not stop the ledger", "[store][ledger]") {
  House house;
  RequestRow twice = requestOf(1, nano(100), house.clock.unix);
  twice.attempts.push_back(twice.attempts.front());
  CHECK(settleNow(house.ledger(), twice).error().code == ErrorCode::Internal);
  CHECK(settleNow(house.ledger(), requestOf(2, nano(100), house.clock.unix)));
}

TEST_CASE("a request with many attempts has a row for each", "[store][ledger]") {
  House house;
  RequestRow row = requestOf(1, nano(1), house.clock.unix);
  for (std::uint32_t number = 2; number <= 19; ++number) {
    row.attempts.push_back(row.attempts.front());
    row.attempts.back().attempt = number;
    row.attempts.back().cost = nano(number);
  }
  row.cost = nano(19 * 20 / 2);
  REQUIRE(settleNow(house.ledger(), row));
  CHECK(numberIn(house.path, "SELECT count(*) FROM attempts WHERE cost_nano_usd = attempt") == 19);
  CHECK(auditStore(house.path, {}).empty());
}

TEST_CASE("counters survive a restart and a reset leaves the rows", "[store][ledger]") {
  House house;
  const std::map<CounterKey, std::int64_t> counters{{{"requests", "tier=0"}, 1},
                                                    {{"cost_nano_usd", ""}, 100}};
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(100), house.clock.unix), counters));
  REQUIRE(settleNow(house.ledger(), requestOf(2, nano(100), house.clock.unix), counters));
  CHECK(house.ledger().counters().at({"requests", "tier=0"}) == 2);
  house.open();
  CHECK(house.ledger().counters().at({"cost_nano_usd", ""}) == 200);
  REQUIRE(house.ledger().resetCounters());
  CHECK(house.ledger().counters().empty());
  REQUIRE(settleNow(house.ledger(), requestOf(3, nano(100), house.clock.unix), counters));
  house.open();
  CHECK(house.ledger().counters().at({"requests", "tier=0"}) == 1);
  CHECK(house.ledger().totals().spent["all"].month == nano(300));
}

TEST_CASE("a decision is read back byte for byte, and an unknown one is not found",
          "[store][ledger]") {
  House house;
  RequestRow row = requestOf(7, nano(1), house.clock.unix);
  row.decisionJson = R"({"reason":"予算","n":1.0})";
  REQUIRE(settleNow(house.ledger(), row));
  CHECK(house.ledger().decision(RequestId(7)).value() == row.decisionJson);
  CHECK(house.ledger().decision(RequestId(8)).error().code == ErrorCode::NotFound);
}

TEST_CASE("the ledger view shows the request id as headers do", "[store][ledger]") {
  House house;
  const RequestId id((std::int64_t{1'795'564'800'123} << 21) | 98'765);
  REQUIRE(settleNow(house.ledger(), requestOf(id.number(), nano(1), house.clock.unix)));
  Database database(house.path, {}, Database::Access::ReadOnly);
  Statement statement(database, "SELECT request, state, client_request_id FROM ledger");
  REQUIRE(statement.step());
  CHECK(std::string(statement.text(0)) == id.toString());
  CHECK(std::string(statement.text(1)) == "settled");
}

TEST_CASE("everything works in memory as well, and two stores are apart", "[store][ledger]") {
  const SettableClock clock;
  Store one = openStore(":memory:", {}, clock);
  Store other = openStore(":memory:", {}, clock);
  REQUIRE(one.ledger().hold(holdOf(1, nano(5), clock.unix)));
  REQUIRE(settleNow(one.ledger(), requestOf(1, nano(5), clock.unix)));
  CHECK(one.ledger().decision(RequestId(1)));
  CHECK_FALSE(other.ledger().decision(RequestId(1)));
  const Secret key = one.keys().create({}, {"local:tester"}).value().clearText;
  CHECK(one.keys().find(key.reveal()) != nullptr);
  CHECK(other.keys().find(key.reveal()) == nullptr);
}

TEST_CASE("with durability process rows survive a reopening", "[store][ledger]") {
  House house;
  house.options.durability = Durability::Process;
  house.open();
  REQUIRE(settleNow(house.ledger(), requestOf(1, nano(9), house.clock.unix)));
  house.open();
  CHECK(house.ledger().totals().spent["all"].month == nano(9));
}

}  // namespace
}  // namespace pagoda::store
