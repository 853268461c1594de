#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/domain/keys.h"
#include "core/store/database.h"
#include "core/store/key_hash.h"
#include "core/store/store_paths.h"

namespace pagoda::store {

/// API keys in the database, answered from memory. Thread-safe. Several processes may have it open:
/// each change goes through a connection of its own, and the others see it at refresh().
class SqliteKeyStore final : public KeyStore {
 public:
  /// The database has its schema. Throws StoreError, SqliteError.
  SqliteKeyStore(StorePaths paths, const DatabaseOptions& options, const Clock& clock);

  /// Null also for a revoked and an expired key.
  std::shared_ptr<const ApiKey> find(std::string_view clearText) const override;
  bool refresh() override;
  std::vector<ApiKey> list() const override;
  /// Id, prefix and time of creation are made here where the caller left them empty.
  /// Errors: InvalidRequest, StorageUnavailable.
  Result<Secret> create(ApiKey key) override;
  /// Errors: NotFound, StorageUnavailable.
  Result<void> revoke(const ApiKeyId& id) override;

 private:
  struct HashOfHash {
    std::size_t operator()(const KeyHash& hash) const noexcept;
  };
  struct Snapshot {
    std::int64_t generation = -1;
    std::vector<std::shared_ptr<const ApiKey>> all;  // in the order of their creation
    std::unordered_map<KeyHash, std::shared_ptr<const ApiKey>, HashOfHash> usable;
  };

  std::shared_ptr<const Snapshot> snapshot() const;
  bool reload(Database& database);

  const StorePaths paths_;
  const DatabaseOptions options_;
  const Clock& clock_;
  const KeyHasher hasher_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
};

}  // namespace pagoda::store
