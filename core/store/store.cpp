#include "core/store/store.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

#include "core/store/audit.h"
#include "core/store/file_lock.h"
#include "core/store/migrations.h"
#include "core/store/sqlite_answer_store.h"
#include "core/store/sqlite_error.h"
#include "core/store/sqlite_key_store.h"
#include "core/store/sqlite_ledger.h"
#include "core/store/sqlite_strategy_memory.h"

namespace pagoda::store {
namespace {

namespace fs = std::filesystem;
using Kind = StoreError::Kind;

DatabaseOptions databaseOptions(const StoreOptions& options) {
  return {options.busyTimeout, options.durability, options.maxPages};
}

// SQLite would say "unable to open database file" to all of these.
void prepareDirectory(const std::string& path) {
  const fs::path directory = fs::absolute(path).parent_path();
  // The data is the owner's alone: directories that are made here are closed to others.
  fs::path made;
  for (const fs::path& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST && ::access(made.c_str(), F_OK) != 0)
      throw StoreError(Kind::NotWritable, "data directory " + made.string() + " cannot be made (" +
                                              std::strerror(errno) + "); name a writable one");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    throw StoreError(Kind::NotWritable, "data directory " + directory.string() +
                                            " is not writable (" + std::strerror(errno) +
                                            "); give this user the right to write there");
  if (fs::is_directory(path))
    throw StoreError(Kind::NotWritable,
                     "database " + path + " is a directory; name a file in it instead");
}

// Runs `work`, with SQLite's errors as StoreErrors of the file.
template <class Work>
auto translated(const std::string& path, Work work) {
  try {
    return work();
  } catch (const SqliteError& error) {
    throw toStoreError(error, path);
  } catch (const fs::filesystem_error& error) {
    throw StoreError(Kind::NotWritable, "database " + path + " cannot be reached (" +
                                            error.code().message() + "); name another path");
  }
}

StorePaths preparePaths(const std::string& path) {
  if (path == ":memory:") {
    StorePaths paths;
    paths.database = uniqueMemoryPath();
    paths.answers = uniqueMemoryPath();
    return paths;
  }
  prepareDirectory(path);
  return pathsOf(path);
}

FileLock lockServer(const StorePaths& paths) {
  FileLock lock(paths.serverLock, Millis{0});
  if (!lock.held())
    throw StoreError(Kind::Locked,
                     "database " + paths.database +
                         " is in use by another server; stop it, or name another data directory");
  return lock;
}

bool isCurrent(const StorePaths& paths, const DatabaseOptions& options) {
  if (::access(paths.database.c_str(), F_OK) != 0) return false;
  Database database(paths.database, options);
  return checkedVersion(database, migrations().size()) ==
         static_cast<std::int64_t>(migrations().size());
}

}  // namespace

struct Store::Lock {
  FileLock server;
  std::unique_ptr<Database>
      keepsMemory;  ///< a database in memory lives as long as a connection to it
};

Store::Store() = default;
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

StorePaths pathsOf(const std::string& database) {
  const std::string pepper = (fs::path(database).parent_path() / "pepper").string();
  return {database, database + ".lock", database + ".gate",   database + ".holds",
          pepper,   database + ".keys", database + ".answers"};
}

Store openStore(const std::string& path, const StoreOptions& options, const Clock& clock) {
  return translated(path, [&] {
    const StorePaths paths = preparePaths(path);
    const DatabaseOptions forDatabase = databaseOptions(options);
    Store store;
    store.lock_ = std::make_unique<Store::Lock>(lockServer(paths));
    auto database = std::make_unique<Database>(paths.database, forDatabase);
    migrate(*database, migrations());
    if (isMemoryPath(paths.database))
      store.lock_->keepsMemory = std::make_unique<Database>(paths.database, forDatabase);
    store.keys_ = std::make_unique<SqliteKeyStore>(paths, forDatabase, clock);
    store.memory_ = std::make_unique<SqliteStrategyMemory>(paths, forDatabase);
    store.ledger_ = std::make_unique<SqliteLedger>(std::move(database), paths,
                                                   WriterOptions{forDatabase, options.queueLimit},
                                                   options.openHolds, clock, *options.zone);
    // The ledger has charged what a former process left open: what became of its requests is known.
    Database ledger(paths.database, forDatabase, Database::Access::ReadOnly);
    AnswerLimits limits;
    limits.keep = options.keepAnswers;
    limits.bytes = options.answerBytes;
    DatabaseOptions forAnswers = forDatabase;
    forAnswers.maxPages = 0;
    store.answers_ = translated(paths.answers, [&] {
      return std::make_unique<SqliteAnswerStore>(paths.answers, forAnswers, limits, ledger, clock);
    });
    return store;
  });
}

std::unique_ptr<KeyStore> openKeyStore(const std::string& path, const StoreOptions& options,
                                       const Clock& clock) {
  return translated(path, [&] {
    const StorePaths paths = preparePaths(path);
    const DatabaseOptions forDatabase = databaseOptions(options);
    // A running server has brought the schema up to date, or is of another version than this.
    if (!isCurrent(paths, forDatabase)) {
      const FileLock lock = lockServer(paths);
      Database database(paths.database, forDatabase);
      migrate(database, migrations());
    }
    return std::unique_ptr<KeyStore>(std::make_unique<SqliteKeyStore>(paths, forDatabase, clock));
  });
}

std::vector<std::string> auditStore(const std::string& path, const StoreOptions& options) {
  return translated(path, [&] {
    Database database(path, databaseOptions(options), Database::Access::ReadOnly);
    checkedVersion(database, migrations().size());
    return auditLedger(database);
  });
}

std::vector<UsageLine> usageInStore(const std::string& path, const StoreOptions& options,
                                    const UsageQuery& query) {
  return translated(path, [&] {
    Database database(path, databaseOptions(options), Database::Access::ReadOnly);
    checkedVersion(database, migrations().size());
    return usageOf(database, query);
  });
}

std::string correctStore(const std::string& path, const StoreOptions& options,
                         const Correction& correction, const Clock& clock) {
  return translated(path, [&] {
    const FileLock lock = lockServer(preparePaths(path));
    Database database(path, databaseOptions(options));
    migrate(database, migrations());
    const UnixMillis now = clock.unixNow();
    std::string refusal = correct(database, correction, options.zone->dayOf(now), now);
    database.checkpoint(false);
    return refusal;
  });
}

}  // namespace pagoda::store
