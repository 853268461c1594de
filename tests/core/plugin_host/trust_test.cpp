#include <catch2/catch.hpp>
#include <openssl/evp.h>

#include "core/plugin_host/plugin_file.h"
#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(bytes[i]));
    text += two;
  }
  return text;
}

/// A key pair made for one test.
class SigningKey {
 public:
  SigningKey() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) { REQUIRE(key_ != nullptr); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  ~SigningKey() { EVP_PKEY_free(key_); }

  std::string publicKey() const {
    unsigned char raw[32];
    std::size_t size = sizeof raw;
    REQUIRE(EVP_PKEY_get_raw_public_key(key_, raw, &size) == 1);
    return "ed25519:" + hex(raw, size);
  }
  std::string sign(const std::string& message) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    unsigned char signature[64];
    std::size_t size = sizeof signature;
    REQUIRE(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_) == 1);
    REQUIRE(EVP_DigestSign(context, signature, &size,
                           reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()) == 1);
    EVP_MD_CTX_free(context);
    return {reinterpret_cast<const char*>(signature), size};
  }

 private:
  EVP_PKEY* key_;
};

std::string digestOf(const std::string& plugin) {
  PluginBench any;
  any.load(plugin);
  return any.host.describe().at(0).sha256;
}

plugin_host::PluginHostOptions listed(std::string id, std::string sha256) {
  plugin_host::PluginHostOptions options;
  options.policy = "listed";
  options.allowList.push_back({std::move(id), std::move(sha256)});
  return options;
}

}  // namespace

TEST_CASE("policy listed loads what is listed and refuses another digest", "[plugin_host][trust]") {
  const std::string digest = digestOf("load/good");
  SECTION("listed") {
    PluginBench bench(listed("", digest));
    CHECK(bench.host.load(install("load/good", bench.plugins.path())));
  }
  SECTION("listed under its id, in capitals") {
    std::string capitals = digest;
    for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    PluginBench bench(listed("test.good", capitals));
    CHECK(bench.host.load(install("load/good", bench.plugins.path())));
  }
  SECTION("one byte differs") {
    PluginBench bench(listed("", digest));
    const auto file = install("load/good", bench.plugins.path());
    writeAll(file, readAll(file) + "x");
    CHECK_THAT(bench.host.load(file).error().message, Catch::Contains("not_listed"));
  }
  SECTION("listed for another id") {
    PluginBench bench(listed("test.other", digest));
    CHECK_THAT(bench.host.load(install("load/good", bench.plugins.path())).error().message,
               Catch::Contains("not_listed") && Catch::Contains("another id"));
  }
}

TEST_CASE("policy signed loads what a configured key signed", "[plugin_host][trust]") {
  const SigningKey key;
  const SigningKey stranger;
  plugin_host::PluginHostOptions options;
  options.policy = "signed";
  options.publicKeys.push_back(key.publicKey());
  PluginBench bench(options);
  const auto file = install("load/good", bench.plugins.path());
  const auto signature = file.string() + ".sig";
  SECTION("as 64 bytes") {
    writeAll(signature, key.sign(readAll(file)));
    CHECK(bench.host.load(file));
  }
  SECTION("as text") {
    const std::string raw = key.sign(readAll(file));
    writeAll(signature, hex(reinterpret_cast<const unsigned char*>(raw.data()), raw.size()) + "\n");
    CHECK(bench.host.load(file));
  }
  SECTION("without a signature") {
    CHECK_THAT(bench.host.load(file).error().message, Catch::Contains("bad_signature"));
  }
  SECTION("by another key") {
    writeAll(signature, stranger.sign(readAll(file)));
    CHECK_THAT(bench.host.load(file).error().message, Catch::Contains("no configured key"));
  }
  SECTION("of other bytes") {
    writeAll(signature, key.sign(readAll(file) + "x"));
    CHECK_THAT(bench.host.load(file).error().message, Catch::Contains("bad_signature"));
  }
  SECTION("a signature that is none") {
    writeAll(signature, "signed, honestly");
    CHECK_THAT(bench.host.load(file).error().message, Catch::Contains("bad_signature"));
  }
}

TEST_CASE("a wrong policy, digest or key stops the start and is named", "[plugin_host][trust]") {
  using plugin_host::readTrust;
  CHECK_THROWS_WITH(readTrust("trusted", {}, {}), Catch::Contains("any, listed, signed"));
  CHECK_THROWS_WITH(readTrust("listed", {{"", "abc"}}, {}), Catch::Contains("no SHA-256"));
  CHECK_THROWS_WITH(readTrust("signed", {}, {}), Catch::Contains("needs a public key"));
  CHECK_THROWS_WITH(readTrust("signed", {}, {"ed25519:AAAA"}), Catch::Contains("no public key"));
  CHECK_NOTHROW(readTrust("signed", {}, {"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}));
}
