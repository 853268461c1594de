#include "core/store/database.h"

#include <atomic>
#include <fcntl.h>
#include <mutex>
#include <sqlite3.h>
#include <unistd.h>

#include "core/store/sqlite_error.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

constexpr std::string_view kMemoryPrefix = "file:/pagoda-";

// SQLite counts every allocation under a global lock unless told not to, before its first use.
void configureLibraryOnce() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

// SQLite would create the file by the umask; its log and index take over the file's mode. Only a
// file that was not there is opened here: closing a descriptor of a database in use would drop the
// locks that this process has on it.
void createPrivately(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
}

}  // namespace

std::string uniqueMemoryPath() {
  static std::atomic<int> count{0};
  return std::string(kMemoryPrefix) + std::to_string(++count) + "?vfs=memdb";
}

bool isMemoryPath(const std::string& path) {
  return path.starts_with(kMemoryPrefix);
}

Database::Database(std::string path, const DatabaseOptions& options, Access access)
    : path_(std::move(path)) {
  configureLibraryOnce();
  if (access == Access::ReadWrite && !isMemoryPath(path_)) createPrivately(path_);
  const int mode = access == Access::ReadOnly ? SQLITE_OPEN_READONLY
                                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int kind =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (isMemoryPath(path_) ? SQLITE_OPEN_URI : 0);
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, mode | kind, nullptr);
  if (code != SQLITE_OK) {
    const SqliteError error = SqliteError::last(handle_, code);
    sqlite3_close(handle_);
    throw error;
  }
  try {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    setBusyTimeout(options.busyTimeout);
    exec("PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096;");
    // The first page is read here: whatever is no database is found out now.
    number("PRAGMA schema_version");
    if (access == Access::ReadOnly) return;
    exec("PRAGMA journal_mode=WAL");
    exec(options.durability == Durability::Group ? "PRAGMA synchronous=FULL"
                                                 : "PRAGMA synchronous=NORMAL");
    if (options.maxPages > 0) exec("PRAGMA max_page_count=" + std::to_string(options.maxPages));
    // Replaces the hook of wal_autocheckpoint, which would checkpoint by itself.
    sqlite3_wal_hook(
        handle_,
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<Database*>(self)->walPages_ = pages;
          return SQLITE_OK;
        },
        this);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

// close_v2 would keep the connection alive behind a forgotten statement, and its locks with it.
Database::~Database() {
  sqlite3_close(handle_);
}

void Database::exec(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError::last(handle_, code);
}

std::int64_t Database::number(const std::string& sql, std::int64_t fallback) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : fallback;
}

void Database::setBusyTimeout(Millis timeout) {
  sqlite3_busy_timeout(handle_, static_cast<int>(timeout.count()));
}

int Database::changes() const {
  return sqlite3_changes(handle_);
}

void Database::rollback() noexcept {
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::checkpoint(bool whole) {
  if (isMemoryPath(path_)) return;
  const int mode = whole ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError::last(handle_, code);
  walPages_ = 0;
}

}  // namespace pagoda::store
