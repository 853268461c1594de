#include "core/app/commands/command_line.h"

#include <sstream>

#include <catch2/catch.hpp>

#include "tests/core/app/command_run.h"
#include "tests/core/app/config_fixture.h"

using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;
using pagoda::app::test::Ran;
using pagoda::app::test::runCommand;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("wrong use is one line and exit code 2", "[app][cli]") {
  struct Case {
    std::vector<std::string> words;
    const char* line;
  };
  const Case cases[] = {
      {{"serv"}, "pagoda: unknown command 'serv'; did you mean 'serve'?\n"},
      {{"frobnicate"}, "pagoda: unknown command 'frobnicate'; pagoda --help lists them\n"},
      {{"keys"},
       "pagoda: 'keys' needs one more word: keys create, keys list, keys show, "
       "keys update, keys rotate, keys revoke, keys audit\n"},
      {{"serve", "--prot", "1"},
       "pagoda: unknown option --prot of 'pagoda serve'; did you mean --port?\n"},
      {{"serve", "--port"}, "pagoda: --port needs a value: --port N\n"},
      {{"serve", "--json=1"}, "pagoda: --json takes no value\n"},
      {{"serve", "--port", "1", "--port", "2"}, "pagoda: --port is given twice\n"},
      {{"version", "now"}, "pagoda: 'pagoda version' does not take 'now'\n"},
      {{"chat", "two", "words"}, "pagoda: 'pagoda chat' takes one PROMPT: put it in quotes\n"},
      {{"chat"}, "pagoda: 'pagoda chat' takes one PROMPT\n"},
      {{"models", "--set", "server.port"},
       "pagoda: --set server.port has no value: --set OPTION=VALUE\n"},
      {{"chat", "hi", "--tier", "x", "--url", "http://127.0.0.1:1"},
       "pagoda: --tier needs a whole number, not 'x'\n"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.line) {
      const Ran ran = runCommand(c.words);
      CHECK(ran.code == 2);
      CHECK(ran.error == c.line);
      CHECK(ran.out.empty());
    }
  }
}

TEST_CASE("help is shown for the program and for each command", "[app][cli]") {
  const Ran all = runCommand({"--help"});
  CHECK(all.code == 0);
  for (const char* name : {"serve", "health", "info", "metrics", "test-config", "models",
                           "explain PROMPT", "chat PROMPT", "demo", "keys create", "keys list",
                           "keys revoke ID", "plugins list", "version"})
    CHECK(has(all.out, std::string("  ") + name));
  const Ran one = runCommand({"keys", "create", "--help"});
  CHECK(one.code == 0);
  CHECK(has(one.out, "--expires-days N"));
  CHECK(runCommand({}).code == 2);
}

TEST_CASE("version answers people and programs", "[app][cli]") {
  CHECK(has(runCommand({"version"}).out, "pagoda "));
  CHECK(has(runCommand({"version", "--json"}).out, R"({"name":"pagoda","version":")"));
}

TEST_CASE("test-config prints every mistake and ends with 3", "[app][cli]") {
  const ConfigDirectory directory;
  directory.pagoda("server:\n  prot: 1\nlogging:\n  level: loud\n");
  directory.models("models: {}\n");
  const Ran people = runCommand({"test-config", "--config", directory.path()});
  CHECK(people.code == 3);
  CHECK(people.out ==
        directory.path() +
            "/pagoda.yaml:2:3: unknown key 'prot' in 'server' (did you mean 'port'?)\n" +
            directory.path() +
            "/pagoda.yaml:4:10: logging.level: 'loud' is not one of trace, debug, info, warn, "
            "error, off\n");
  const Ran programs = runCommand({"test-config", "--config", directory.path(), "--json"});
  CHECK(programs.code == 3);
  CHECK(has(programs.out, R"("ok":false)"));
  CHECK(has(programs.out, R"("line":2,"column":3)"));
}

TEST_CASE("a wrong configuration refuses serve with one line and code 3", "[app][cli]") {
  const ConfigDirectory directory;
  directory.pagoda("server:\n  prot: 1\n  hots: x\n");
  directory.models("models: {}\n");
  const Ran ran = runCommand({"serve", "--config", directory.path()});
  CHECK(ran.code == 3);
  CHECK(std::ranges::count(ran.error, '\n') == 1);
  CHECK(has(ran.error, "pagoda.yaml:2:3: unknown key 'prot'"));
  CHECK(has(ran.error, "(and 1 more: pagoda test-config shows all)"));
}

TEST_CASE("a server that is not there is code 7", "[app][cli]") {
  const Ran ran = runCommand({"health", "--url", "http://127.0.0.1:1"});
  CHECK(ran.code == 7);
  CHECK(has(ran.error, "no server answers at http://127.0.0.1:1"));
}

TEST_CASE("models lists prices, and what is left out with the reason", "[app][cli]") {
  const ConfigDirectory directory;
  directory.pagoda(std::string(test::kSmallPagoda) +
                   "  - {name: other, type: sim, api_key: \"${NOT_SET:-}\"}\n");
  directory.models(
      std::string(test::kSmallModels) +
      "  left: {tier: 1, provider: other, model: x, price_per_million: {input: 1, output: 1}}\n");
  const Ran ran = runCommand({"models", "--config", directory.path()});
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "test-model  0     upstream/test-model  1       2"));
  CHECK(has(ran.out, "left out: left: provider 'other' is disabled: no API key: set NOT_SET\n"));
  const Ran json = runCommand({"models", "--config", directory.path(), "--json"});
  CHECK(has(json.out, R"("left_out":[{"id":"left","reason":)"));
  CHECK(has(json.out, R"("price_per_million":{"input":1,"output":2})"));
}

