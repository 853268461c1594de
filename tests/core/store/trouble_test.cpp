// The ledger while it cannot be written: who waits is refused in time, no charge is lost, and it
// recovers by itself.

#include <catch2/catch.hpp>

#include "core/store/hold_journal.h"
#include "core/store/ledger_writer.h"
#include "core/store/migrations.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

// A writer with a short patience on a database that tests can get in the way of.
struct Desk {
  TemporaryDirectory directory;
  StorePaths paths = pathsOf(directory.file("pagoda.db"));
  HoldJournal journal{"", 1'000};
  WriterOptions options;
  std::unique_ptr<LedgerWriter> writer;

  Desk() {
    options.database.busyTimeout = Millis{20};
    options.retryPause = Millis{5};
  }
  void open() {
    auto database = std::make_unique<Database>(paths.database, options.database);
    migrate(*database, migrations());
    CounterState counters = readCounters(*database);
    writer = std::make_unique<LedgerWriter>(std::move(database), paths, options,
                                            std::move(counters), journal);
  }
  std::future<Result<void>> settle(std::int64_t id) {
    auto outcome = std::make_shared<std::promise<Result<void>>>();
    auto future = outcome->get_future();
    writer->settle({requestOf(id, nano(10), 1'795'564'800'000),
                    [outcome](Result<void> result) { outcome->set_value(std::move(result)); }},
                   {{{"requests", ""}, 1}});
    return future;
  }
  // Until the writer has got over it; each settlement is answered, so this does not spin.
  void settleUntilWritten(std::int64_t id) {
    while (!settle(id).get()) ++id;
  }
};

TEST_CASE("while another process locks the database settlements are refused and kept",
          "[store][trouble]") {
  Desk desk;
  desk.open();
  REQUIRE(desk.settle(1).get());
  Database other(desk.paths.database, {});
  other.exec("BEGIN IMMEDIATE");
  const Result<void> refused = desk.settle(2).get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::StorageUnavailable);
  CHECK(desk.writer->stuck());
  CHECK(desk.writer->trouble() == "the database is locked by another process");
  CHECK_FALSE(desk.settle(3).get());
  CHECK_FALSE(desk.writer->resetCounters());
  other.exec("ROLLBACK");
  desk.settleUntilWritten(4);
  CHECK(desk.writer->trouble().empty());
  // The refused ones are in as well, once.
  CHECK(numberIn(desk.paths.database, "SELECT count(*) FROM requests WHERE id IN (2, 3)") == 2);
  CHECK(desk.writer->counters().at({"requests", ""}) ==
        numberIn(desk.paths.database, "SELECT count(*) FROM requests"));
  CHECK(auditStore(desk.paths.database, {}).empty());
}

TEST_CASE("a lock that goes away is forgotten even if nothing waits", "[store][trouble]") {
  Desk desk;
  desk.open();
  Database other(desk.paths.database, {});
  other.exec("BEGIN IMMEDIATE");
  CHECK_FALSE(desk.writer->resetCounters());
  other.exec("ROLLBACK");
  desk.settleUntilWritten(1);
  CHECK_FALSE(desk.writer->stuck());
}

TEST_CASE("holds are refused while the ledger cannot be written", "[store][trouble]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  StoreOptions options;
  options.busyTimeout = Millis{20};
  Store store = openStore(directory.file("pagoda.db"), options, clock);
  REQUIRE(store.ledger().hold(holdOf(1, nano(10), clock.unix)));
  Database other(directory.file("pagoda.db"), {});
  other.exec("BEGIN IMMEDIATE");
  REQUIRE_FALSE(settleNow(store.ledger(), requestOf(1, nano(10), clock.unix)));
  const Result<void> refused = store.ledger().hold(holdOf(2, nano(10), clock.unix));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::StorageUnavailable);
}

TEST_CASE("a full disk refuses, keeps the rows, and their holds are charged at the next start",
          "[store][trouble]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  { openStore(path, {}, clock); }
  StoreOptions small;
  small.maxPages = numberIn(path, "PRAGMA page_count") + 8;
  std::int64_t acknowledged = 0;
  std::int64_t held = 0;
  {
    Store store = openStore(path, small, clock);
    for (std::int64_t id = 1; id <= 200; ++id) {
      if (!store.ledger().hold(holdOf(id, nano(10), clock.unix))) break;
      ++held;
      RequestRow row = requestOf(id, nano(10), clock.unix);
      row.decisionJson = std::string(2'000, 'x');
      if (!settleNow(store.ledger(), row)) break;
      ++acknowledged;
    }
    CHECK(store.ledger().trouble() == "the disk is full");
    CHECK_FALSE(store.ledger().hold(holdOf(999, nano(10), clock.unix)));
  }
  REQUIRE(acknowledged > 0);
  REQUIRE(held == acknowledged + 1);
  Store store = openStore(path, {}, clock);
  CHECK(store.ledger().totals().spent["all"].month == nano(10 * held));
  CHECK(store.ledger().totals().recoveredHolds == 1);
  CHECK(auditStore(path, {}).empty());
}

TEST_CASE("a full queue refuses at once", "[store][trouble]") {
  Desk desk;
  desk.options.queueLimit = 2;
  desk.open();
  Database other(desk.paths.database, {});
  other.exec("BEGIN IMMEDIATE");
  CHECK_FALSE(desk.settle(1).get());
  CHECK_FALSE(desk.settle(2).get());
  const Result<void> refused = desk.settle(3).get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "the ledger is unavailable: its queue is full");
  other.exec("ROLLBACK");
  desk.settleUntilWritten(4);
  CHECK(numberIn(desk.paths.database, "SELECT count(*) FROM requests WHERE id IN (1, 2)") == 2);
  CHECK(numberIn(desk.paths.database, "SELECT count(*) FROM requests WHERE id = 3") == 0);
}

TEST_CASE("no room for another open hold is an error, not a wait", "[store][trouble]") {
  const SettableClock clock;
  StoreOptions options;
  options.openHolds = 3;
  Store store = openStore(":memory:", options, clock);
  for (std::int64_t id = 1; id <= 3; ++id)
    REQUIRE(store.ledger().hold(holdOf(id, nano(1), clock.unix)));
  CHECK(store.ledger().hold(holdOf(4, nano(1), clock.unix)).error().code ==
        ErrorCode::StorageUnavailable);
  REQUIRE(settleNow(store.ledger(), requestOf(1, nano(1), clock.unix)));
  CHECK(store.ledger().hold(holdOf(4, nano(1), clock.unix)));
}

}  // namespace
}  // namespace pagoda::store
