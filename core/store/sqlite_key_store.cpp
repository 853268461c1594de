#include "core/store/sqlite_key_store.h"

#include <cstring>
#include <functional>
#include <utility>

#include "core/store/file_lock.h"
#include "core/store/key_rows.h"
#include "core/store/sqlite_error.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

constexpr std::string_view kKeyPrefix = "pgd_";
constexpr std::size_t kKeyCharacters = 43;  // 256 bits in base 62
constexpr std::size_t kShownCharacters = 8;
constexpr std::size_t kLongestActor = 128;
constexpr Millis kLongestOverlap{std::chrono::hours(24 * 30)};
constexpr const char* kGeneration = "SELECT value FROM meta WHERE name = 'keys_generation'";

bool hasKeys(Database& database) {
  return database.number("SELECT EXISTS (SELECT 1 FROM api_keys)") == 1;
}

// A wrong pepper would refuse every key without a word why: the database keeps a hash of a known
// text to tell it by.
KeyHasher hasherFor(const StorePaths& paths, const DatabaseOptions& options) {
  Database database(paths.database, options);
  KeyHasher hasher(readPepper(paths.pepper, hasKeys(database)));
  const KeyHash check = hasher.hash("pagoda pepper check");
  const std::string_view bytes(reinterpret_cast<const char*>(check.data()), check.size());
  Statement read(database, "SELECT value FROM meta WHERE name = 'pepper_check'");
  const bool known = read.step();
  if (known && read.text(0) == bytes) return hasher;
  read.reset();
  if (known && hasKeys(database)) {
    throw StoreError(StoreError::Kind::Corrupt,
                     "pepper file " + paths.pepper + " is not the one that the API keys in " +
                         paths.database +
                         " were made with; restore it from the backup of the database");
  }
  Statement write(database, "INSERT OR REPLACE INTO meta VALUES ('pepper_check', ?1)");
  write.bindBlob(1, bytes);
  const FileLock gate(paths.writeGate, options.busyTimeout);
  write.run();
  return hasher;
}

Secret newClearText() {
  return Secret(std::string(kKeyPrefix) + randomToken(kKeyCharacters));
}

std::string prefixOf(const Secret& clearText) {
  return std::string(clearText.reveal().substr(0, kShownCharacters));
}

Result<StoredKey> existing(Database& database, const ApiKeyId& id) {
  std::optional<StoredKey> stored = readKey(database, id);
  if (!stored) return fail(ErrorCode::NotFound, "no key has that id", "id");
  return *std::move(stored);
}

AuditEntry entryOf(UnixMillis now, const Actor& actor, std::string action, const ApiKey& key,
                   std::string detail) {
  return {now, actor.name.substr(0, kLongestActor), std::move(action), key.id.value(),
          std::move(detail)};
}

}  // namespace

SqliteKeyStore::SqliteKeyStore(StorePaths paths, const DatabaseOptions& options, const Clock& clock)
    : paths_(std::move(paths)),
      options_(options),
      clock_(clock),
      hasher_(hasherFor(paths_, options_)),
      signal_(paths_.keySignal),
      snapshot_(std::make_shared<Snapshot>()) {
  Database database(paths_.database, options_, Database::Access::ReadOnly);
  reload(database);
}

std::size_t SqliteKeyStore::HashOfHash::operator()(const KeyHash& hash) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

std::shared_ptr<const SqliteKeyStore::Snapshot> SqliteKeyStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::shared_ptr<const ApiKey> SqliteKeyStore::find(std::string_view clearText) const {
  if (!clearText.starts_with(kKeyPrefix) || clearText.size() != kKeyPrefix.size() + kKeyCharacters)
    return nullptr;
  const auto keys = snapshot();
  const auto found = keys->usable.find(hasher_.hash(clearText));
  if (found == keys->usable.end()) return nullptr;
  const UnixMillis now = clock_.unixNow();
  const auto& [key, until] = found->second;
  if (!key->usable(now) || (until && *until <= now)) return nullptr;
  return key;
}

bool SqliteKeyStore::stale() const {
  return signal_.value() != seen_.load(std::memory_order_relaxed);
}

/// True if another generation of the keys was read.
bool SqliteKeyStore::reload(Database& database) {
  // Signal and generation first: a change in between is then read twice rather than missed.
  const std::uint64_t signal = signal_.value();
  const std::int64_t generation = database.number(kGeneration);
  if (generation == snapshot()->generation) {
    seen_ = signal;
    return false;
  }
  auto fresh = std::make_shared<Snapshot>();
  fresh->generation = generation;
  for (const StoredKey& stored : readKeys(database)) {
    fresh->all.push_back(stored.key);
    if (stored.key->revoked) continue;
    if (stored.hash) fresh->usable.insert_or_assign(*stored.hash, Found{stored.key, std::nullopt});
    if (stored.former && stored.key->formerUntil)
      fresh->usable.try_emplace(*stored.former, Found{stored.key, stored.key->formerUntil});
  }
  seen_ = signal;
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(fresh);
  return true;
}

bool SqliteKeyStore::refresh() {
  try {
    Database database(paths_.database, options_, Database::Access::ReadOnly);
    return reload(database);
  } catch (const SqliteError&) {
    return false;  // the keys in memory stay good
  }
}

std::vector<ApiKey> SqliteKeyStore::list() const {
  std::vector<ApiKey> keys;
  for (const auto& key : snapshot()->all) keys.push_back(*key);
  return keys;
}

