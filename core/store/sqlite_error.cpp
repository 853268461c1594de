#include "core/store/sqlite_error.h"

#include <sqlite3.h>

namespace pagoda::store {

SqliteError SqliteError::last(sqlite3* connection, int code) {
  if (connection == nullptr) return {code, sqlite3_errstr(code)};
  return {sqlite3_extended_errcode(connection), sqlite3_errmsg(connection)};
}

StoreError::Kind SqliteError::kind() const noexcept {
  using Kind = StoreError::Kind;
  switch (code_ & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Kind::Locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Kind::Corrupt;
    case SQLITE_FULL:
      return Kind::DiskFull;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Kind::NotWritable;
    default:
      return Kind::Other;
  }
}

bool SqliteError::voidsConnection() const noexcept {
  return kind() != StoreError::Kind::Locked;
}

std::string SqliteError::reason() const {
  switch (kind()) {
    case StoreError::Kind::Locked:
      return "the database is locked by another process";
    case StoreError::Kind::DiskFull:
      return "the disk is full";
    case StoreError::Kind::Corrupt:
      return std::string("the database is damaged (") + what() + ")";
    default:
      return std::string("the database cannot be written (") + what() + ")";
  }
}

StoreError toStoreError(const SqliteError& error, const std::string& path) {
  const auto kind = error.kind();
  switch (kind) {
    case StoreError::Kind::Locked:
      return {kind, "database " + path + " is locked by another process; end it, then start again"};
    case StoreError::Kind::Corrupt:
      return {kind, "database " + path + " is damaged or not a database (" + error.what() +
                        "); restore it from a backup, or move it away to start with an empty one"};
    case StoreError::Kind::DiskFull:
      return {kind, "no space left for database " + path + "; free some on its disk"};
    case StoreError::Kind::NotWritable:
      return {kind, "database " + path + " cannot be opened for writing (" + error.what() +
                        "); check the permissions of the file and its directory"};
    default:
      return {kind, "database " + path + " cannot be used (" + error.what() + ")"};
  }
}

}  // namespace pagoda::store
