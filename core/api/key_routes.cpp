// API keys and their audit over HTTP, for admins. A stored key is only ever altered member by
// member: what is not named here is refused, not stored.

#include <algorithm>

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

using JsonWriter = json::Writer<std::string>;

constexpr std::int64_t kMillisPerDay = 86'400'000;
constexpr std::int64_t kMillisPerHour = 3'600'000;
constexpr std::int64_t kLargestRate = 1'000'000'000;
constexpr std::size_t kMostAuditLines = 200;
constexpr std::string_view kRotation = "/rotate";

void writeKey(JsonWriter& json, const ApiKey& key) {
  for (const auto& [name, value] : keyMembers(key)) json.rawMember(name, value);
}

Result<std::optional<Money>> readBudget(JsonValue value, std::string_view name) {
  if (value.isNull()) return std::nullopt;
  const auto budget = Money::parseUsd(value.isString() ? value.text() : value.raw());
  if (!budget || *budget < Money{})
    return wrong(name, "a decimal number of dollars with at most nine decimals, or null");
  return budget;
}

Result<std::optional<std::int64_t>> readRate(JsonValue value, std::string_view name) {
  if (value.isNull()) return std::nullopt;
  PAGODA_TRY(const std::int64_t rate, readInteger(value, name, {1, kLargestRate}));
  return rate;
}

/// A list of texts or, for tiers, of numbers.
Result<std::vector<std::string>> readWords(JsonValue value, std::string_view name) {
  std::vector<std::string> words;
  if (!value.isArray()) return wrong(name, "a list");
  for (const JsonValue item : value.children()) {
    if (item.isString()) {
      words.emplace_back(item.text());
    } else if (item.integer()) {
      words.emplace_back(item.raw());
    } else {
      return wrong(name, "a list of words or numbers");
    }
  }
  return words;
}

