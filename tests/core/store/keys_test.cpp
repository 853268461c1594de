#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "core/store/key_hash.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

const Actor kTester{"local:tester"};

struct KeyHouse {
  TemporaryDirectory directory;
  SettableClock clock;
  std::string path = directory.file("pagoda.db");
  std::unique_ptr<KeyStore> open() const { return openKeyStore(path, {}, clock); }
};

std::string bytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("a key is found by its clear text, which is nowhere on the disk", "[store][keys]") {
  const KeyHouse house;
  ApiKey wanted;
  wanted.name = "ci";
  wanted.role = KeyRole::Admin;
  wanted.monthlyBudget = nano(5'000'000'000);
  const std::string clearText(house.open()->create(wanted, kTester).value().clearText.reveal());
  CHECK(clearText.size() == 47);
  CHECK(clearText.starts_with("pgd_"));

  const auto keys = house.open();
  const auto key = keys->find(clearText);
  REQUIRE(key != nullptr);
  CHECK(key->name == "ci");
  CHECK(key->role == KeyRole::Admin);
  CHECK(key->monthlyBudget == nano(5'000'000'000));
  CHECK(key->prefix == clearText.substr(0, 8));
  CHECK(key->id.value().starts_with("key_"));
  CHECK(key->created == house.clock.unix);
  CHECK_FALSE(key->expires);
  for (const auto& entry : std::filesystem::directory_iterator(house.directory.path())) {
    INFO(entry.path().string());
    CHECK(bytesOf(entry.path().string()).find(clearText.substr(8)) == std::string::npos);
  }
}

TEST_CASE("nothing but the exact key is found", "[store][keys]") {
  const KeyHouse house;
  const auto keys = house.open();
  const std::string clearText(keys->create({}, kTester).value().clearText.reveal());
  std::string other = clearText;
  other.back() = other.back() == 'a' ? 'b' : 'a';
  for (const std::string& text :
       {std::string(), other, clearText.substr(1), clearText + "a", "Bearer " + clearText,
        std::string("pgd_"), clearText.substr(0, 46) + '\0'}) {
    INFO(text);
    CHECK(keys->find(text) == nullptr);
  }
  CHECK(keys->find(clearText) != nullptr);
}

TEST_CASE("keys of another process are seen at a refresh, also while the server runs",
          "[store][keys]") {
  const KeyHouse house;
  Store server = openStore(house.path, {}, house.clock);
  const auto commandLine = house.open();
  CHECK_FALSE(server.keys().refresh());
  const std::string clearText(commandLine->create({}, kTester).value().clearText.reveal());
  CHECK(server.keys().find(clearText) == nullptr);
  CHECK(server.keys().stale());
  CHECK(server.keys().refresh());
  CHECK_FALSE(server.keys().stale());
  REQUIRE(server.keys().find(clearText) != nullptr);
  CHECK_FALSE(server.keys().refresh());
  REQUIRE(settleNow(server.ledger(), requestOf(1, nano(1), house.clock.unix)));
  CHECK_FALSE(server.keys().stale());

  REQUIRE(commandLine->revoke(commandLine->list().front().id, kTester));
  CHECK(server.keys().find(clearText) != nullptr);
  CHECK(server.keys().refresh());
  CHECK(server.keys().find(clearText) == nullptr);
  REQUIRE(server.keys().list().size() == 1);
  CHECK(server.keys().list().front().revoked);
}

TEST_CASE("an expired key is not found", "[store][keys]") {
  KeyHouse house;
  const auto keys = house.open();
  ApiKey wanted;
  wanted.expires = house.clock.unix + 1'000;
  const std::string clearText(keys->create(wanted, kTester).value().clearText.reveal());
  house.clock.unix += 999;
  CHECK(keys->find(clearText) != nullptr);
  house.clock.unix += 1;
  CHECK(keys->find(clearText) == nullptr);
}

TEST_CASE("keys that make no sense are refused with the member at fault", "[store][keys]") {
  const KeyHouse house;
  const auto keys = house.open();
  ApiKey newline;
  newline.name = "a\nb";
  ApiKey negative;
  negative.monthlyBudget = nano(-1);
  ApiKey past;
  past.expires = house.clock.unix;
  CHECK(keys->create(newline, kTester).error().param == "name");
  CHECK(keys->create(negative, kTester).error().param == "monthly_budget_usd");
  CHECK(keys->create(past, kTester).error().param == "expires");
  ApiKey named;
  named.id = ApiKeyId("key_mine");
  REQUIRE(keys->create(named, kTester));
  CHECK(keys->create(named, kTester).error().param == "id");
  CHECK(keys->revoke(ApiKeyId("key_nobody"), kTester).error().code == ErrorCode::NotFound);
  CHECK(keys->list().size() == 1);
}

ApiKey everythingSet() {
  ApiKey key;
  key.id = ApiKeyId("key_all");
  key.name = "all";
  key.role = KeyRole::Admin;
  key.team = "research";
  key.monthlyBudget = nano(1);
  key.dailyBudget = nano(2);
  key.totalBudget = nano(3);
  key.grants.scopes = kScopeGenerate | kScopeAdmin;
  key.grants.tiers = 0b10101;
  key.grants.models = {"qwen*", "openai/gpt-4o"};
  key.grants.requestsPerMinute = 4;
  key.grants.tokensPerMinute = 5;
  key.grants.concurrent = 6;
  key.disabled = true;
  return key;
}

TEST_CASE("each member of a key is stored and read back", "[store][keys]") {
  const KeyHouse house;
  ApiKey key = everythingSet();
  key.expires = house.clock.unix + 7;
  REQUIRE(house.open()->create(key, kTester));
  const auto stored = house.open()->list();
  REQUIRE(stored.size() == 1);
  key.prefix = stored[0].prefix;
  key.created = house.clock.unix;
  CHECK(keyMembers(stored[0]) == keyMembers(key));
}

TEST_CASE("an update alters what it names, raises the version, and refuses a stale one",
          "[store][keys]") {
  const KeyHouse house;
  const auto keys = house.open();
  REQUIRE(keys->create(everythingSet(), kTester));
  const ApiKeyId id("key_all");
  const auto enable = [](ApiKey& key) -> Result<void> {
    key.disabled = false;
    key.id = ApiKeyId("key_other");
    key.version = 99;
    return {};
  };
  const Result<ApiKey> first = keys->update(id, 1, enable, kTester);
  REQUIRE(first);
  CHECK(first->version == 2);
  CHECK(first->id == id);
  CHECK(keys->update(id, 1, enable, kTester).error().code == ErrorCode::Conflict);
  const auto spoil = [](ApiKey& key) -> Result<void> {
    key.grants.concurrent = 0;
    return {};
  };
  CHECK(keys->update(id, 2, spoil, kTester).error().param == "concurrent");
  CHECK(keys->update(ApiKeyId("key_no"), {}, enable, kTester).error().code == ErrorCode::NotFound);
  const ApiKey stored = house.open()->list().front();
  CHECK_FALSE(stored.disabled);
  CHECK(stored.version == 2);
  CHECK(stored.grants == everythingSet().grants);
}

TEST_CASE("a rotated key has a new text, and the former one for the overlap", "[store][keys]") {
  KeyHouse house;
  const auto keys = house.open();
  ApiKey wanted;
  wanted.id = ApiKeyId("key_r");
  const std::string first(keys->create(wanted, kTester).value().clearText.reveal());
  const std::string second(
      keys->rotate(wanted.id, Millis{1000}, kTester).value().clearText.reveal());
  REQUIRE(keys->find(second) != nullptr);
  CHECK(keys->find(second)->prefix == second.substr(0, 8));
  CHECK(keys->find(first) == keys->find(second));
  house.clock.unix += 999;
  CHECK(keys->find(first) != nullptr);
  house.clock.unix += 1;
  CHECK(keys->find(first) == nullptr);
  CHECK(house.open()->find(second) != nullptr);

  const std::string third(keys->rotate(wanted.id, Millis{0}, kTester).value().clearText.reveal());
  CHECK(keys->find(second) == nullptr);
  CHECK(keys->find(third) != nullptr);
  REQUIRE(keys->revoke(wanted.id, kTester));
  CHECK(keys->find(third) == nullptr);
  CHECK(keys->rotate(wanted.id, Millis{0}, kTester).error().code == ErrorCode::Conflict);
  CHECK(keys->rotate(wanted.id, Millis{-1}, kTester).error().param == "overlap");
}

TEST_CASE("a disabled key is refused until it is enabled", "[store][keys]") {
  const KeyHouse house;
  const auto keys = house.open();
  ApiKey wanted;
  wanted.id = ApiKeyId("key_d");
  const std::string text(keys->create(wanted, kTester).value().clearText.reveal());
  const auto setTo = [&](bool disabled) {
    return keys->update(
        wanted.id, {},
        [&](ApiKey& key) -> Result<void> {
          key.disabled = disabled;
          return {};
        },
        kTester);
  };
  REQUIRE(setTo(true));
  CHECK(keys->find(text) == nullptr);
  REQUIRE(setTo(false));
  CHECK(keys->find(text) != nullptr);
}

TEST_CASE("every change of a key leaves a line in the audit, without its text", "[store][keys]") {
  const KeyHouse house;
  const auto keys = house.open();
  ApiKey wanted;
  wanted.id = ApiKeyId("key_a");
  const std::string text(keys->create(wanted, kTester).value().clearText.reveal());
  const auto rename = [](ApiKey& key) -> Result<void> {
    key.name = "new";
    return {};
  };
  REQUIRE(keys->update(wanted.id, {}, rename, {"key_admin"}));
  REQUIRE(keys->rotate(wanted.id, Millis{0}, kTester));
  REQUIRE(keys->revoke(wanted.id, kTester));
  REQUIRE(keys->revoke(wanted.id, kTester));
  REQUIRE(keys->create({}, kTester));
  const auto lines = keys->audit(wanted.id, 10).value();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].action == "key.revoke");
  CHECK(lines[1].action == "key.rotate");
  CHECK(lines[2].action == "key.update");
  CHECK(lines[2].actor == "key_admin");
  CHECK(lines[2].detail == R"({"name":["","new"],"version":[1,2]})");
  CHECK(lines[3].action == "key.create");
  CHECK(lines[3].time == house.clock.unix);
  for (const AuditEntry& line : lines) CHECK(line.detail.find(text.substr(8)) == std::string::npos);
  CHECK(keys->audit({}, 10).value().size() == 5);
  CHECK(keys->audit({}, 2).value().size() == 2);
}

TEST_CASE("two writers that read one version: one of them is told", "[store][keys]") {
  const KeyHouse house;
  REQUIRE(house.open()->create(everythingSet(), kTester));
  const auto first = house.open();
  const auto second = house.open();
  const auto named = [](std::string name) {
    return [name = std::move(name)](ApiKey& key) -> Result<void> {
      key.name = name;
      return {};
    };
  };
  CHECK(first->update(ApiKeyId("key_all"), 1, named("first"), kTester));
  CHECK(second->update(ApiKeyId("key_all"), 1, named("second"), kTester).error().code ==
        ErrorCode::Conflict);
  CHECK(house.open()->list().front().name == "first");
}

TEST_CASE("a busy database refuses a new key instead of waiting for ever", "[store][keys]") {
  const KeyHouse house;
  StoreOptions options;
  options.busyTimeout = Millis{20};
  const auto keys = openKeyStore(house.path, options, house.clock);
  Database other(house.path, {});
  other.exec("BEGIN IMMEDIATE");
  CHECK(keys->create({}, kTester).error().code == ErrorCode::StorageUnavailable);
  CHECK(keys->list().empty());
}

TEST_CASE("without the right pepper the store says so instead of refusing every key",
          "[store][keys]") {
  const KeyHouse house;
  REQUIRE(house.open()->create({}, kTester));
  const std::string pepper = house.directory.file("pepper");
  const std::string kept = bytesOf(pepper);
  const auto refused = [&] {
    const auto error = errorOf([&] { house.open(); });
    REQUIRE(error);
    CHECK(error->kind() == StoreError::Kind::Corrupt);
    CHECK(std::string(error->what()).find(pepper) != std::string::npos);
  };
  SECTION("missing") {
    std::filesystem::remove(pepper);
    refused();
  }
  SECTION("another") {
    std::ofstream(pepper) << std::string(43, 'x') << '\n';
    refused();
  }
  SECTION("cut off") {
    std::ofstream(pepper) << "short";
    refused();
  }
  std::ofstream(pepper) << kept;
  CHECK(house.open()->list().size() == 1);
}

TEST_CASE("the hash is HMAC-SHA-256", "[store][keys]") {
  // Source: RFC 4231, test case 2.
  const KeyHasher hasher(Secret("Jefe"));
  std::string hex;
  for (const unsigned char byte : hasher.hash("what do ya want for nothing?")) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  CHECK(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace pagoda::store
