// `pagoda keys`: on the database itself, also while a server runs; it notices at the next request.

#include <charconv>
#include <limits>
#include <ostream>
#include <unistd.h>

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

[[noreturn]] void misused(const std::string& line) {
  throw StartError(ExitCode::Usage, line);
}

std::int64_t wholeNumber(const Arguments& arguments, const std::string& name, std::int64_t least,
                         std::int64_t most) {
  const std::string text = arguments.get(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    misused(name + " needs a whole number from " + std::to_string(least) + " to " +
            std::to_string(most));
  return number;
}

std::vector<std::string> listOf(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    words.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return words;
}

void readBudget(const Arguments& arguments, const std::string& name, std::optional<Money>& budget) {
  if (!arguments.has(name)) return;
  budget.reset();
  if (arguments.get(name) == "none") return;
  budget = Money::parseUsd(arguments.get(name));
  if (!budget || *budget < Money{})
    misused(name + " needs an amount in USD, such as 10 or 0.50, or 'none'");
}

void readRate(const Arguments& arguments, const std::string& name,
              std::optional<std::int64_t>& rate) {
  if (!arguments.has(name)) return;
  rate.reset();
  if (arguments.get(name) != "none") rate = wholeNumber(arguments, name, 1, 1'000'000'000);
}

template <class T>
T orMisused(const std::string& name, Result<T> read) {
  if (!read) misused(name + ": " + read.error().message);
  return *std::move(read);
}

/// What the options say about a key, on top of what it is.
void readKeyOptions(const Arguments& arguments, UnixMillis now, ApiKey& key) {
  if (arguments.has("--name")) key.name = arguments.get("--name");
  if (key.name.empty() || key.name.size() > 100) misused("--name needs 1 to 100 bytes");
  if (arguments.has("--admin") && arguments.has("--user")) misused("--admin or --user, not both");
  if (arguments.has("--admin")) key.role = KeyRole::Admin;
  if (arguments.has("--user")) key.role = KeyRole::User;
  if (arguments.has("--team")) key.team = arguments.get("--team");
  readBudget(arguments, "--budget", key.monthlyBudget);
  readBudget(arguments, "--daily-budget", key.dailyBudget);
  readBudget(arguments, "--total-budget", key.totalBudget);
  if (arguments.get("--expires-days") == "none") {
    key.expires.reset();
  } else if (arguments.has("--expires-days")) {
    key.expires = now + wholeNumber(arguments, "--expires-days", 1, kMostDays) * kDay;
  }
  KeyGrants& grants = key.grants;
  if (arguments.has("--scopes"))
    grants.scopes = orMisused("--scopes", parseScopes(listOf(arguments.get("--scopes")), "scopes"));
  if (arguments.has("--tiers"))
    grants.tiers = orMisused("--tiers", parseTiers(listOf(arguments.get("--tiers")), "tiers"));
  if (arguments.has("--models"))
    grants.models = arguments.get("--models") == "all" ? std::vector<std::string>{}
                                                       : listOf(arguments.get("--models"));
  readRate(arguments, "--requests-per-minute", grants.requestsPerMinute);
  readRate(arguments, "--tokens-per-minute", grants.tokensPerMinute);
  readRate(arguments, "--concurrent", grants.concurrent);
  if (arguments.has("--disable") && arguments.has("--enable"))
    misused("--disable or --enable, not both");
  if (arguments.has("--disable")) key.disabled = true;
  if (arguments.has("--enable")) key.disabled = false;
  const Result<void> sound = checkKey(key);
  if (!sound) misused(sound.error().message);
}

Actor localActor(const Console& console) {
  const auto user = console.environment.find("USER");
  return {"local:" +
          (user == console.environment.end() ? std::to_string(::getuid()) : user->second)};
}

ExitCode exitOf(const Error& error) {
  return error.code == ErrorCode::StorageUnavailable ? ExitCode::Storage : ExitCode::Failure;
}

template <class T>
T orEnd(Result<T> outcome) {
  if (!outcome) throw StartError(exitOf(outcome.error()), outcome.error().message);
  return *std::move(outcome);
}

void writeKey(json::Writer<std::string>& writer, const ApiKey& key) {
  writer.beginObject();
  for (const auto& [name, value] : keyMembers(key)) writer.rawMember(name, value);
  writer.endObject();
}

void printKey(const ApiKey& key, bool asJson, std::ostream& out) {
  std::string text;
  if (asJson) {
    json::Writer<std::string> writer(text);
    writeKey(writer, key);
    out << text << "\n";
    return;
  }
  std::vector<std::vector<std::string>> rows{{"member", "value"}};
  for (const auto& [name, value] : keyMembers(key)) rows.push_back({std::string(name), value});
  printTable(out, rows);
}

void printMade(const MadeKey& made, bool asJson, Console& console) {
  if (asJson) {
    std::string text;
    json::Writer<std::string> writer(text);
    writer.beginObject().member("key", made.clearText.reveal()).member("id", made.key.id.value());
    writer.member("name", std::string_view(made.key.name));
    writer.member("role", made.key.role == KeyRole::Admin ? "admin" : "user").endObject();
    console.out << text << "\n";
    return;
  }
  console.out << made.clearText.reveal() << "\n";
}

std::string stateOf(const ApiKey& key, UnixMillis now) {
  if (key.revoked) return "revoked";
  if (key.disabled) return "disabled";
  return key.usable(now) ? "in use" : "expired";
}

}  // namespace

ExitCode createKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  ApiKey key;
  key.name = "key";
  readKeyOptions(arguments, clock.unixNow(), key);
  const auto keys = openKeys(arguments, console, clock);
  const MadeKey made = orEnd(keys->create(key, localActor(console)));
  printMade(made, arguments.has("--json"), console);
  if (!arguments.has("--json"))
    console.error << "this is the only time that the key is shown; a server without authentication "
                     "asks for keys after its next start\n";
  return ExitCode::Ok;
}

