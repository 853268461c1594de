#pragma once
// The schema's history: numbered SQL files in migrations/, embedded at build time. A file that was
// released is never edited; a change of the schema is a new file.

#include <cstdint>
#include <span>
#include <string_view>

namespace pagoda::store {

class Database;

struct Migration {
  std::string_view name;  ///< "0001_ledger"
  std::string_view sql;
};

std::span<const Migration> migrations();

/// The version that the database has, 0 for an empty one. Throws StoreError: a newer version than
/// `known`, or a database of another program.
std::int64_t checkedVersion(Database& database, std::size_t known);

/// Applies what is missing, each in a transaction of its own together with its number, so that a
/// crash leaves the database at one version or the next. Throws StoreError, SqliteError.
void migrate(Database& database, std::span<const Migration> all);

}  // namespace pagoda::store
