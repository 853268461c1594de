#include "core/store/sqlite_key_store.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "core/store/file_lock.h"
#include "core/store/sqlite_error.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

constexpr std::string_view kKeyPrefix = "pgd_";
constexpr std::size_t kKeyCharacters = 43;  // 256 bits in base 62
constexpr std::size_t kShownCharacters = 8;
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestTeam = 64;  // what a slot of the hold journal takes
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

Result<void> checkNew(const ApiKey& key, UnixMillis now) {
  const bool printable =
      std::ranges::none_of(key.name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!printable || key.name.size() > kLongestName)
    return fail(ErrorCode::InvalidRequest,
                "the name of a key has at most 128 bytes and no control characters", "name");
  const std::pair<std::optional<Money>, const char*> budgets[] = {
      {key.monthlyBudget, "monthly"}, {key.dailyBudget, "daily"}, {key.totalBudget, "total"}};
  for (const auto& [budget, window] : budgets)
    if (budget && *budget < Money{})
      return fail(ErrorCode::InvalidRequest,
                  "the " + std::string(window) + " budget of a key is not negative",
                  std::string(window) + "_budget");
  if (key.team.size() > kLongestTeam)
    return fail(ErrorCode::InvalidRequest, "the team of a key has at most 64 bytes", "team");
  if (key.expires && *key.expires <= now)
    return fail(ErrorCode::InvalidRequest, "the key would have expired already", "expires");
  return {};
}

std::shared_ptr<ApiKey> readKey(const Statement& row) {
  auto key = std::make_shared<ApiKey>();
  key->id = ApiKeyId(std::string(row.text(0)));
  key->name = row.text(2);
  key->prefix = row.text(3);
  key->role = row.text(4) == "admin" ? KeyRole::Admin : KeyRole::User;
  if (!row.isNull(5)) key->monthlyBudget = Money::fromNanoUsd(row.number(5));
  key->created = row.number(6);
  if (!row.isNull(7)) key->expires = row.number(7);
  key->revoked = !row.isNull(8);
  if (!row.isNull(9)) key->dailyBudget = Money::fromNanoUsd(row.number(9));
  if (!row.isNull(10)) key->totalBudget = Money::fromNanoUsd(row.number(10));
  key->team = row.text(11);
  return key;
}

void insertKey(Database& database, const ApiKey& key, const KeyHash& hash) {
  Statement insert(
      database, "INSERT INTO api_keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, ?9, ?10, ?11)");
  insert.bind(1, key.id.value());
  insert.bindBlob(2, {reinterpret_cast<const char*>(hash.data()), hash.size()});
  insert.bind(3, key.name);
  insert.bind(4, key.prefix);
  insert.bind(5, key.role == KeyRole::Admin ? "admin" : "user");
  if (key.monthlyBudget) {
    insert.bind(6, key.monthlyBudget->nanoUsd());
  } else {
    insert.bindNull(6);
  }
  insert.bind(7, key.created);
  if (key.expires) {
    insert.bind(8, *key.expires);
  } else {
    insert.bindNull(8);
  }
  const std::optional<Money>* more[] = {&key.dailyBudget, &key.totalBudget};
  for (int i = 0; i < 2; ++i)
    *more[i] ? insert.bind(9 + i, (*more[i])->nanoUsd()) : insert.bindNull(9 + i);
  insert.bind(11, key.team);
  insert.run();
}

// One change in one transaction on a connection of its own, while nobody checkpoints.
Result<void> change(Database& database, const StorePaths& paths, Millis patience,
                    const std::function<Result<void>()>& work) {
  const FileLock gate(paths.writeGate, patience);
  if (!gate.held())
    return fail(ErrorCode::StorageUnavailable, "the database is busy; try again in a moment");
  Transaction transaction(database);
  PAGODA_CHECK(work());
  database.exec("UPDATE meta SET value = value + 1 WHERE name = 'keys_generation'");
  transaction.commit();
  return {};
}

}  // namespace

SqliteKeyStore::SqliteKeyStore(StorePaths paths, const DatabaseOptions& options, const Clock& clock)
    : paths_(std::move(paths)),
      options_(options),
      clock_(clock),
      hasher_(hasherFor(paths_, options_)),
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
  const ApiKey& key = *found->second;
  if (key.expires && *key.expires <= clock_.unixNow()) return nullptr;
  return found->second;
}

/// True if another generation of the keys was read.
bool SqliteKeyStore::reload(Database& database) {
  // The generation first: a change in between is then read twice rather than missed.
  const std::int64_t generation = database.number(kGeneration);
  if (generation == snapshot()->generation) return false;
  auto fresh = std::make_shared<Snapshot>();
  fresh->generation = generation;
  Statement rows(database, "SELECT * FROM api_keys ORDER BY created_unix_ms, id");
  while (rows.step()) {
    const std::shared_ptr<const ApiKey> key = readKey(rows);
    fresh->all.push_back(key);
    const std::string_view hash = rows.text(1);
    KeyHash bytes{};
    if (key->revoked || hash.size() != bytes.size()) continue;
    std::memcpy(bytes.data(), hash.data(), bytes.size());
    fresh->usable.emplace(bytes, key);
  }
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

Result<Secret> SqliteKeyStore::create(ApiKey key) {
  const UnixMillis now = clock_.unixNow();
  PAGODA_CHECK(checkNew(key, now));
  Secret clearText(std::string(kKeyPrefix) + randomToken(kKeyCharacters));
  key.prefix = clearText.reveal().substr(0, kShownCharacters);
  if (key.id.empty()) key.id = ApiKeyId("key_" + randomToken(16));
  if (key.created == 0) key.created = now;
  try {
    Database database(paths_.database, options_);
    PAGODA_CHECK(change(database, paths_, options_.busyTimeout, [&]() -> Result<void> {
      Statement taken(database, "SELECT 1 FROM api_keys WHERE id = ?1");
      taken.bind(1, key.id.value());
      if (taken.step()) return fail(ErrorCode::InvalidRequest, "a key of that id exists", "id");
      insertKey(database, key, hasher_.hash(clearText.reveal()));
      return {};
    }));
    reload(database);
  } catch (const SqliteError& error) {
    return fail(ErrorCode::StorageUnavailable, error.reason());
  } catch (const StoreError& error) {
    return fail(ErrorCode::StorageUnavailable, error.what());
  }
  return clearText;
}

Result<void> SqliteKeyStore::revoke(const ApiKeyId& id) {
  try {
    Database database(paths_.database, options_);
    PAGODA_CHECK(change(database, paths_, options_.busyTimeout, [&]() -> Result<void> {
      Statement revoke(
          database,
          "UPDATE api_keys SET revoked_unix_ms = coalesce(revoked_unix_ms, ?2) WHERE id = ?1");
      revoke.bind(1, id.value());
      revoke.bind(2, clock_.unixNow());
      revoke.run();
      if (database.changes() == 0) return fail(ErrorCode::NotFound, "no key has that id", "id");
      return {};
    }));
    reload(database);
    return {};
  } catch (const SqliteError& error) {
    return fail(ErrorCode::StorageUnavailable, error.reason());
  } catch (const StoreError& error) {
    return fail(ErrorCode::StorageUnavailable, error.what());
  }
}

}  // namespace pagoda::store
