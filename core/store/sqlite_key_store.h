#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/domain/keys.h"
#include "core/store/database.h"
#include "core/store/key_hash.h"
#include "core/store/key_signal.h"
#include "core/store/store_paths.h"

namespace pagoda::store {

/// API keys in the database, answered from memory. Thread-safe. Several processes may have it open:
/// each change goes through a connection of its own, and the others see it at refresh().
class SqliteKeyStore final : public KeyStore {
 public:
  /// The database has its schema. Throws StoreError, SqliteError.
  SqliteKeyStore(StorePaths paths, const DatabaseOptions& options, const Clock& clock);

  /// Null also for a key that is revoked, disabled or expired.
  std::shared_ptr<const ApiKey> find(std::string_view clearText) const override;
  bool stale() const override;
  bool refresh() override;
  std::vector<ApiKey> list() const override;
  Result<MadeKey> create(ApiKey key, const Actor& actor) override;
  Result<ApiKey> update(const ApiKeyId& id, std::optional<std::int64_t> version,
                        const std::function<Result<void>(ApiKey&)>& change,
                        const Actor& actor) override;
  Result<MadeKey> rotate(const ApiKeyId& id, Millis overlap, const Actor& actor) override;
  Result<void> revoke(const ApiKeyId& id, const Actor& actor) override;
  Result<std::vector<AuditEntry>> audit(const ApiKeyId& id, std::size_t atMost) override;

 private:
  struct HashOfHash {
    std::size_t operator()(const KeyHash& hash) const noexcept;
  };
  struct Found {
    std::shared_ptr<const ApiKey> key;
    std::optional<UnixMillis> until;  ///< of a former text
  };
  struct Snapshot {
    std::int64_t generation = -1;
    std::vector<std::shared_ptr<const ApiKey>> all;  // in the order of their creation
    std::unordered_map<KeyHash, Found, HashOfHash> usable;
  };

  std::shared_ptr<const Snapshot> snapshot() const;
  bool reload(Database& database);
  Result<void> change(const std::function<Result<void>(Database&)>& work);

  const StorePaths paths_;
  const DatabaseOptions options_;
  const Clock& clock_;
  const KeyHasher hasher_;
  KeySignal signal_;
  std::atomic<std::uint64_t> seen_{0};  ///< the signal's value before the keys were last read
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
};

}  // namespace pagoda::store
