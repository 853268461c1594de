// `pagoda replay`: recorded outcomes under the strategies themselves.

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/core/app/command_run.h"
#include "tests/core/app/config_fixture.h"

using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;
using pagoda::app::test::Ran;
using pagoda::app::test::runCommand;

namespace {

Ran replay(const std::string& input, std::vector<std::string> more) {
  std::vector<std::string> words{"replay", "--input", input, "--set",
                                 "plugins.directories=" PAGODA_BINARY_DIR "/plugins"};
  words.insert(words.end(), more.begin(), more.end());
  return runCommand(words);
}

/// A file of `count` equal lines.
std::string fileOf(const ConfigDirectory& folder, int count, const std::string& line) {
  const std::string path = folder.path() + "/outcomes.jsonl";
  std::ofstream file(path);
  for (int i = 0; i < count; ++i) file << line << "\n";
  return path;
}

int countOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

constexpr const char* kLine =
    R"({"id":"a","prompt":"write a function","outcomes":{)"
    R"("small":{"score":0,"tier":0,"cost_usd":0.001},"large":{"score":1,"tier":3,"cost_usd":0.003}}})";

}  // namespace

TEST_CASE("a replay carries out a strategy's plans on recorded outcomes", "[app][cli][replay]") {
  const ConfigDirectory folder;
  const std::string one = fileOf(folder, 1, kLine);
  CHECK(replay(one, {"--strategy", "cascade", "--notices", "100"}).out ==
        R"({"id":"a","task":"coding","model":"large","attempts":2,"score":1,"cost_usd":0.004})"
        "\n");
  CHECK(replay(one, {"--strategy", "cascade", "--notices", "0"}).out ==
        R"({"id":"a","task":"coding","model":"small","attempts":1,"score":0,"cost_usd":0.001})"
        "\n");
  CHECK(countOf(replay(one, {"--strategy", "tiered"}).out, "small") == 1);
}

TEST_CASE("a strategy learns while outcomes are replayed", "[app][cli][replay]") {
  const ConfigDirectory folder;
  const std::string many = fileOf(folder, 200, kLine);
  const Ran ran = replay(many, {"--strategy", "adaptive", "--settings", R"({"worth_usd":1})"});
  CHECK(ran.code == 0);
  CHECK(countOf(ran.out, R"("model":"large")") > 170);
  CHECK(ran.out ==
        replay(many, {"--strategy", "adaptive", "--settings", R"({"worth_usd":1})"}).out);
}

TEST_CASE("a replay that cannot be done says why", "[app][cli][replay]") {
  const ConfigDirectory folder;
  const std::string one = fileOf(folder, 1, kLine);
  const auto said = [&](const Ran& ran, const std::string& part) {
    INFO(ran.error);
    CHECK(ran.code != 0);
    CHECK(ran.error.find(part) != std::string::npos);
  };
  said(replay(one, {}), "--strategy TYPE is needed");
  said(replay(one, {"--strategy", "tierd"}), "tiered");
  said(replay(one, {"--strategy", "cascade", "--notices", "101"}), "whole number from 0 to 100");
  said(replay(one, {"--strategy", "adaptive", "--settings", R"({"worth_usd":-1})"}), "worth_usd");
  said(replay(folder.path() + "/none", {"--strategy", "tiered"}), "cannot be read");
  said(replay(fileOf(folder, 1, R"({"prompt":"x"})"), {"--strategy", "tiered"}), "outcomes");
  said(replay(fileOf(folder, 1, R"({"outcomes":{"m":{"score":2,"tier":0,"cost_usd":1}}})"),
              {"--strategy", "tiered"}),
       "`score` (0 to 1)");
}
