#pragma once
// Rows of api_keys and audit. All throw SqliteError.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/keys.h"
#include "core/store/key_hash.h"

namespace pagoda::store {

class Database;

/// A key as it is stored: with its hashes.
struct StoredKey {
  std::shared_ptr<ApiKey> key;
  std::optional<KeyHash> hash;
  std::optional<KeyHash> former;  ///< good until key->formerUntil
};

/// In the order of their creation.
std::vector<StoredKey> readKeys(Database& database);
std::optional<StoredKey> readKey(Database& database, const ApiKeyId& id);
void insertKey(Database& database, const ApiKey& key, const KeyHash& hash);
/// Everything but id, hashes and time of creation; a key that becomes revoked is so since `now`.
void updateKey(Database& database, const ApiKey& key, UnixMillis now);
/// `hash` takes the place of the one in use, which becomes the former one.
void replaceHash(Database& database, const ApiKeyId& id, const KeyHash& hash);

void addAudit(Database& database, const AuditEntry& entry);
std::vector<AuditEntry> readAudit(Database& database, const ApiKeyId& id, std::size_t atMost);
/// The members that differ, as JSON: {"name":["before","after"]}. Without `before`: all of `after`.
std::string changesOf(const ApiKey* before, const ApiKey& after);

}  // namespace pagoda::store
