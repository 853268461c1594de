// `pagoda keys`: on the database itself, also while a server runs; it notices within 100 ms.

#include <charconv>
#include <ostream>

#include <pagoda/json.hpp>

#include "core/app/commands/client.h"
#include "core/app/commands/commands.h"
#include "core/app/engine.h"

namespace pagoda::app {
namespace {

constexpr UnixMillis kDay = 86'400'000;
constexpr std::int64_t kMostDays = 36'500;

std::unique_ptr<KeyStore> openKeys(const Arguments& arguments, Console& console,
                                   const Clock& clock) {
  const Settings settings = storageSettingsOf(arguments, console.environment);
  return store::openKeyStore(databasePath(settings), storeOptions(settings.storage, settings.cost),
                             clock);
}

ApiKey wantedKey(const Arguments& arguments, const Clock& clock) {
  ApiKey key;
  key.name = arguments.get("--name", "key");
  if (key.name.empty() || key.name.size() > 100)
    throw StartError(ExitCode::Usage, "--name needs 1 to 100 bytes");
  key.role = arguments.has("--admin") ? KeyRole::Admin : KeyRole::User;
  key.created = clock.unixNow();
  const std::pair<const char*, std::optional<Money>*> budgets[] = {
      {"--budget", &key.monthlyBudget},
      {"--daily-budget", &key.dailyBudget},
      {"--total-budget", &key.totalBudget}};
  for (const auto& [option, budget] : budgets) {
    if (!arguments.has(option)) continue;
    *budget = Money::parseUsd(arguments.get(option));
    if (!*budget || **budget < Money{})
      throw StartError(ExitCode::Usage,
                       std::string(option) + " needs an amount in USD, such as 10 or 0.50");
  }
  key.team = arguments.get("--team");
  if (arguments.has("--expires-days")) {
    const std::string text = arguments.get("--expires-days");
    std::int64_t days = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    if (error != std::errc{} || end != text.data() + text.size() || days < 1 || days > kMostDays)
      throw StartError(ExitCode::Usage, "--expires-days needs a whole number from 1 to 36500");
    key.expires = key.created + days * kDay;
  }
  return key;
}

void writeKey(json::Writer<std::string>& writer, const ApiKey& key) {
  writer.beginObject().member("id", std::string_view(key.id.value()));
  writer.member("name", std::string_view(key.name)).member("prefix", std::string_view(key.prefix));
  writer.member("role", key.role == KeyRole::Admin ? "admin" : "user");
  writer.key("monthly_budget_usd");
  key.monthlyBudget ? writer.raw(key.monthlyBudget->toString()) : writer.null();
  const std::pair<const char*, std::optional<Money>> budgets[] = {
      {"daily_budget_usd", key.dailyBudget}, {"total_budget_usd", key.totalBudget}};
  for (const auto& [name, budget] : budgets) {
    writer.key(name);
    budget ? writer.raw(budget->toString()) : writer.null();
  }
  writer.member("team", std::string_view(key.team));
  writer.member("created", std::string_view(formatUtc(key.created)));
  writer.key("expires");
  key.expires ? writer.string(formatUtc(*key.expires)) : writer.null();
  writer.member("revoked", key.revoked).endObject();
}

}  // namespace

ExitCode createKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const ApiKey key = wantedKey(arguments, clock);
  const auto keys = openKeys(arguments, console, clock);
  const Result<Secret> secret = keys->create(key);
  if (!secret) throw StartError(ExitCode::Storage, secret.error().message);
  if (arguments.has("--json")) {
    std::string text;
    json::Writer<std::string> writer(text);
    writer.beginObject().member("key", secret->reveal()).member("name", std::string_view(key.name));
    writer.member("role", key.role == KeyRole::Admin ? "admin" : "user").endObject();
    console.out << text << "\n";
    return ExitCode::Ok;
  }
  console.out << secret->reveal() << "\n";
  console.error
      << "this is the only time that the key is shown; a server without authentication asks for "
         "keys after its next start\n";
  return ExitCode::Ok;
}

ExitCode listKeys(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock)->list();
  if (arguments.has("--json")) {
    std::string text;
    json::Writer<std::string> writer(text);
    writer.beginObject().key("keys").beginArray();
    for (const ApiKey& key : keys) writeKey(writer, key);
    writer.endArray().endObject();
    console.out << text << "\n";
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{
      {"id", "name", "begins", "role", "budget", "expires", "state"}};
  for (const ApiKey& key : keys)
    rows.push_back({key.id.value(), key.name, key.prefix,
                    key.role == KeyRole::Admin ? "admin" : "user",
                    key.monthlyBudget ? "$" + key.monthlyBudget->toString() : "-",
                    key.expires ? formatUtc(*key.expires).substr(0, 10) : "-",
                    key.revoked ? "revoked" : "in use"});
  printTable(console.out, rows);
  return ExitCode::Ok;
}

ExitCode revokeKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock);
  const Result<void> revoked = keys->revoke(ApiKeyId(arguments.words[0]));
  if (!revoked) throw StartError(ExitCode::Failure, revoked.error().message);
  if (arguments.has("--json")) {
    console.out << "{\"revoked\":true}\n";
  } else {
    console.out << "revoked\n";
  }
  return ExitCode::Ok;
}

}  // namespace pagoda::app