Result<void> readExpiry(JsonValue value, std::string_view name, UnixMillis now, ApiKey& key) {
  key.expires.reset();
  if (value.isNull()) return {};
  PAGODA_TRY(const std::int64_t days, readInteger(value, name, {1, 36'500}));
  key.expires = now + days * kMillisPerDay;
  return {};
}

/// The members that limit what a key may do; false if `name` is none of them.
Result<bool> readGrant(JsonValue member, std::string_view name, KeyGrants& grants) {
  if (name == "scopes") {
    PAGODA_TRY(const std::vector<std::string> words, readWords(member, name));
    PAGODA_TRY(grants.scopes, parseScopes(words, name));
  } else if (name == "tiers") {
    PAGODA_TRY(const std::vector<std::string> words, readWords(member, name));
    PAGODA_TRY(grants.tiers, parseTiers(words, name));
  } else if (name == "models") {
    grants.models.clear();
    if (member.isNull()) return true;
    PAGODA_TRY(grants.models, readWords(member, name));
  } else if (name == "requests_per_minute") {
    PAGODA_TRY(grants.requestsPerMinute, readRate(member, name));
  } else if (name == "tokens_per_minute") {
    PAGODA_TRY(grants.tokensPerMinute, readRate(member, name));
  } else if (name == "concurrent") {
    PAGODA_TRY(grants.concurrent, readRate(member, name));
  } else {
    return false;
  }
  return true;
}

Result<void> readMember(JsonValue member, UnixMillis now, ApiKey& key) {
  const std::string_view name = member.key();
  PAGODA_TRY(const bool isGrant, readGrant(member, name, key.grants));
  if (isGrant) return {};
  if (name == "name") {
    PAGODA_TRY(key.name, readName(member, name));
  } else if (name == "role") {
    PAGODA_TRY(const std::string_view role, readString(member, name));
    if (role != "user" && role != "admin") return wrong(name, "user or admin");
    key.role = role == "admin" ? KeyRole::Admin : KeyRole::User;
  } else if (name == "team") {
    key.team.clear();
    if (!member.isNull()) {
      PAGODA_TRY(key.team, readName(member, name));
    }
  } else if (name == "monthly_budget_usd") {
    PAGODA_TRY(key.monthlyBudget, readBudget(member, name));
  } else if (name == "daily_budget_usd") {
    PAGODA_TRY(key.dailyBudget, readBudget(member, name));
  } else if (name == "total_budget_usd") {
    PAGODA_TRY(key.totalBudget, readBudget(member, name));
  } else if (name == "expires_in_days") {
    PAGODA_CHECK(readExpiry(member, name, now, key));
  } else if (name == "disabled") {
    PAGODA_TRY(key.disabled, readBool(member, name));
  } else {
    return fail(ErrorCode::InvalidRequest,
                "unknown member '" + shownText(name) +
                    "'; the members are name, role, team, monthly_budget_usd, daily_budget_usd, "
                    "total_budget_usd, expires_in_days, scopes, tiers, models, "
                    "requests_per_minute, tokens_per_minute, concurrent, disabled",
                shownText(name));
  }
  return {};
}

/// Lets the members of `root` alter `key`; `version` is the reader's own.
Result<void> readMembers(JsonValue root, UnixMillis now, ApiKey& key) {
  for (const JsonValue member : root.children()) {
    if (member.key() == "version") continue;
    PAGODA_CHECK(readMember(member, now, key));
  }
  return {};
}

Result<ApiKey> readNewKey(JsonValue root, UnixMillis now) {
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  if (root.find("version")) return wrong("version", "left out where a key is made");
  ApiKey key;
  key.created = now;
  PAGODA_CHECK(readMembers(root, now, key));
  if (key.name.empty()) return missing("name");
  PAGODA_CHECK(checkKey(key));
  return key;
}

Actor actorOf(const RequestScope& scope) {
  return {scope.caller.key.empty() ? scope.caller.name : scope.caller.key.value()};
}

Task<void> sendPrivately(RequestScope& scope, int status, const std::string& body) {
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(status, headers, body);
}

Task<void> sendMade(RequestScope& scope, int status, const MadeKey& made) {
  std::string body;
  JsonWriter json(body);
  json.beginObject();
  writeKey(json, made.key);
  json.member("key", made.clearText.reveal());
  json.member("message", "keep the key now; it is not shown again").endObject();
  co_await sendPrivately(scope, status, body);
}

Task<void> sendKey(RequestScope& scope, const ApiKey& key) {
  std::string body;
  JsonWriter json(body);
  json.beginObject();
  writeKey(json, key);
  json.endObject();
  co_await sendPrivately(scope, 200, body);
}

/// Hours that the former text stays good, from a body that may be empty.
Result<Millis> readOverlap(JsonValue root) {
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  std::int64_t hours = 0;
  for (const JsonValue member : root.children()) {
    if (member.key() != "overlap_hours")
      return fail(ErrorCode::InvalidRequest,
                  "unknown member '" + shownText(member.key()) + "'; the member is overlap_hours",
                  shownText(member.key()));
    PAGODA_TRY(hours, readInteger(member, "overlap_hours", {0, 720}));
  }
  return Millis(hours * kMillisPerHour);
}

}  // namespace

Task<void> getKeys(const ApiContext& api, RequestScope& scope) {
  std::string body;
  JsonWriter json(body);
  json.beginObject().member("object", "list").key("data").beginArray();
  for (const ApiKey& key : api.keys.list()) {
    json.beginObject();
    writeKey(json, key);
    json.endObject();
  }
  json.endArray().endObject();
  co_await sendPrivately(scope, 200, body);
}

Task<void> getKey(const ApiContext& api, RequestScope& scope) {
  for (const ApiKey& key : api.keys.list()) {
    if (key.id.value() != scope.parameter) continue;
    co_await sendKey(scope, key);
    co_return;
  }
  const Error absent{ErrorCode::NotFound, "no key has that id", "id", {}, {}};
  co_await sendError(scope, absent);
}

Task<void> postKey(const ApiContext& api, RequestScope& scope) {
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await refuse(api, scope, document.error());
    co_return;
  }
  Result<ApiKey> wanted = readNewKey((*document)->root(), api.clock.unixNow());
  if (!wanted) {
    co_await refuse(api, scope, wanted.error());
    co_return;
  }
  std::function<Result<MadeKey>()> make = [&keys = api.keys, key = *std::move(wanted),
                                           actor = actorOf(scope)]() -> Result<MadeKey> {
    return keys.create(key, actor);
  };
  const Result<MadeKey> made = co_await onWorker<MadeKey>(scope, std::move(make));
  if (!made) {
    co_await sendError(scope, made.error());
    co_return;
  }
  co_await sendMade(scope, 201, *made);
}

Task<void> patchKey(const ApiContext& api, RequestScope& scope) {
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await refuse(api, scope, document.error());
    co_return;
  }
  const JsonValue root = (*document)->root();
  ApiKey tried;
  Result<void> readable = root.isObject()
                              ? readMembers(root, api.clock.unixNow(), tried)
                              : fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  std::optional<std::int64_t> version;
  if (const auto member = readable ? root.find("version") : std::nullopt) {
    version = member->integer();
    if (!version) readable = wrong("version", "the number that the key was read with");
  }
  if (!readable) {
    co_await refuse(api, scope, readable.error());
    co_return;
  }
  std::function<Result<ApiKey>()> alter = [&keys = api.keys, document = *document, version,
                                           now = api.clock.unixNow(), actor = actorOf(scope),
                                           id = ApiKeyId(scope.parameter)] {
    const auto change = [&](ApiKey& key) { return readMembers(document->root(), now, key); };
    return keys.update(id, version, change, actor);
  };
  const Result<ApiKey> altered = co_await onWorker<ApiKey>(scope, std::move(alter));
  if (!altered) {
    co_await sendError(scope, altered.error());
    co_return;
  }
  co_await sendKey(scope, *altered);
}

