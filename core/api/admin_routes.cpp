// API keys over HTTP, and the record of one decision.

#include <charconv>

#include <pagoda/json.hpp>

#include "core/api/fields.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

using JsonWriter = json::Writer<std::string>;

constexpr std::int64_t kMillisPerDay = 86'400'000;

void writeKey(JsonWriter& json, const ApiKey& key) {
  json.member("id", key.id.value()).member("name", key.name).member("prefix", key.prefix);
  json.member("role", key.role == KeyRole::Admin ? "admin" : "user");
  json.key("monthly_budget_usd");
  key.monthlyBudget ? json.raw(key.monthlyBudget->toString()) : json.null();
  json.member("created", formatUtc(key.created));
  json.key("expires");
  key.expires ? json.string(formatUtc(*key.expires)) : json.null();
  json.member("revoked", key.revoked);
}

Result<Money> readBudget(JsonValue value) {
  const auto budget = Money::parseUsd(value.isString() ? value.text() : value.raw());
  if (!budget || *budget < Money{})
    return wrong("monthly_budget_usd", "a decimal number of dollars with at most nine decimals");
  return *budget;
}

Result<ApiKey> readNewKey(JsonValue root, UnixMillis now) {
  if (!root.isObject()) return fail(ErrorCode::InvalidRequest, "the body must be a JSON object");
  ApiKey key;
  key.created = now;
  for (const JsonValue member : root.children()) {
    const std::string_view name = member.key();
    if (name == "name") {
      PAGODA_TRY(key.name, readName(member, name));
    } else if (name == "role") {
      PAGODA_TRY(const std::string_view role, readString(member, name));
      if (role != "user" && role != "admin") return wrong(name, "user or admin");
      key.role = role == "admin" ? KeyRole::Admin : KeyRole::User;
    } else if (name == "monthly_budget_usd") {
      if (member.isNull()) continue;
      PAGODA_TRY(key.monthlyBudget, readBudget(member));
    } else if (name == "expires_in_days") {
      if (member.isNull()) continue;
      PAGODA_TRY(const std::int64_t days, readInteger(member, name, {1, 36'500}));
      key.expires = now + days * kMillisPerDay;
    } else {
      return fail(ErrorCode::InvalidRequest,
                  "unknown member '" + shownText(name) +
                      "'; the members are name, role, monthly_budget_usd, expires_in_days",
                  shownText(name));
    }
  }
  if (key.name.empty()) return missing("name");
  return key;
}

struct MadeKey {
  ApiKey key;
  Secret clearText;
};

// The key's own record says which of two with one name was made now: the one that its clear text
// finds.
Result<MadeKey> makeKey(KeyStore& keys, ApiKey wanted) {
  PAGODA_TRY(Secret clearText, keys.create(std::move(wanted)));
  const std::shared_ptr<const ApiKey> stored = keys.find(clearText.reveal());
  if (!stored)
    return fail(ErrorCode::StorageUnavailable, "the key was stored but cannot be read back");
  return MadeKey{*stored, std::move(clearText)};
}

// Whether a decision record is the caller's own.
bool owns(const Caller& caller, std::string_view decision) {
  bool own = false;
  try {
    json::Reader reader(decision);
    std::string buffer;
    reader.object([&](std::string_view member, json::Reader& value) {
      if (member == "key") own = !caller.key.empty() && value.string(buffer) == caller.key.value();
    });
  } catch (const json::Malformed&) {
    return false;
  }
  return own;
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
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(200, headers, body);
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
  std::function<Result<MadeKey>()> make = [&keys = api.keys, key = *std::move(wanted)] {
    return makeKey(keys, key);
  };
  const Result<MadeKey> made = co_await onWorker<MadeKey>(scope, std::move(make));
  if (!made) {
    co_await sendError(scope, made.error());
    co_return;
  }
  std::string body;
  JsonWriter json(body);
  json.beginObject();
  writeKey(json, made->key);
  json.member("key", made->clearText.reveal());
  json.member("message", "keep the key now; it is not shown again").endObject();
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.emplace_back("cache-control", "no-store");
  co_await scope.response.send(201, headers, body);
}

Task<void> deleteKey(const ApiContext& api, RequestScope& scope) {
  std::function<Result<bool>()> revoke = [&keys = api.keys,
                                          id = ApiKeyId(scope.parameter)]() -> Result<bool> {
    PAGODA_CHECK(keys.revoke(id));
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

Task<void> getDecision(const ApiContext& api, RequestScope& scope) {
  const Error absent{
      ErrorCode::NotFound, "there is no decision record of this request id", {}, {}, {}};
  const std::optional<RequestId> id = RequestId::parse(scope.parameter);
  if (!id) {
    co_await sendError(scope, absent);
    co_return;
  }
  std::function<Result<std::string>()> look = [&ledger = api.ledger, request = *id] {
    return ledger.decision(request);
  };
  const Result<std::string> decision = co_await onWorker<std::string>(scope, std::move(look));
  if (!decision && decision.error().code != ErrorCode::NotFound) {
    co_await sendError(scope, decision.error());
    co_return;
  }
  // Another caller's record is answered like one that is not there.
  if (!decision || (!scope.isAdmin() && !owns(scope.caller, *decision))) {
    co_await sendError(scope, absent);
    co_return;
  }
  co_await sendJson(scope, 200, *decision);
}

}  // namespace pagoda::api
