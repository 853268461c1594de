#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "core/store/key_hash.h"
#include "tests/core/store/store_fixture.h"

namespace pagoda::store {
namespace {

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
  const std::string clearText(house.open()->create(wanted).value().reveal());
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
  const std::string clearText(keys->create({}).value().reveal());
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
  const std::string clearText(commandLine->create({}).value().reveal());
  CHECK(server.keys().find(clearText) == nullptr);
  CHECK(server.keys().refresh());
  REQUIRE(server.keys().find(clearText) != nullptr);
  CHECK_FALSE(server.keys().refresh());
  REQUIRE(settleNow(server.ledger(), requestOf(1, nano(1), house.clock.unix)));
  CHECK_FALSE(server.keys().refresh());

  REQUIRE(commandLine->revoke(commandLine->list().front().id));
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
  const std::string clearText(keys->create(wanted).value().reveal());
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
  CHECK(keys->create(newline).error().param == "name");
  CHECK(keys->create(negative).error().param == "monthly_budget");
  CHECK(keys->create(past).error().param == "expires");
  ApiKey named;
  named.id = ApiKeyId("key_mine");
  REQUIRE(keys->create(named));
  CHECK(keys->create(named).error().param == "id");
  CHECK(keys->revoke(ApiKeyId("key_nobody")).error().code == ErrorCode::NotFound);
  CHECK(keys->list().size() == 1);
}

TEST_CASE("a busy database refuses a new key instead of waiting for ever", "[store][keys]") {
  const KeyHouse house;
  StoreOptions options;
  options.busyTimeout = Millis{20};
  const auto keys = openKeyStore(house.path, options, house.clock);
  Database other(house.path, {});
  other.exec("BEGIN IMMEDIATE");
  CHECK(keys->create({}).error().code == ErrorCode::StorageUnavailable);
  CHECK(keys->list().empty());
}

TEST_CASE("without the right pepper the store says so instead of refusing every key",
          "[store][keys]") {
  const KeyHouse house;
  REQUIRE(house.open()->create({}));
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
