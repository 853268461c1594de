#pragma once

#include <string>
#include <vector>

namespace pagoda::store {

class Database;

/// Recomputes every balance and every request's cost from the attempts; a line for each that
/// differs, none when the ledger is sound. Reads all rows. Throws SqliteError.
std::vector<std::string> auditLedger(Database& database);

}  // namespace pagoda::store