Task<void> postKeyRotation(const ApiContext& api, RequestScope& scope) {
  if (!scope.parameter.ends_with(kRotation)) {
    const Error absent{
        ErrorCode::NotFound, "POST to /admin/keys/{id}/rotate, or to /admin/keys", {}, {}, {}};
    co_await refuse(api, scope, absent);
    co_return;
  }
  const ApiKeyId id(scope.parameter.substr(0, scope.parameter.size() - kRotation.size()));
  const Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) {
    co_await refuse(api, scope, document.error());
    co_return;
  }
  const Result<Millis> overlap = readOverlap((*document)->root());
  if (!overlap) {
    co_await refuse(api, scope, overlap.error());
    co_return;
  }
  std::function<Result<MadeKey>()> rotate = [&keys = api.keys, id, overlap = *overlap,
                                             actor = actorOf(scope)]() -> Result<MadeKey> {
    return keys.rotate(id, overlap, actor);
  };
  const Result<MadeKey> made = co_await onWorker<MadeKey>(scope, std::move(rotate));
  if (!made) {
    co_await sendError(scope, made.error());
    co_return;
  }
  co_await sendMade(scope, 200, *made);
}

Task<void> deleteKey(const ApiContext& api, RequestScope& scope) {
  std::function<Result<bool>()> revoke = [&keys = api.keys, id = ApiKeyId(scope.parameter),
                                          actor = actorOf(scope)]() -> Result<bool> {
    PAGODA_CHECK(keys.revoke(id, actor));
    return true;
  };
  const Result<bool> revoked = co_await onWorker<bool>(scope, std::move(revoke));
  if (!revoked) {
    co_await sendError(scope, revoked.error());
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.beginObject().member("id", scope.parameter).member("revoked", true).endObject();
  co_await sendJson(scope, 200, body);
}

Task<void> getAudit(const ApiContext& api, RequestScope& scope) {
  using Lines = std::vector<AuditEntry>;
  std::function<Result<Lines>()> look = [&keys = api.keys] {
    return keys.audit(ApiKeyId{}, kMostAuditLines);
  };
  const Result<Lines> lines = co_await onWorker<Lines>(scope, std::move(look));
  if (!lines) {
    co_await sendError(scope, lines.error());
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.beginObject().member("object", "list").key("data").beginArray();
  for (const AuditEntry& line : *lines) {
    json.beginObject().member("time", formatUtc(line.time)).member("actor", line.actor);
    json.member("action", line.action).member("subject", line.subject);
    json.rawMember("detail", line.detail).endObject();
  }
  json.endArray().endObject();
  co_await sendPrivately(scope, 200, body);
}

}  // namespace pagoda::api
