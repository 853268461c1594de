#pragma once

#include <string>

namespace pagoda::store {

/// The files of one store, all beside the database. Those of a store in memory are empty.
struct StorePaths {
  std::string database;
  std::string serverLock;  ///< held by the server, so that there is one
  std::string
      writeGate;      ///< held while somebody checkpoints, or writes who is not the ledger's writer
  std::string holds;  ///< HoldJournal
  std::string pepper;       ///< key of the API keys' hashes
  std::string keySignal{};  ///< KeySignal
  std::string answers{};    ///< SqliteAnswerStore
};

StorePaths pathsOf(const std::string& database);

}  // namespace pagoda::store
