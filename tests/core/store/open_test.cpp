#include <fstream>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "core/store/migrations.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

using Kind = StoreError::Kind;

unsigned modeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void overwrite(const std::string& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  REQUIRE(file);
  file.seekp(at);
  file << bytes;
}

bool names(const StoreError& error, const std::string& path) {
  const std::string line = error.what();
  return line.find(path) != std::string::npos && line.find('\n') == std::string::npos;
}

TEST_CASE("an empty place becomes a store that only its owner can read", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("data/deep/pagoda.db");
  const Store store = openStore(path, {}, clock);
  CHECK(modeOf(directory.file("data")) == 0700);
  CHECK(modeOf(directory.file("data/deep")) == 0700);
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".holds"}) {
    INFO(suffix);
    CHECK(modeOf(path + suffix) == 0600);
  }
  CHECK(modeOf(directory.file("data/deep/pepper")) == 0600);
  CHECK(numberIn(path, "PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));
}

TEST_CASE("a store is brought from version to version with its rows", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  {
    Database database(path, {});
    migrate(database, migrations().first(1));
    database.exec("INSERT INTO balances VALUES (202611, 'all', 42)");
  }
  Store store = openStore(path, {}, clock);
  CHECK(store.ledger().totals().spent["all"].month == nano(42));
  CHECK(numberIn(path, "PRAGMA user_version") == static_cast<std::int64_t>(migrations().size()));
}

TEST_CASE("a second server on the same database is refused, the command line is not",
          "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  {
    const Store first = openStore(path, {}, clock);
    const auto error = errorOf([&] { openStore(path, {}, clock); });
    REQUIRE(error);
    CHECK(error->kind() == Kind::Locked);
    CHECK(names(*error, path));
    CHECK(openKeyStore(path, {}, clock)->list().empty());
  }
  CHECK_FALSE(errorOf([&] { openStore(path, {}, clock); }));
}

TEST_CASE("a database of a newer program is refused and left as it is", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  { openStore(path, {}, clock); }
  { Database(path, {}).exec("PRAGMA user_version=99"); }
  const auto error = errorOf([&] { openStore(path, {}, clock); });
  REQUIRE(error);
  CHECK(error->kind() == Kind::NewerVersion);
  CHECK(names(*error, path));
  CHECK(numberIn(path, "PRAGMA user_version") == 99);
}

TEST_CASE("a database of another program is refused and left as it is", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("other.db");
  { Database(path, {}).exec("CREATE TABLE theirs (a)"); }
  const auto error = errorOf([&] { openStore(path, {}, clock); });
  REQUIRE(error);
  CHECK(error->kind() == Kind::Corrupt);
  CHECK(names(*error, path));
  CHECK(numberIn(path, "SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("a damaged database is refused with the file's name", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  struct Case {
    const char* name;
    void (*damage)(const std::string&);
  };
  const Case cases[] = {
      {"text instead of a database",
       [](const std::string& file) { std::ofstream(file) << std::string(5'000, 'x'); }},
      {"header overwritten",
       [](const std::string& file) { overwrite(file, 0, std::string(64, '\xff')); }},
      {"schema page overwritten",
       [](const std::string& file) { overwrite(file, 100, std::string(3'000, '\xff')); }},
      {"cut off", [](const std::string& file) { std::filesystem::resize_file(file, 4'096); }},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      { openStore(path, {}, clock); }
      c.damage(path);
      const auto error = errorOf([&] { openStore(path, {}, clock); });
      REQUIRE(error);
      CHECK(error->kind() == Kind::Corrupt);
      CHECK(names(*error, path));
    }
  }
}

TEST_CASE("a place that cannot be written is refused with the path at fault", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  std::ofstream(directory.file("plain")) << "a file";
  std::filesystem::create_directory(directory.file("folder"));
  struct Case {
    const char* name;
    std::string path;
  };
  // As root permissions forbid nothing, so the paths themselves are impossible.
  const Case cases[] = {
      {"a file as directory", directory.file("plain") + "/pagoda.db"},
      {"a file above the directory", directory.file("plain") + "/deeper/pagoda.db"},
      {"a directory as file", directory.file("folder")},
      {"a file system without files", "/proc/pagoda/pagoda.db"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const auto error = errorOf([&] { openStore(c.path, {}, clock); });
      REQUIRE(error);
      CHECK(error->kind() == Kind::NotWritable);
      CHECK(names(*error, c.path.substr(0, c.path.find_last_of('/'))));
    }
  }
}

TEST_CASE("a disk without room is told as such, and nothing is left half made", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  StoreOptions small;
  small.maxPages = 4;
  const auto error = errorOf([&] { openStore(path, small, clock); });
  REQUIRE(error);
  CHECK(error->kind() == Kind::DiskFull);
  CHECK(names(*error, path));
  CHECK_FALSE(errorOf([&] { openStore(path, {}, clock); }));
}

TEST_CASE("a foreign lock at start is waited for, then told", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  Database other(path, {});
  other.exec("BEGIN EXCLUSIVE");
  StoreOptions options;
  options.busyTimeout = Millis{20};
  const auto error = errorOf([&] { openStore(path, options, clock); });
  REQUIRE(error);
  CHECK(error->kind() == Kind::Locked);
  CHECK(names(*error, path));
}

TEST_CASE("a damaged hold journal is refused", "[store][open]") {
  const TemporaryDirectory directory;
  const SettableClock clock;
  const std::string path = directory.file("pagoda.db");
  { openStore(path, {}, clock); }
  overwrite(path + ".holds", 0, std::string(512, '\xff'));
  const auto error = errorOf([&] { openStore(path, {}, clock); });
  REQUIRE(error);
  CHECK(error->kind() == Kind::Corrupt);
  CHECK(names(*error, path + ".holds"));
}

}  // namespace
}  // namespace pagoda::store
