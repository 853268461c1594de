#include "core/plugin_host/manifest.h"

#include <catch2/catch.hpp>

#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda::plugin_host;
using namespace pagoda::testing;

namespace {

Bytes bytesOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string manifest(const std::string& more) {
  return R"({"id":"com.example.acme","version":"1.4.0-rc1","abi":{"major":1,"minor":3},)"
         R"("provides":[{"kind":"pagoda.provider/1","type":"acme"}])" +
         more + "}";
}

}  // namespace

TEST_CASE("a manifest is read in full", "[plugin_host][manifest]") {
  const auto read = parseManifest(manifest(
      R"(,"name":"Acme","permissions":{"hosts":["api.acme.example"],"secrets":["api_key"],"prompt":true,)"
      R"("blocking":true},"requires_extensions":["pagoda.host-work/1"],"unloadable":true,"isolation":"any",)"
      R"("added_in_2030":{"deep":[1,2]})"));
  REQUIRE(read);
  CHECK(read->label() == "com.example.acme@1.4.0-rc1");
  CHECK(read->abiMinor == 3);
  CHECK(read->provides.at(0).type == "acme");
  CHECK(read->permissions.hosts == std::vector<std::string>{"api.acme.example"});
  CHECK(read->permissions.secrets == std::vector<std::string>{"api_key"});
  CHECK(read->permissions.prompt);
  CHECK(read->permissions.blocking);
  CHECK_FALSE(read->permissions.rawSecrets);
  CHECK(read->requiresExtensions.size() == 1);
  CHECK(read->unloadable);
}

TEST_CASE("a wrong manifest says what is wrong", "[plugin_host][manifest]") {
  struct Case {
    std::string json;
    const char* message;
  };
  const Case cases[] = {
      {"", "not valid JSON"},
      {"[]", "not a JSON object"},
      {"{\"id\":\"\xff\"}", "not UTF-8"},
      {std::string("{\"id\":\"a\0b\"}", 12), "not UTF-8 text"},
      {"{}", "`id` is missing"},
      {R"({"id":"Upper.Case"})", "`id` may hold"},
      {R"({"id":"a/b"})", "`id` may hold"},
      {R"({"id":7})", "`id` is not a string"},
      {R"({"id":"a","version":"one"})", "`version` is not a semantic version"},
      {R"({"id":"a","version":"1.0.0"})", "`abi` needs"},
      {R"({"id":"a","version":"1.0.0","abi":{"major":"1","minor":0}})",
       "`major` is not an integer"},
      {R"({"id":"a","version":"1.0.0","abi":{"major":1,"minor":99999999}})",
       "`minor` is out of range"},
      {R"({"id":"a","version":"1.0.0","abi":{"major":1,"minor":0}})", "`provides` is missing"},
      {R"({"id":"a","version":"1.0.0","abi":{"major":1,"minor":0},"provides":[1]})",
       "something else than objects"},
      {manifest(R"(,"permissions":{"hosts":"*"})"), "`hosts` is not an array"},
      {manifest(R"(,"permissions":{"blocking":1}})"), ""},
      {manifest(R"(,"permissions":{"prompt":"yes"})"), "`prompt` is not true or false"},
      {manifest(R"(,"isolation":"none")"), "`isolation` is none of"},
      {manifest(",\"x\":" + std::string(100, '[') + std::string(100, ']')), "not valid JSON"},
      {std::string(300 * 1024, ' '), "256 KiB"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.json.substr(0, 60)) {
      const auto read = parseManifest(c.json);
      REQUIRE_FALSE(read);
      CHECK(read.error().reason == PluginRefusal::BadManifest);
      CHECK_THAT(read.error().message, Catch::Contains(c.message));
    }
  }
}

TEST_CASE("the manifest and the exports of a library are found in its bytes",
          "[plugin_host][manifest]") {
  const std::string good = readAll(badPlugin("load/good"));
  const auto image = readElf(bytesOf(good));
  REQUIRE(image);
  REQUIRE(image->manifests.size() == 1);
  CHECK(parseManifest(image->manifests[0])->id == "test.good");
  CHECK(std::count(image->exports.begin(), image->exports.end(), "pagoda_plugin_entry_v1") == 1);
  CHECK(std::any_of(image->needed.begin(), image->needed.end(),
                    [](std::string_view name) { return name.find("libc.so") == 0; }));
}

TEST_CASE("no cut and no flipped byte of a library makes the reader leave it",
          "[plugin_host][manifest]") {
  // The sanitizers' builds see what a wrong read would be.
  const std::string good = readAll(badPlugin("load/good"));
  for (std::size_t size = 0; size < good.size(); size += 97) {
    const auto image = readElf(bytesOf(good.substr(0, size)));
    CHECK_FALSE(image);
  }
  for (std::size_t at = 0; at < std::min<std::size_t>(good.size(), 4096); at += 3) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0xff);
    if (const auto image = readElf(bytesOf(flipped))) (void)readManifest(*image);
  }
}

TEST_CASE("versions are ordered by their numbers", "[plugin_host][manifest]") {
  CHECK(versionLess("1.9.0", "1.10.0"));
  CHECK(versionLess("1.0.0-rc1", "1.0.0"));
  CHECK(versionLess("1.0.0", "2.0.0-rc1"));
  CHECK_FALSE(versionLess("1.0.0", "1.0.0"));
  CHECK_FALSE(versionLess("1.0.0+a", "1.0.0+b"));
}
