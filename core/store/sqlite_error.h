#pragma once
// A failed SQLite call. Stays inside core/store: it becomes a StoreError at start, and trouble or
// StorageUnavailable afterwards.

#include <stdexcept>
#include <string>

#include "core/store/store_error.h"

struct sqlite3;

namespace pagoda::store {

class SqliteError : public std::runtime_error {
 public:
  /// `code` is SQLite's extended result code.
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  /// From the last error of `connection`.
  static SqliteError last(sqlite3* connection, int code);

  StoreError::Kind kind() const noexcept;
  /// The operating system or the disk failed: what the connection believes about the file is void.
  bool voidsConnection() const noexcept;
  /// For people, without the path: "the database is locked by another process".
  std::string reason() const;

 private:
  int code_;
};

/// The error of `path` with its cure.
StoreError toStoreError(const SqliteError& error, const std::string& path);

}  // namespace pagoda::store
