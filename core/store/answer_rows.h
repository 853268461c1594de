#pragma once
// The table of kept answers, on one connection.

#include <array>
#include <cstdint>

#include "core/domain/answer_store.h"
#include "core/store/statement.h"

namespace pagoda::store {

class Database;

using Fingerprint = std::array<unsigned char, 32>;  ///< SHA-256

/// What is kept, for how long, and how much of it.
struct AnswerLimits {
  Millis keep{24 * 3'600'000};
  std::int64_t bytes = std::int64_t{256} << 20;  ///< of all answers; the oldest make room
  std::int64_t keys = 1'000'000;                 ///< beyond them no new key is taken
};

/// One thread. Throws SqliteError.
class AnswerRows {
 public:
  AnswerRows(Database& database, AnswerLimits limits);

  /// Brings an empty file up to the schema. Throws StoreError when a newer program made it.
  static void prepare(Database& database);
  /// Requests of a former process that were under way: of one that the ledger charged, the answer
  /// is lost; the key of another one is free again. `ledger` has recovered.
  static void settleFormer(Database& answers, Database& ledger);

  /// Errors: StorageUnavailable when too many keys are kept.
  Result<Claim> claim(const ClaimedKey& key, const Fingerprint& asked, RequestId request,
                      UnixMillis now);
  void keep(const ClaimedKey& key, const StoredAnswer& answer);
  /// Of a request of this number, where one is given.
  void forget(const ClaimedKey& key, RequestId request = {});
  void lose(const ClaimedKey& key);
  /// Deletes what is too old, and then the oldest answers' texts until the rest has room.
  void tidy(UnixMillis now);
  bool overFull() const { return bytes_ > limits_.bytes; }
  /// Of the longest answer that is kept.
  std::int64_t longest() const { return limits_.bytes / 4; }

 private:
  Database& database_;
  const AnswerLimits limits_;
  Statement find_;
  Statement add_;
  Statement keep_;
  Statement lose_;
  Statement forget_;
  Statement expire_;
  Statement oldest_;
  Statement empty_;
  std::int64_t bytes_ = 0;  ///< of all answers
  std::int64_t keys_ = 0;
};

}  // namespace pagoda::store
