#include "core/store/sqlite_strategy_memory.h"

#include <cmath>
#include <utility>

#include "core/store/file_lock.h"
#include "core/store/sqlite_error.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

tl::unexpected<Error> unavailable(const std::string& why) {
  return fail(ErrorCode::StorageUnavailable, "what strategies learn cannot be kept: " + why);
}

}  // namespace

SqliteStrategyMemory::SqliteStrategyMemory(StorePaths paths, const DatabaseOptions& options)
    : paths_(std::move(paths)), options_(options) {}

Result<void> SqliteStrategyMemory::write(const std::function<void(Database&)>& work) const {
  try {
    const FileLock gate(paths_.writeGate, options_.busyTimeout);
    if (!paths_.writeGate.empty() && !gate.held())
      return unavailable("another process writes to the database; try again");
    Database database(paths_.database, options_);
    Transaction transaction(database);
    work(database);
    transaction.commit();
    return {};
  } catch (const SqliteError& error) {
    return unavailable(error.reason());
  } catch (const StoreError& error) {
    return unavailable(error.what());
  }
}

Result<std::optional<StrategyState>> SqliteStrategyMemory::state(const std::string& slot,
                                                                 const std::string& plugin) {
  try {
    Database database(paths_.database, options_, Database::Access::ReadOnly);
    Statement read(database,
                   "SELECT version, state FROM strategy_states WHERE slot = ?1 AND plugin = ?2");
    read.bind(1, slot);
    read.bind(2, plugin);
    if (!read.step()) return std::optional<StrategyState>{};
    StrategyState state;
    state.version = read.text(0);
    state.bytes = read.text(1);
    return std::optional(std::move(state));
  } catch (const SqliteError& error) {
    return unavailable(error.reason());
  }
}

Result<void> SqliteStrategyMemory::keepState(const std::string& slot, const std::string& plugin,
                                             const StrategyState& state, UnixMillis time) {
  return write([&](Database& database) {
    Statement put(database, "INSERT OR REPLACE INTO strategy_states VALUES (?1, ?2, ?3, ?4, ?5)");
    put.bind(1, slot);
    put.bind(2, plugin);
    put.bind(3, state.version);
    put.bind(4, time);
    put.bindBlob(5, state.bytes);
    put.run();
  });
}

Result<bool> SqliteStrategyMemory::keepRating(const RatingRow& row) {
  bool first = false;
  PAGODA_CHECK(write([&](Database& database) {
    Statement known(database, "SELECT 1 FROM ratings WHERE request_id = ?1 AND key_id = ?2");
    known.bind(1, row.request.number());
    known.bind(2, row.key.value());
    first = !known.step();
    known.reset();
    Statement put(database, "INSERT OR REPLACE INTO ratings VALUES (?1, ?2, ?3, ?4, ?5)");
    put.bind(1, row.request.number());
    put.bind(2, row.key.value());
    put.bind(3, row.time);
    put.bind(4, static_cast<std::int64_t>(std::lround(row.rating * 1000)));
    put.bind(5, row.label);
    put.run();
  }));
  return first;
}

}  // namespace pagoda::store
