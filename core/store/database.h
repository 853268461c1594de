#pragma once
// One connection to the SQLite database. Every connection leaves checkpoints alone except through
// checkpoint(), which the writer calls: SQLite before 3.51.3 corrupts the file when one connection
// checkpoints while another one writes.

#include <cstdint>
#include <string>

#include "core/store/store.h"

struct sqlite3;

namespace pagoda::store {

struct DatabaseOptions {
  Millis busyTimeout{2'000};  ///< how long a lock of another process is waited for
  Durability durability = Durability::Group;
  std::int64_t maxPages = 0;  ///< the file's limit in pages of 4 KiB; 0: none
};

/// The name of a database that lives in memory: ":memory:" is private to one Database otherwise.
std::string uniqueMemoryPath();
bool isMemoryPath(const std::string& path);

/// One thread. Throws SqliteError.
class Database {
 public:
  enum class Access { ReadOnly, ReadWrite };

  /// Opens the file, and creates it readable by its owner alone if it is not there.
  Database(std::string path, const DatabaseOptions& options, Access access = Access::ReadWrite);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

  /// One or several statements without parameters and results.
  void exec(const std::string& sql);
  /// The first column of the first row; `fallback` without a row.
  std::int64_t number(const std::string& sql, std::int64_t fallback = 0);
  void setBusyTimeout(Millis timeout);
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  int changes() const;
  /// Gives up an open transaction, if there is one.
  void rollback() noexcept;

  /// Pages in the write-ahead log since the last commit of this connection.
  int walPages() const { return walPages_; }
  /// Moves the log into the database, as far as readers allow; `whole` waits for them and empties
  /// the log.
  void checkpoint(bool whole);

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
  int walPages_ = 0;
};

/// BEGIN IMMEDIATE, rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {
    database_.exec("BEGIN IMMEDIATE");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { database_.rollback(); }
  void commit() { database_.exec("COMMIT"); }

 private:
  Database& database_;
};

}  // namespace pagoda::store