ExitCode showKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  for (const ApiKey& key : openKeys(arguments, console, clock)->list()) {
    if (key.id.value() != arguments.words[0]) continue;
    printKey(key, arguments.has("--json"), console.out);
    return ExitCode::Ok;
  }
  throw StartError(ExitCode::Failure, "no key has that id; 'pagoda keys list' shows all");
}

ExitCode updateKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock);
  const auto change = [&](ApiKey& key) -> Result<void> {
    readKeyOptions(arguments, clock.unixNow(), key);
    return {};
  };
  std::optional<std::int64_t> version;
  if (arguments.has("--version"))
    version = wholeNumber(arguments, "--version", 1, std::numeric_limits<std::int64_t>::max());
  const ApiKey key =
      orEnd(keys->update(ApiKeyId(arguments.words[0]), version, change, localActor(console)));
  printKey(key, arguments.has("--json"), console.out);
  return ExitCode::Ok;
}

ExitCode rotateKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock);
  constexpr std::int64_t kMostHours = 720;
  const std::int64_t hours = arguments.has("--overlap-hours")
                                 ? wholeNumber(arguments, "--overlap-hours", 0, kMostHours)
                                 : 24;
  const MadeKey made = orEnd(
      keys->rotate(ApiKeyId(arguments.words[0]), std::chrono::hours(hours), localActor(console)));
  printMade(made, arguments.has("--json"), console);
  if (!arguments.has("--json"))
    console.error << "this is the only time that the new key is shown; the former one "
                  << (hours == 0 ? "is refused from now on"
                                 : "is good for " + std::to_string(hours) + " h more")
                  << "\n";
  return ExitCode::Ok;
}

ExitCode auditKeys(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock);
  constexpr std::size_t kLines = 200;
  const std::vector<AuditEntry> lines = orEnd(keys->audit(ApiKeyId(arguments.get("--id")), kLines));
  if (arguments.has("--json")) {
    std::string text;
    json::Writer<std::string> writer(text);
    writer.beginObject().key("audit").beginArray();
    for (const AuditEntry& line : lines) {
      writer.beginObject().member("time", std::string_view(formatUtc(line.time)));
      writer.member("actor", std::string_view(line.actor));
      writer.member("action", std::string_view(line.action));
      writer.member("subject", std::string_view(line.subject));
      writer.rawMember("detail", line.detail).endObject();
    }
    writer.endArray().endObject();
    console.out << text << "\n";
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{{"time", "who", "what", "key", "change"}};
  for (const AuditEntry& line : lines)
    rows.push_back({formatUtc(line.time), line.actor, line.action, line.subject, line.detail});
  printTable(console.out, rows);
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
      {"id", "name", "begins", "role", "team", "budget", "expires", "state"}};
  for (const ApiKey& key : keys)
    rows.push_back(
        {key.id.value(), key.name, key.prefix, key.role == KeyRole::Admin ? "admin" : "user",
         key.team.empty() ? "-" : key.team,
         key.monthlyBudget ? "$" + key.monthlyBudget->toString() : "-",
         key.expires ? formatUtc(*key.expires).substr(0, 10) : "-", stateOf(key, clock.unixNow())});
  printTable(console.out, rows);
  return ExitCode::Ok;
}

ExitCode revokeKey(const Arguments& arguments, Console& console) {
  const SystemClock clock;
  const auto keys = openKeys(arguments, console, clock);
  const Result<void> revoked = keys->revoke(ApiKeyId(arguments.words[0]), localActor(console));
  if (!revoked) throw StartError(exitOf(revoked.error()), revoked.error().message);
  if (arguments.has("--json")) {
    console.out << "{\"revoked\":true}\n";
  } else {
    console.out << "revoked\n";
  }
  return ExitCode::Ok;
}

}  // namespace pagoda::app