TEST_CASE("keys are made, listed and revoked, and shown once", "[app][cli]") {
  const ConfigDirectory directory;
  const auto keys = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "keys");
    words.insert(words.end(),
                 {"--config", directory.path(), "--data-dir", directory.path() + "/data"});
    return runCommand(words);
  };
  const Ran made =
      keys({"create", "--name", "ci", "--budget", "2.50", "--admin", "--expires-days", "30"});
  REQUIRE(made.code == 0);
  const std::string key = made.out.substr(0, made.out.find('\n'));
  CHECK(key.size() > 22);
  const Ran listed = keys({"list"});
  CHECK(has(listed.out, "ci"));
  CHECK(has(listed.out, "$2.5"));
  CHECK(has(listed.out, "admin"));
  CHECK_FALSE(has(listed.out, key));
  const std::size_t at = listed.out.find("key_");
  REQUIRE(at != std::string::npos);
  const std::string id = listed.out.substr(at, listed.out.find(' ', at) - at);
  const Ran shown = keys({"show", id, "--json"});
  CHECK(has(shown.out, R"("monthly_budget_usd":2.5,)"));
  const Ran updated =
      keys({"update", id, "--json", "--budget", "none", "--models", "qwen*,openai/*", "--tiers",
            "0,1", "--scopes", "generate,usage", "--team", "web", "--requests-per-minute", "10",
            "--concurrent", "3", "--user"});
  CHECK(updated.code == 0);
  for (const char* part :
       {R"("monthly_budget_usd":null)", R"("models":["qwen*","openai/*"])", R"("tiers":[0,1])",
        R"("scopes":["generate","usage"])", R"("team":"web")", R"("requests_per_minute":10)",
        R"("concurrent":3)", R"("role":"user")", R"("name":"ci")", R"("version":2)"})
    CHECK(has(updated.out, part));
  CHECK(keys({"update", id, "--version", "1", "--disable"}).code == 1);
  CHECK(keys({"update", id, "--disable"}).code == 0);
  CHECK(has(keys({"list"}).out, "disabled"));
  CHECK(keys({"update", id, "--enable", "--disable"}).code == 2);
  CHECK(keys({"update", id, "--scopes", "root"}).code == 2);
  CHECK(keys({"update", id, "--tiers", "7"}).code == 2);
  CHECK(keys({"update", "key_none", "--enable"}).code == 1);
  // Disabled as it is.
  CHECK(has(keys({"rotate", id, "--json"}).out, R"("id":")" + id));
  const Ran rotated = keys({"rotate", id, "--overlap-hours", "1"});
  CHECK(rotated.code == 0);
  CHECK(rotated.out.starts_with("pgd_"));
  CHECK(rotated.out != made.out);
  CHECK(has(rotated.error, "good for 1 h more"));
  CHECK(keys({"revoke", id}).code == 0);
  CHECK(has(keys({"list"}).out, "revoked"));
  CHECK(keys({"rotate", id}).code == 1);
  CHECK(keys({"revoke", "key_none"}).code == 1);
  const Ran audit = keys({"audit", "--id", id, "--json"});
  for (const char* part : {"key.create", "key.update", "key.rotate", "key.revoke", "local:"})
    CHECK(has(audit.out, part));
  CHECK(keys({"create", "--budget", "-1"}).code == 2);
  CHECK(keys({"create", "--expires-days", "0"}).code == 2);
}

TEST_CASE("a data folder that cannot be used is code 5", "[app][cli]") {
  const ConfigDirectory directory;
  directory.write("file", "x");
  const Ran ran = runCommand({"keys", "list", "--config", directory.path(), "--data-dir",
                              directory.path() + "/file/data"});
  CHECK(ran.code == 5);
  CHECK(std::ranges::count(ran.error, '\n') == 1);
}

TEST_CASE("explain decides from the configuration alone, and leaves nothing behind", "[app][cli]") {
  const ConfigDirectory directory;
  const std::vector<std::string> words{
      "explain",  "Pythonでデータベース接続",
      "--config", directory.path(),
      "--set",    "plugins.directories=" + std::string(PAGODA_BINARY_DIR) + "/plugins"};
  const Ran people = runCommand(words);
  CHECK(people.error.empty());
  CHECK(people.code == 0);
  CHECK(has(people.out, "1. test-model"));
  std::vector<std::string> asJson = words;
  asJson.push_back("--json");
  CHECK(has(runCommand(asJson).out, R"("steps":["test-model"])"));
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/data"));
}

TEST_CASE("test-config also asks the plugins about their settings", "[app][cli]") {
  const ConfigDirectory directory;
  directory.pagoda(std::string(test::kSmallPagoda) + "    qurk: 1\n");
  const Ran ran =
      runCommand({"test-config", "--config", directory.path(), "--set",
                  "plugins.directories=" + std::string(PAGODA_BINARY_DIR) + "/plugins"});
  CHECK(ran.code == 3);
  CHECK(has(ran.out, "pagoda.yaml:3:11: "));
  CHECK(has(ran.out, "qurk"));
}

TEST_CASE("plugins list shows what each plugin offers", "[app][cli]") {
  const ConfigDirectory directory;
  const Ran ran =
      runCommand({"plugins", "list", "--config", directory.path(), "--set",
                  "plugins.directories=" + std::string(PAGODA_BINARY_DIR) + "/plugins"});
  CHECK(ran.code == 0);
  for (const char* type : {"openai_compatible", "local", "tiered", "sim"})
    CHECK(has(ran.out, type));
}
