#include <algorithm>
#include <set>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sys/wait.h>

#include "core/store/hold_journal.h"
#include "core/store/migrations.h"
#include "core/store/sqlite_error.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

// Runs `work` in a child that ends without any destructor, as a killed process does.
template <class Work>
void inKilledProcess(Work work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

TEST_CASE("holds of a killed process are charged as unsettled at the next start",
          "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pagoda.db");
  const SettableClock clock;
  inKilledProcess([&] {
    Store store = openStore(path, {}, clock);
    Ledger& ledger = store.ledger();
    (void)ledger.hold(holdOf(1, nano(500), clock.unix));
    (void)settleNow(ledger, requestOf(1, nano(300), clock.unix));
    (void)ledger.hold(holdOf(2, nano(500), clock.unix, 1));
    (void)ledger.hold(holdOf(2, nano(600), clock.unix, 2));
    HoldRow play = holdOf(3, nano(700), clock.unix);
    play.simulated = true;
    (void)ledger.hold(play);
    kill(getpid(), SIGKILL);
  });
  Store store = openStore(path, {}, clock);
  const LedgerTotals totals = store.ledger().totals();
  CHECK(totals.recoveredHolds == 3);
  CHECK(totals.recoveredUnsettled == nano(1'100));
  CHECK(totals.spent.at("all").month == nano(1'400));
  CHECK(totals.spent.at("key=key_a").month == nano(1'400));
  CHECK(numberIn(path,
                 "SELECT count(*) FROM attempts WHERE request_id = 2 AND state = 'unsettled'") ==
        2);
  CHECK(numberIn(path, "SELECT client_request_id = 'client-2' FROM requests WHERE id = 2") == 1);
  CHECK(auditStore(path, {}).empty());
}

TEST_CASE("recovered holds are charged once, however often the server starts",
          "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pagoda.db");
  const SettableClock clock;
  inKilledProcess([&] {
    Store store = openStore(path, {}, clock);
    (void)store.ledger().hold(holdOf(1, nano(500), clock.unix));
    kill(getpid(), SIGKILL);
  });
  CHECK(openStore(path, {}, clock).ledger().totals().recoveredHolds == 1);
  Store store = openStore(path, {}, clock);
  CHECK(store.ledger().totals().recoveredHolds == 0);
  CHECK(store.ledger().totals().spent["all"].month == nano(500));
}

TEST_CASE("a hold that died between commit and release is not charged again", "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pagoda.db");
  const SettableClock clock;
  {
    Store store = openStore(path, {}, clock);
    REQUIRE(settleNow(store.ledger(), requestOf(1, nano(300), clock.unix)));
  }
  REQUIRE(HoldJournal(path + ".holds", 16).add(holdOf(1, nano(500), clock.unix)));
  Store store = openStore(path, {}, clock);
  CHECK(store.ledger().totals().recoveredHolds == 0);
  CHECK(store.ledger().totals().spent["all"].month == nano(300));
}

TEST_CASE("after kill -9 under load every acknowledged row is there and the sums agree",
          "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pagoda.db");
  const SettableClock clock;
  std::set<std::int64_t> acknowledged;
  std::int64_t begun = 0;
  for (int round = 0; round < 6; ++round) {
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(pipes[0]);
      Store store = openStore(path, {}, clock);
      for (std::int64_t id = round * 100'000 + 1;; ++id) {
        const std::int64_t opened = -id;
        (void)store.ledger().hold(holdOf(id, nano(10), clock.unix));
        (void)!write(pipes[1], &opened, sizeof opened);
        store.ledger().settle(requestOf(id, nano(7), clock.unix), {},
                              [&, id](const Result<void>& result) {
                                if (result) (void)!write(pipes[1], &id, sizeof id);
                              });
      }
    }
    close(pipes[1]);
    // Killed after a number of acknowledgements that differs from round to round.
    std::int64_t id = 0;
    int seen = 0;
    while (seen < 37 * (round + 1) && read(pipes[0], &id, sizeof id) == sizeof id) {
      if (id < 0) {
        ++begun;
        continue;
      }
      acknowledged.insert(id);
      ++seen;
    }
    kill(child, SIGKILL);
    while (read(pipes[0], &id, sizeof id) == sizeof id) {
      if (id < 0) {
        ++begun;
      } else {
        acknowledged.insert(id);
      }
    }
    close(pipes[0]);
    REQUIRE(waitpid(child, nullptr, 0) == child);

    Store store = openStore(path, {}, clock);
    Database database(path, {}, Database::Access::ReadOnly);
    Statement settled(database, "SELECT request_id FROM attempts WHERE state = 'settled'");
    std::set<std::int64_t> rows;
    while (settled.step()) rows.insert(settled.number(0));
    CHECK(std::includes(rows.begin(), rows.end(), acknowledged.begin(), acknowledged.end()));
    // Whatever was begun is in the ledger, settled or unsettled.
    const std::int64_t all = database.number("SELECT count(*) FROM requests");
    CHECK(all >= begun);
    CHECK(all - begun <= round + 1);
    CHECK(Statement(database, "PRAGMA integrity_check").step());
    CHECK(auditStore(path, {}).empty());
  }
}

TEST_CASE("a process that dies in a migration leaves a database that the next start completes",
          "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pagoda.db");
  const SettableClock clock;
  { openStore(path, {}, clock); }
  std::vector<Migration> next(migrations().begin(), migrations().end());
  next.push_back({"next", "CREATE TABLE next (a) STRICT"});
  CHECK(numberIn(path, "PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));
  next.back().sql = "CREATE TABLE next (a ANY) STRICT; INSERT INTO next VALUES (1)";
  inKilledProcess([&] {
    Database database(path, {});
    database.exec("BEGIN IMMEDIATE");
    database.exec(std::string(next.back().sql));
    database.exec("PRAGMA user_version=" + std::to_string(next.size()));
    kill(getpid(), SIGKILL);
  });
  CHECK(numberIn(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'next'") == 0);
  Database database(path, {});
  migrate(database, next);
  CHECK(database.number("SELECT a FROM next") == 1);
  CHECK(database.number("PRAGMA user_version") == static_cast<std::int64_t>(next.size()));
}

TEST_CASE("a migration that fails leaves the former version", "[store][recovery]") {
  Database database(uniqueMemoryPath(), {});
  migrate(database, migrations());
  std::vector<Migration> next(migrations().begin(), migrations().end());
  next.push_back(
      {"0003_wrong", "CREATE TABLE half (a ANY) STRICT; INSERT INTO nowhere VALUES (1)"});
  CHECK_THROWS_AS(migrate(database, next), SqliteError);
  CHECK(database.number("PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));
  CHECK(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0);
}

TEST_CASE("the hold journal grows, reuses its slots and keeps what fits", "[store][recovery]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("holds");
  {
    HoldJournal journal(path, 300);
    journal.clear();
    for (std::int64_t id = 1; id <= 300; ++id) REQUIRE(journal.add(holdOf(id, nano(id), 5)));
    CHECK_FALSE(journal.add(holdOf(301, nano(1), 5)));
    const std::int64_t done[] = {1, 2, 3, 999};
    journal.release(done);
    CHECK(journal.size() == 297);
    HoldRow longNames = holdOf(302, nano(1), 5);
    longNames.model = std::string(5'000, 'm');
    CHECK(journal.add(longNames));
  }
  const HoldJournal reopened(path, 16);
  std::vector<HoldRow> rows = reopened.open();
  CHECK(rows.size() == 298);
  const auto cut = std::find_if(rows.begin(), rows.end(),
                                [](const HoldRow& row) { return row.request == RequestId(302); });
  REQUIRE(cut != rows.end());
  CHECK(cut->key.value() == "key_a");
  CHECK(cut->clientRequestId == "client-302");
  CHECK(cut->model.size() > 400);
}

}  // namespace
}  // namespace pagoda::store