/// One change in one transaction on a connection of its own, while nobody checkpoints.
Result<void> SqliteKeyStore::change(const std::function<Result<void>(Database&)>& work) {
  try {
    Database database(paths_.database, options_);
    {
      const FileLock gate(paths_.writeGate, options_.busyTimeout);
      if (!gate.held())
        return fail(ErrorCode::StorageUnavailable, "the database is busy; try again in a moment");
      Transaction transaction(database);
      PAGODA_CHECK(work(database));
      database.exec("UPDATE meta SET value = value + 1 WHERE name = 'keys_generation'");
      transaction.commit();
    }
    signal_.raise();
    reload(database);
    return {};
  } catch (const SqliteError& error) {
    return fail(ErrorCode::StorageUnavailable, error.reason());
  } catch (const StoreError& error) {
    return fail(ErrorCode::StorageUnavailable, error.what());
  }
}

Result<MadeKey> SqliteKeyStore::create(ApiKey key, const Actor& actor) {
  const UnixMillis now = clock_.unixNow();
  PAGODA_CHECK(checkKey(key));
  if (key.expires && *key.expires <= now)
    return fail(ErrorCode::InvalidRequest, "the key would have expired already", "expires");
  Secret clearText = newClearText();
  key.prefix = prefixOf(clearText);
  if (key.id.empty()) key.id = ApiKeyId("key_" + randomToken(16));
  if (key.created == 0) key.created = now;
  key.version = 1;
  PAGODA_CHECK(change([&](Database& database) -> Result<void> {
    if (readKey(database, key.id))
      return fail(ErrorCode::InvalidRequest, "a key of that id exists", "id");
    insertKey(database, key, hasher_.hash(clearText.reveal()));
    addAudit(database, entryOf(now, actor, "key.create", key, changesOf(nullptr, key)));
    return {};
  }));
  return MadeKey{std::move(key), std::move(clearText)};
}

Result<ApiKey> SqliteKeyStore::update(const ApiKeyId& id, std::optional<std::int64_t> version,
                                      const std::function<Result<void>(ApiKey&)>& alter,
                                      const Actor& actor) {
  const UnixMillis now = clock_.unixNow();
  ApiKey after;
  PAGODA_CHECK(change([&](Database& database) -> Result<void> {
    PAGODA_TRY(const StoredKey stored, existing(database, id));
    const ApiKey& before = *stored.key;
    if (version && *version != before.version)
      return fail(ErrorCode::Conflict,
                  "the key is at version " + std::to_string(before.version) +
                      " by now; read it again and repeat the change",
                  "version");
    if (before.revoked)
      return fail(ErrorCode::Conflict, "the key is revoked, which is for good; make a new one",
                  "id");
    after = before;
    PAGODA_CHECK(alter(after));
    after.id = before.id;
    after.created = before.created;
    after.version = before.version + 1;
    PAGODA_CHECK(checkKey(after));
    if (after.expires != before.expires && after.expires && *after.expires <= now)
      return fail(ErrorCode::InvalidRequest, "the key would have expired already", "expires");
    updateKey(database, after, now);
    addAudit(database, entryOf(now, actor, "key.update", after, changesOf(&before, after)));
    return {};
  }));
  return after;
}

Result<MadeKey> SqliteKeyStore::rotate(const ApiKeyId& id, Millis overlap, const Actor& actor) {
  const UnixMillis now = clock_.unixNow();
  if (overlap < Millis{0} || overlap > kLongestOverlap)
    return fail(ErrorCode::InvalidRequest, "the overlap of a rotation is at most 30 days",
                "overlap");
  Secret clearText = newClearText();
  ApiKey after;
  PAGODA_CHECK(change([&](Database& database) -> Result<void> {
    PAGODA_TRY(const StoredKey stored, existing(database, id));
    const ApiKey& before = *stored.key;
    if (before.revoked)
      return fail(ErrorCode::Conflict, "the key is revoked, which is for good; make a new one",
                  "id");
    after = before;
    after.prefix = prefixOf(clearText);
    after.formerUntil = now + overlap.count();
    after.version = before.version + 1;
    replaceHash(database, id, hasher_.hash(clearText.reveal()));
    updateKey(database, after, now);
    addAudit(database, entryOf(now, actor, "key.rotate", after, changesOf(&before, after)));
    return {};
  }));
  return MadeKey{std::move(after), std::move(clearText)};
}

Result<void> SqliteKeyStore::revoke(const ApiKeyId& id, const Actor& actor) {
  const UnixMillis now = clock_.unixNow();
  return change([&](Database& database) -> Result<void> {
    PAGODA_TRY(const StoredKey stored, existing(database, id));
    if (stored.key->revoked) return {};
    ApiKey after = *stored.key;
    after.revoked = true;
    after.version += 1;
    updateKey(database, after, now);
    addAudit(database,
             entryOf(now, actor, "key.revoke", after, changesOf(stored.key.get(), after)));
    return {};
  });
}

Result<std::vector<AuditEntry>> SqliteKeyStore::audit(const ApiKeyId& id, std::size_t atMost) {
  try {
    Database database(paths_.database, options_, Database::Access::ReadOnly);
    return readAudit(database, id, atMost);
  } catch (const SqliteError& error) {
    return fail(ErrorCode::StorageUnavailable, error.reason());
  }
}

}  // namespace pagoda::store
