#include "core/store/key_rows.h"

#include <cstring>

#include <pagoda/json.hpp>

#include "core/store/database.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

const std::string kColumns =
    "id, hash, name, prefix, role, monthly_budget_nano_usd, created_unix_ms, expires_unix_ms, "
    "revoked_unix_ms, daily_budget_nano_usd, total_budget_nano_usd, team, scopes, tiers, models, "
    "requests_per_minute, tokens_per_minute, concurrent, disabled, version, former_hash, "
    "former_until_unix_ms";

std::string_view bytesOf(const KeyHash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::optional<KeyHash> hashAt(const Statement& row, int column) {
  const std::string_view bytes = row.isNull(column) ? std::string_view{} : row.text(column);
  KeyHash hash{};
  if (bytes.size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

std::optional<std::int64_t> numberAt(const Statement& row, int column) {
  if (row.isNull(column)) return std::nullopt;
  return row.number(column);
}

std::optional<Money> moneyAt(const Statement& row, int column) {
  if (row.isNull(column)) return std::nullopt;
  return Money::fromNanoUsd(row.number(column));
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

StoredKey storedAt(const Statement& row) {
  StoredKey stored{std::make_shared<ApiKey>(), hashAt(row, 1), hashAt(row, 20)};
  ApiKey& key = *stored.key;
  key.id = ApiKeyId(std::string(row.text(0)));
  key.name = row.text(2);
  key.prefix = row.text(3);
  key.role = row.text(4) == "admin" ? KeyRole::Admin : KeyRole::User;
  key.monthlyBudget = moneyAt(row, 5);
  key.created = row.number(6);
  key.expires = numberAt(row, 7);
  key.revoked = !row.isNull(8);
  key.dailyBudget = moneyAt(row, 9);
  key.totalBudget = moneyAt(row, 10);
  key.team = row.text(11);
  key.grants.scopes = static_cast<std::uint32_t>(row.number(12));
  key.grants.tiers = static_cast<std::uint32_t>(row.number(13));
  key.grants.models = split(row.text(14));
  key.grants.requestsPerMinute = numberAt(row, 15);
  key.grants.tokensPerMinute = numberAt(row, 16);
  key.grants.concurrent = numberAt(row, 17);
  key.disabled = row.number(18) != 0;
  key.version = row.number(19);
  key.formerUntil = numberAt(row, 21);
  return stored;
}

void bindOptional(Statement& statement, int parameter, std::optional<std::int64_t> value) {
  value ? statement.bind(parameter, *value) : statement.bindNull(parameter);
}

void bindOptional(Statement& statement, int parameter, std::optional<Money> value) {
  value ? statement.bind(parameter, value->nanoUsd()) : statement.bindNull(parameter);
}

/// What insert and update have in common, from parameter 3 on; `models` lives until it has run.
void bindMembers(Statement& statement, const ApiKey& key, const std::string& models) {
  statement.bind(3, key.name);
  statement.bind(4, key.prefix);
  statement.bind(5, key.role == KeyRole::Admin ? std::string_view("admin") : "user");
  bindOptional(statement, 6, key.monthlyBudget);
  bindOptional(statement, 8, key.expires);
  bindOptional(statement, 9, key.dailyBudget);
  bindOptional(statement, 10, key.totalBudget);
  statement.bind(11, key.team);
  statement.bind(12, key.grants.scopes);
  statement.bind(13, key.grants.tiers);
  statement.bind(14, models);
  bindOptional(statement, 15, key.grants.requestsPerMinute);
  bindOptional(statement, 16, key.grants.tokensPerMinute);
  bindOptional(statement, 17, key.grants.concurrent);
  statement.bind(18, key.disabled ? 1 : 0);
  statement.bind(19, key.version);
  bindOptional(statement, 20, key.formerUntil);
}

}  // namespace

std::vector<StoredKey> readKeys(Database& database) {
  std::vector<StoredKey> keys;
  Statement rows(database, "SELECT " + kColumns + " FROM api_keys ORDER BY created_unix_ms, id");
  while (rows.step()) keys.push_back(storedAt(rows));
  return keys;
}

std::optional<StoredKey> readKey(Database& database, const ApiKeyId& id) {
  Statement row(database, "SELECT " + kColumns + " FROM api_keys WHERE id = ?1");
  row.bind(1, id.value());
  if (!row.step()) return std::nullopt;
  return storedAt(row);
}

void insertKey(Database& database, const ApiKey& key, const KeyHash& hash) {
  Statement insert(
      database,
      "INSERT INTO api_keys (id, hash, name, prefix, role, monthly_budget_nano_usd, "
      "created_unix_ms, expires_unix_ms, daily_budget_nano_usd, total_budget_nano_usd, team, "
      "scopes, tiers, models, requests_per_minute, tokens_per_minute, concurrent, disabled, "
      "version, former_until_unix_ms) VALUES "
      "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)");
  const std::string models = join(key.grants.models);
  insert.bind(1, key.id.value());
  insert.bindBlob(2, bytesOf(hash));
  insert.bind(7, key.created);
  bindMembers(insert, key, models);
  insert.run();
}

void updateKey(Database& database, const ApiKey& key, UnixMillis now) {
  Statement update(
      database,
      "UPDATE api_keys SET name = ?3, prefix = ?4, role = ?5, monthly_budget_nano_usd = ?6, "
      "expires_unix_ms = ?8, daily_budget_nano_usd = ?9, total_budget_nano_usd = ?10, team = ?11, "
      "scopes = ?12, tiers = ?13, models = ?14, requests_per_minute = ?15, "
      "tokens_per_minute = ?16, concurrent = ?17, disabled = ?18, version = ?19, "
      "former_until_unix_ms = ?20, "
      "revoked_unix_ms = coalesce(revoked_unix_ms, CASE WHEN ?7 THEN ?2 END) WHERE id = ?1");
  const std::string models = join(key.grants.models);
  update.bind(1, key.id.value());
  update.bind(2, now);
  update.bind(7, key.revoked ? 1 : 0);
  bindMembers(update, key, models);
  update.run();
}

void replaceHash(Database& database, const ApiKeyId& id, const KeyHash& hash) {
  Statement replace(database, "UPDATE api_keys SET former_hash = hash, hash = ?2 WHERE id = ?1");
  replace.bind(1, id.value());
  replace.bindBlob(2, bytesOf(hash));
  replace.run();
}

void addAudit(Database& database, const AuditEntry& entry) {
  Statement insert(database,
                   "INSERT INTO audit (time_unix_ms, actor, action, subject, detail) "
                   "VALUES (?1, ?2, ?3, ?4, ?5)");
  insert.bind(1, entry.time);
  insert.bind(2, entry.actor);
  insert.bind(3, entry.action);
  insert.bind(4, entry.subject);
  insert.bind(5, entry.detail);
  insert.run();
}

std::vector<AuditEntry> readAudit(Database& database, const ApiKeyId& id, std::size_t atMost) {
  std::vector<AuditEntry> entries;
  Statement rows(database,
                 "SELECT time_unix_ms, actor, action, subject, detail FROM audit "
                 "WHERE ?1 = '' OR subject = ?1 ORDER BY id DESC LIMIT ?2");
  rows.bind(1, id.value());
  rows.bind(2, static_cast<std::int64_t>(atMost));
  while (rows.step()) {
    entries.push_back({rows.number(0), std::string(rows.text(1)), std::string(rows.text(2)),
                       std::string(rows.text(3)), std::string(rows.text(4))});
  }
  return entries;
}

std::string changesOf(const ApiKey* before, const ApiKey& after) {
  std::string text;
  json::Writer<std::string> writer(text);
  writer.beginObject();
  const auto now = keyMembers(after);
  const auto then = before != nullptr ? keyMembers(*before) : now;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (before == nullptr) {
      writer.rawMember(now[i].first, now[i].second);
    } else if (then[i].second != now[i].second) {
      writer.key(now[i].first).beginArray().raw(then[i].second).raw(now[i].second).endArray();
    }
  }
  writer.endObject();
  return text;
}

}  // namespace pagoda::store
