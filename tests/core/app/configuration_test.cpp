#include "core/app/configuration.h"

#include <catch2/catch.hpp>

#include "core/app/config_reader.h"
#include "core/app/trained_router.h"
#include "core/domain/parameter.h"
#include "core/services/classifier.h"
#include "tests/core/app/config_fixture.h"

using namespace pagoda;
using namespace pagoda::app;
using pagoda::app::test::ConfigDirectory;

namespace {

using Lines = std::vector<std::string>;

std::string sourceOf(const Configuration& configuration, const std::string& path) {
  for (const Provenance& provenance : configuration.provenance)
    if (provenance.path == path) return provenance.source;
  return "(no such option)";
}

std::string shownOf(const Configuration& configuration, const std::string& path) {
  for (const Provenance& provenance : configuration.provenance)
    if (provenance.path == path) return provenance.value;
  return "(no such option)";
}

}  // namespace

TEST_CASE("a mistake in pagoda.yaml is named with line, column and cure", "[app][config]") {
  struct Case {
    const char* name;
    const char* text;
    Lines expected;
  };
  const Case cases[] = {
      {"mistyped key",
       "server:\n  prot: 1\n",
       {"pagoda.yaml:2:3: unknown key 'prot' in 'server' (did you mean 'port'?)"}},
      {"mistyped section",
       "sevrer:\n  port: 1\n",
       {"pagoda.yaml:1:1: unknown key 'sevrer' (did you mean 'server'?)"}},
      {"key of another section",
       "header_timeout_ms: 5\n",
       {"pagoda.yaml:1:1: unknown key 'header_timeout_ms' (did you mean "
        "'server.header_timeout_ms'?)"}},
      {"nested section",
       "server:\n  tls:\n    crt: /a\n",
       {"pagoda.yaml:3:5: unknown key 'crt' in 'server.tls' (did you mean 'cert'?)"}},
      {"port out of range",
       "server: {port: 99999}\n",
       {"pagoda.yaml:1:16: server.port: 99999 is out of range (0 to 65535)"}},
      {"negative timeout",
       "upstream:\n  connect_timeout_ms: -5\n",
       {"pagoda.yaml:2:23: upstream.connect_timeout_ms: -5 is out of range (1 to 86400000)"}},
      {"octal look",
       "server:\n  port: 010\n",
       {"pagoda.yaml:2:9: server.port: '010' has a leading zero, which other readers take for "
        "octal "
        "(write 10)"}},
      {"quoted number",
       "server:\n  port: \"4000\"\n",
       {"pagoda.yaml:2:9: server.port: expected a whole number, not the text '4000' (remove the "
        "quotes)"}},
      {"number with a point",
       "server:\n  port: 4000.0\n",
       {"pagoda.yaml:2:9: server.port: expected a whole number, not '4000.0' (write a whole "
        "number)"}},
      {"no is a word",
       "discovery:\n  enabled: no\n",
       {"pagoda.yaml:2:12: discovery.enabled: expected true or false, not 'no' (write false)"}},
      {"word where a choice stands",
       "logging:\n  level: wran\n",
       {"pagoda.yaml:2:10: logging.level: 'wran' is not one of trace, debug, info, warn, error, "
        "off "
        "(did you mean 'warn'?)"}},
      {"list where a text stands",
       "server:\n  host: [a]\n",
       {"pagoda.yaml:2:9: server.host: expected a text, not a list"}},
      {"text where a list stands",
       "plugins:\n  directories: /p\n",
       {"pagoda.yaml:2:16: plugins.directories: expected a list, not '/p' (write [ ... ] or lines "
        "with "
        "'- ')"}},
      {"scalar where a section stands",
       "server: 4000\n",
       {"pagoda.yaml:1:9: 'server' must be a map (write 'key: value' lines)"}},
      {"a list as the file",
       "- 1\n",
       {"pagoda.yaml:1:1: the file must be a map (write 'key: value' lines)"}},
      {"money in the wrong file",
       "cost_management:\n  monthly_budget_usd: 1\n",
       {"pagoda.yaml:1:1: unknown key 'cost_management' (known: server, upstream, limits, "
        "security, plugins, "
        "storage, logging, discovery, strategy, router, sandbox, providers, "
        "strategies)"}},
      {"all of them at once",
       "server:\n  prot: 1\n  threads: x\nlogging:\n  format: xml\n",
       {"pagoda.yaml:2:3: unknown key 'prot' in 'server' (did you mean 'port'?)",
        "pagoda.yaml:3:12: server.threads: expected a whole number, not 'x'",
        "pagoda.yaml:5:11: logging.format: 'xml' is not one of text, json"}},
      {"one half of TLS",
       "server:\n  tls:\n    cert: /c.pem\n",
       {"pagoda.yaml:3: server.tls.cert: TLS needs a certificate and a key (set server.tls.cert "
        "and "
        "server.tls.key)"}},
      {"short JWT secret",
       "security:\n  jwt_secret: short\n",
       {"pagoda.yaml:2: security.jwt_secret: shorter than 32 bytes (make one with: openssl rand "
        "-base64 "
        "32)"}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const ConfigDirectory directory;
      directory.pagoda(c.text);
      directory.models("models: {}\n");
      CHECK(directory.mistakes() == c.expected);
    }
  }
}

TEST_CASE("a mistake in providers is named", "[app][config]") {
  struct Case {
    const char* name;
    const char* text;
    Lines expected;
  };
  const Case cases[] = {
      {"no name",
       "providers:\n  - type: sim\n",
       {"pagoda.yaml:2:5: a provider without a name (add 'name: ...')"}},
      {"no type",
       "providers:\n  - name: a\n",
       {"pagoda.yaml:2:11: provider 'a' needs a type (for example 'type: openai_compatible')"}},
      {"twice",
       "providers:\n  - {name: a, type: sim}\n  - {name: a, type: sim}\n",
       {"pagoda.yaml:3:12: a second provider 'a' ('a' is in line 2)"}},
      {"twice for the environment",
       "providers:\n  a-b: {type: sim}\n  a_b: {type: sim}\n",
       {"pagoda.yaml:3:3: a second provider 'a_b' ('a-b' is in line 2)"}},
      {"mistyped key",
       "providers:\n  - name: a\n    type: sim\n    base_ulr: http://h\n",
       {"pagoda.yaml:4:5: unknown key 'base_ulr' (did you mean 'base_url'?)"}},
      {"no scheme",
       "providers:\n  - {name: a, type: sim, base_url: api.example}\n",
       {"pagoda.yaml:2:36: provider 'a': base_url must start with http:// or https://"}},
      {"password in the address",
       "providers:\n  - {name: a, type: sim, base_url: \"http://u:p@h/v1\"}\n",
       {"pagoda.yaml:2:36: provider 'a': base_url holds a user name or password (use api_key)"}},
      {"missing variable",
       "providers:\n  - {name: a, type: sim, api_key: \"${NO_SUCH_KEY}\"}\n",
       {"pagoda.yaml:2:35: the environment variable NO_SUCH_KEY is not set (set it, or write "
        "${NO_SUCH_KEY:-} to go without)"}},
      {"missing secret file",
       "providers:\n  - {name: a, type: sim, api_key: \"file:/no/such\"}\n",
       {"pagoda.yaml:2:35: the secret's file '/no/such' cannot be read: No such file or "
        "directory"}},
      {"strange name",
       "providers:\n  - {name: a/b, type: sim}\n",
       {"pagoda.yaml:2:12: 'a/b' cannot name a provider (use up to 64 letters, digits, '-', '_' "
        "and "
        "'.')"}},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const ConfigDirectory directory;
      directory.pagoda(c.text);
      directory.models("models: {}\n");
      CHECK(directory.mistakes() == c.expected);
    }
  }
}

TEST_CASE("a mistake in models.yaml is named with line, column and cure", "[app][config]") {
  struct Case {
    const char* name;
    const char* text;
    Lines expected;
  };
  const std::string price = ", price_per_million: {input: 1, output: 1}}\n";
  const std::string model = "models:\n  m: {tier: 0, provider: upstream, model: x";
  const std::pair<const char*, std::pair<std::string, Lines>> cases[] = {
      {"mistyped budget",
       {"cost_management:\n  max_bugdet: 1\n",
        {"models.yaml:2:3: unknown key 'max_bugdet' in 'cost_management' (known: "
         "monthly_budget_usd, "
         "max_request_cost_usd, daily_budget_usd, total_budget_usd, time_zone, borrowing, "
         "tier0_allocation, tier1_allocation, tier2_allocation, "
         "tier3_allocation, tier4_allocation, teams)"}}},
      {"near budget",
       {"cost_management:\n  monthly_bugdet_usd: 1\n",
        {"models.yaml:2:3: unknown key 'monthly_bugdet_usd' in 'cost_management' (did you mean "
         "'monthly_budget_usd'?)"}}},
      {"ten decimals",
       {"cost_management:\n  monthly_budget_usd: 0.0000000001\n",
        {"models.yaml:2:23: cost_management.monthly_budget_usd: expected a decimal number with at "
         "most "
         "nine decimals, not '0.0000000001'"}}},
      {"negative budget",
       {"cost_management:\n  monthly_budget_usd: -1\n",
        {"models.yaml:2:23: cost_management.monthly_budget_usd: -1 is negative (at least 0)"}}},
      {"percent for a part",
       {"cost_management:\n  tier0_allocation: 15\n",
        {"models.yaml:2:21: cost_management.tier0_allocation: 15 is more than the whole (0 to 1; "
         "15% is "
         "0.15)"}}},
      {"parts above the whole",
       {"cost_management:\n  tier0_allocation: 0.6\n  tier1_allocation: 0.5\n",
        {"models.yaml:2: cost_management.tier0_allocation: the tiers' parts are 1.1 together (at "
         "most "
         "1)"}}},
      {"tier 5",
       {"models:\n  m: {tier: 5, provider: upstream, model: x" + price,
        {"models.yaml:2:13: models.m.tier: 5 is out of range (0 to 4)"}}},
      {"unknown provider",
       {"models:\n  m: {tier: 0, provider: upstraem, model: x" + price,
        {"models.yaml:2:26: model 'm' names the provider 'upstraem', which pagoda.yaml does not "
         "have "
         "(did you mean 'upstream'?)"}}},
      {"no price",
       {model + "}\n",
        {"models.yaml:2:3: model 'm' has no price, so no budget can be kept (add "
         "price_per_million: "
         "{input: ..., output: ...}, or local: true)"}}},
      {"half a price",
       {model + ", price_per_million: {input: 1}}\n",
        {"models.yaml:2:65: models.m.price_per_million.output is missing (in USD)"}}},
      {"unknown ability",
       {model + ", supports: [tols]" + price,
        {"models.yaml:2:57: models.m.supports: 'tols' is not known (did you mean 'tools'?)"}}},
      {"mistyped key",
       {model + ", contxt_tokens: 5" + price,
        {"models.yaml:2:46: unknown key 'contxt_tokens' in 'models.m' (did you mean "
         "'context_tokens'?)"}}},
      {"not a date",
       {model + ", price_per_million: {input: 1, output: 1, as_of: today}}\n",
        {"models.yaml:2:94: models.m.price_per_million.as_of: 'today' is not a date (write "
         "YYYY-MM-DD)"}}},
      {"reserved name",
       {"models:\n  tier1: {tier: 0, provider: upstream, model: x" + price,
        {"models.yaml:2:3: a model cannot be called 'tier1' (the API gives auto, tier0 to tier4 "
         "and "
         "names with '/' a meaning of their own)"}}},
      {"route without candidates",
       {"routes:\n  r: {strategy: race}\n",
        {"models.yaml:2:3: routes.r.candidates is missing (a list of models)"}}},
      {"route to nowhere",
       {model + price + "routes:\n  r: {candidates: [m, n]}\n",
        {"models.yaml:4:23: routes.r.candidates: there is no model 'n' in 'models:' (did you mean "
         "'m'?)"}}},
      {"route with a model's name",
       {model + price + "routes:\n  m: {candidates: [m]}\n",
        {"models.yaml:4:3: there is a model called 'm' (give the route another name)"}}},
      {"route with a reserved name",
       {model + price + "routes:\n  auto: {candidates: [m]}\n",
        {"models.yaml:4:3: a route cannot be called 'auto' (the API gives auto and tier0 to tier4 "
         "a meaning of their own)"}}},
      {"settings without a plugin",
       {model + price + "routes:\n  r: {candidates: [m], settings: {a: 1}}\n",
        {"models.yaml:4:34: routes.r.settings are for strategy plugins (fallback and race have "
         "none)"}}},
      {"hedge without a race",
       {model + price + "routes:\n  r: {candidates: [m], hedge_after_ms: 5}\n",
        {"models.yaml:4:40: routes.r.hedge_after_ms is for 'strategy: race' (set the strategy to "
         "race)"}}},
      {"unknown task",
       {"routing:\n  task_classification:\n    codign: {keywords: [a], preferred_tier: 0}\n",
        {"models.yaml:3:5: unknown key 'codign' in 'routing.task_classification' (did you mean "
         "'coding'?)"}}},
  };
  for (const auto& [name, texts] : cases) {
    DYNAMIC_SECTION(name) {
      const ConfigDirectory directory;
      directory.models(texts.first);
      CHECK(directory.mistakes() == texts.second);
    }
  }
}

TEST_CASE("a missing, empty or strange file refuses the start in one line", "[app][config]") {
  const ConfigDirectory directory;
  SECTION("missing") {
    std::filesystem::remove(directory.path() + "/models.yaml");
    CHECK(directory.mistakes() == Lines{"models.yaml: cannot be read: No such file or directory"});
  }
  SECTION("0 bytes") {
    directory.pagoda("");
    directory.models("models: {}\n");
    CHECK(directory.mistakes() ==
          Lines{"pagoda.yaml: is empty (write at least a comment and one setting)"});
  }
  SECTION("a directory") {
    std::filesystem::remove(directory.path() + "/models.yaml");
    std::filesystem::create_directory(directory.path() + "/models.yaml");
    CHECK(directory.mistakes() == Lines{"models.yaml: is not a regular file"});
  }
}

TEST_CASE("the first mistake and their number make the line that refuses a start",
          "[app][config]") {
  const ConfigDirectory directory;
  directory.models("models: {}\n");
  directory.pagoda("a: 1\nb: 2\nc: 3\n");
  try {
    directory.load();
    FAIL("it started");
  } catch (const ConfigError& error) {
    const std::string line = error.what();
    CHECK(line.find("pagoda.yaml:1:1: unknown key 'a'") != std::string::npos);
    CHECK(line.find("(and 2 more: pagoda test-config shows all)") != std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(error.mistakes().size() == 3);
  }
}

TEST_CASE("flag goes before environment, before the seed's variable, before file",
          "[app][config]") {
  const ConfigDirectory directory;
  directory.pagoda(std::string(pagoda::app::test::kSmallPagoda) + "server:\n  port: 1001\n");
  CHECK(directory.load().settings.server.port == 1001);
  CHECK(sourceOf(directory.load(), "server.port") == directory.path() + "/pagoda.yaml:8");
  CHECK(sourceOf(directory.load(), "server.host") == "default");

  Environment environment{{"PORT", "1002"}};
  CHECK(directory.load(environment).settings.server.port == 1002);
  CHECK(sourceOf(directory.load(environment), "server.port") == "environment PORT");
  environment["PAGODA_SERVER__PORT"] = "1003";
  CHECK(directory.load(environment).settings.server.port == 1003);
  CHECK(sourceOf(directory.load(environment), "server.port") == "environment PAGODA_SERVER__PORT");
  const std::vector<Flag> flags{{"server.port", "0", "--port"}};
  CHECK(directory.load(environment, flags).settings.server.port == 0);
  CHECK(sourceOf(directory.load(environment, flags), "server.port") == "flag --port");
}

TEST_CASE("the seed's variables are read", "[app][config]") {
  const ConfigDirectory directory;
  directory.models(std::string(test::kSmallModels) +
                   "  qwen3_coder:\n    tier: 0\n    provider: upstream\n    model: q\n"
                   "    cost_per_1k_tokens: {input: 0.05, output: 0.10}\n");
  const Configuration configuration = directory.load({{"MONTHLY_BUDGET", "70"},
                                                      {"MAX_REQUEST_COST", "5.0"},
                                                      {"LOG_LEVEL", "DEBUG"},
                                                      {"JWT_SECRET", std::string(32, 's')},
                                                      {"ENABLE_ONLY_QWEN", "true"},
                                                      {"PAGODA_DATA_DIR", "/data"}});
  CHECK(configuration.settings.cost.monthlyBudget.toString() == "70");
  CHECK(configuration.settings.cost.maxRequestCost.toString() == "5");
  CHECK(configuration.settings.logging.level == "debug");
  CHECK(configuration.settings.storage.dataDir == "/data");
  REQUIRE(configuration.catalogue.models.size() == 1);
  CHECK(configuration.catalogue.models[0].key == "qwen3_coder");
  REQUIRE(configuration.leftOut.size() == 1);
  CHECK(configuration.leftOut[0].reason == "only_qwen is on");
}

TEST_CASE("a wrong variable or flag is named, and a near one suggested", "[app][config]") {
  const ConfigDirectory directory;
  CHECK(directory.mistakes({{"PAGODA_SERVER__PROT", "1"}}) ==
        Lines{"PAGODA_SERVER__PROT: no option has this environment name (did you mean "
              "PAGODA_SERVER__PORT?)"});
  CHECK(directory.mistakes({{"PORT", "tcp://10.0.0.1:80"}}) ==
        Lines{"PORT: server.port: expected a whole number, not 'tcp://10.0.0.1:80'"});
  CHECK(directory.mistakes({{"JWT_SECRET", "short"}}) ==
        Lines{"environment JWT_SECRET: security.jwt_secret: shorter than 32 bytes (make one with: "
              "openssl rand -base64 32)"});
  CHECK(
      directory.mistakes({}, {{"server.prot", "1", "--set server.prot"}}) ==
      Lines{"--set server.prot: no option is called 'server.prot' (did you mean 'server.port'?)"});
  CHECK(directory.mistakes({{"PAGODA_PORT", "tcp://10.0.0.1:80"}, {"PAGODA_SERVICE_HOST", "h"}})
            .empty());
}

TEST_CASE("every option can be set by its environment name", "[app][config]") {
  Settings settings;
  for (const Option& option : optionsOf(settings)) {
    DYNAMIC_SECTION(option.path) {
      const ConfigDirectory directory;
      std::string value = show(option);
      if (!option.choices.empty()) value = option.choices.back();
      if (value.empty())
        value = typeName(option) == "share" ? "0.5" : "/some/text-of-forty-characters-or-so-xx";
      std::vector<Mistake> mistakes;
      const Configuration configuration =
          directory.read(mistakes, {{environmentName(option.path), value}});
      CHECK(sourceOf(configuration, option.path) == "environment " + environmentName(option.path));
      CHECK(shownOf(configuration, option.path) == (typeName(option) == "secret" ? "***" : value));
    }
  }
}

TEST_CASE("a provider's key comes from a literal, a variable, its file or file:", "[app][config]") {
  const ConfigDirectory directory;
  directory.write("secret", "sk-from-file\n");
  const auto keyOf = [&](const std::string& written, Environment environment) {
    directory.pagoda("providers:\n  - {name: upstream, type: sim, api_key: \"" + written + "\"}\n");
    return std::string(
        directory.load(std::move(environment)).settings.providers.at(0).apiKeys.at(0).reveal());
  };
  CHECK(keyOf("sk-literal", {}) == "sk-literal");
  CHECK(keyOf("${K}", {{"K", "sk-env"}}) == "sk-env");
  CHECK(keyOf("${K}", {{"K_FILE", directory.path() + "/secret"}}) == "sk-from-file");
  CHECK(keyOf("file:" + directory.path() + "/secret", {}) == "sk-from-file");
  CHECK(keyOf("${K:-fallback}", {}) == "fallback");
  CHECK(keyOf("a$${K}", {}) == "a${K}");
}

TEST_CASE("PAGODA_PROVIDERS__NAME__KEY overrides and makes providers", "[app][config]") {
  const ConfigDirectory directory;
  directory.pagoda(
      "providers:\n  - {name: my-up, type: sim, base_url: \"http://a/v1\", quirk: {x: [1, no]}}\n");
  directory.models("models: {}\n");
  const auto providers = [&](Environment environment) {
    return directory.load(std::move(environment)).settings.providers;
  };
  CHECK(providers({})[0].settingsJson == R"({"base_url":"http://a/v1","quirk":{"x":[1,"no"]}})");
  const auto changed = providers({{"PAGODA_PROVIDERS__MY_UP__BASE_URL", "http://b/v1"},
                                  {"PAGODA_PROVIDERS__MY_UP__API_KEY", "sk-env"},
                                  {"PAGODA_PROVIDERS__NEW__TYPE", "sim"}});
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].baseUrl == "http://b/v1");
  CHECK(changed[0].settingsJson == R"({"base_url":"http://b/v1","quirk":{"x":[1,"no"]}})");
  CHECK(changed[0].apiKeys.at(0).reveal() == "sk-env");
  CHECK(changed[1].name == "new");
  CHECK(
      directory.mistakes({{"PAGODA_PROVIDERS__MY_PU__BASE_URL", "http://b"}}) ==
      Lines{
          "PAGODA_PROVIDERS__MY_PU__BASE_URL: there is no provider 'my_pu' (did you mean MY_UP?)"});
}

TEST_CASE("no secret is in a message, a plugin's settings or the provenance", "[app][config]") {
  const ConfigDirectory directory;
  directory.pagoda(
      "providers:\n  - {name: upstream, type: sim, api_key: sk-very-secret-value, base_ulr: x}\n"
      "security: {jwt_secret: short-secret}\n");
  std::vector<Mistake> mistakes;
  const Configuration configuration = directory.read(mistakes);
  std::string everything = configuration.settings.providers.at(0).settingsJson;
  for (const Mistake& mistake : mistakes) everything += toString(mistake);
  for (const Provenance& provenance : configuration.provenance) everything += provenance.value;
  REQUIRE(mistakes.size() == 2);
  CHECK(everything.find("sk-very-secret-value") == std::string::npos);
  CHECK(everything.find("short-secret") == std::string::npos);
  CHECK(shownOf(configuration, "security.jwt_secret") == "***");
}

TEST_CASE("prices are read exactly", "[app][config]") {
  const ConfigDirectory directory;
  directory.models(R"(
models:
  passthrough: true
  unpriced: {input: 30, output: 180}
  seed: {tier: 0, provider: upstream, model: a, cost_per_1k_tokens: {input: 0.05, output: 0.10}}
  tiny: {tier: 1, provider: upstream, model: b, cost_per_1k_tokens: {input: 0.000000001, output: 0}}
  exact: {tier: 2, provider: upstream, model: c, price_per_million: {input: 0.0028, output: 1.10, cache_read: 0.003625, per_request: 0.012, source: list, as_of: 2026-09-23}}
)");
  const Catalogue catalogue = directory.load().catalogue;
  REQUIRE(catalogue.models.size() == 3);
  CHECK(catalogue.find("seed")->price.input.toString() == "50");
  CHECK(catalogue.find("seed")->price.output.toString() == "100");
  CHECK(catalogue.find("tiny")->price.input.nanoUsd() == 1000);
  const Price& exact = catalogue.find("exact")->price;
  CHECK(exact.input.nanoUsd() == 2'800'000);
  CHECK(exact.output.toString() == "1.1");
  CHECK(exact.cacheRead->toString() == "0.003625");
  CHECK_FALSE(exact.cacheWrite.has_value());
  CHECK(exact.perRequest.toString() == "0.012");
  CHECK(exact.asOf == "2026-09-23");
  CHECK(catalogue.passthrough);
  REQUIRE(catalogue.unpriced.has_value());
  CHECK(catalogue.unpriced->output.toString() == "180");
}

TEST_CASE("a price book has entries by day, steps, classes and fees", "[app][config]") {
  const ConfigDirectory directory;
  directory.models(R"(
models:
  m:
    tier: 0
    provider: upstream
    model: a
    price_per_million:
      - {input: 3, output: 15, cache_read: 0.3, cache_write: 3.75, cache_write_1h: 6, reasoning: 20, per_search: 0.01, max_searches: 3}
      - {from: 2027-01-01, input: 2, output: 10, steps: [{above: 200000, input: 4, output: 18, cache_read: 0.4}], source: list, as_of: 2026-11-20}
  k: {tier: 0, provider: upstream, model: b, cost_per_1k_tokens: {input: 0.001, output: 0.002, cache_write_1h: 0.003, steps: [{above: 1000, input: 0.004, output: 0.005}]}}
)");
  const Catalogue catalogue = directory.load().catalogue;
  const Model& m = *catalogue.find("m");
  CHECK(m.price.cacheWriteHour->toString() == "6");
  CHECK(m.price.reasoning->toString() == "20");
  CHECK(m.price.perSearch.toString() == "0.01");
  CHECK(m.price.mostSearches == 3);
  const Price& next = m.priceAt(20270101);
  CHECK(next.input.toString() == "2");
  REQUIRE(next.steps.size() == 1);
  CHECK(next.steps[0].above == 200'000);
  CHECK(next.steps[0].rates.cacheRead->toString() == "0.4");
  CHECK(m.priceAt(20261231).input.toString() == "3");
  const Price& thousand = catalogue.find("k")->price;
  CHECK(thousand.cacheWriteHour->toString() == "3");
  CHECK(thousand.steps[0].rates.output.toString() == "5");
}

TEST_CASE("mistakes of a price book say what to write", "[app][config]") {
  struct Case {
    const char* price;
    const char* message;
  };
  const Case cases[] = {
      {"[]", "price_per_million is empty"},
      {"7", "price_per_million must be a map"},
      {"[{input: 1, output: 1}, {input: 2, output: 2}]", "needs a day 'from' which it holds"},
      {"[{input: 1, output: 1, from: 2027-02-01}, {input: 2, output: 2, from: 2027-01-01}]",
       "after that of the entry before"},
      {"{input: 1, output: 1, from: 2027-02-29}", "'2027-02-29' is not a date"},
      {"{input: 1, output: 1, as_of: soon}", "'soon' is not a date"},
      {"{input: 1}", "price_per_million.output is missing"},
      {"{input: 1, output: 1, steps: [{input: 2, output: 2}]}", "steps[0].above is missing"},
      {"{input: 1, output: 1, steps: [{above: 9, input: 2}]}", "steps[0].output is missing"},
      {"{input: 1, output: 1, steps: [{above: 9, input: 2, output: 2}, {above: 9, input: 2, "
       "output: "
       "2}]}",
       "is not larger than that of the step before"},
      {"{input: 1, output: 1, steps: {above: 9}}", "steps must be a list"},
      {"{input: 1, output: 1, per_serch: 1}", "did you mean 'per_search'"},
      {"{input: -1, output: 1}", "price_per_million.input"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.price) {
      const ConfigDirectory directory;
      directory.models(std::string("models:\n  m: {tier: 0, provider: upstream, model: a, "
                                   "price_per_million: ") +
                       c.price + "}\n");
      const std::vector<std::string> mistakes = directory.mistakes();
      REQUIRE_FALSE(mistakes.empty());
      CHECK(mistakes.front().find(c.message) != std::string::npos);
    }
  }
}

TEST_CASE("the seed's own entry, without provider and model id, is served", "[app][config]") {
  const ConfigDirectory directory;
  directory.pagoda("providers:\n  - {name: openrouter, type: openai_compatible, api_key: k}\n");
  directory.models(R"(
models:
  qwen3_coder:
    tier: 0
    cost_per_1k_tokens:
      input: 0.05
      output: 0.10
    capabilities: [coding, debugging, refactoring]
    priority_keywords: [コード, 関数, 実装, code, function]
routing:
  task_classification:
    coding:
      keywords: [code, コード, function, 関数, implement, 実装]
      preferred_tier: 0  # Qwen3 Coder優先
cost_management:
  monthly_budget_usd: 70.0
  tier0_allocation: 0.15
  tier1_allocation: 0.50
  tier2_allocation: 0.25
  tier3_allocation: 0.10
)");
  const Configuration configuration = directory.load();
  REQUIRE(configuration.catalogue.models.size() == 1);
  CHECK(configuration.catalogue.models[0].upstreamId == "qwen/qwen3-coder");
  CHECK(configuration.catalogue.models[0].keywords.size() == 5);
  CHECK(configuration.settings.cost.tierAllocation.at(1).toString() == "0.5");
}

TEST_CASE("a provider without its key is switched off with the reason", "[app][config]") {
  const Configuration configuration = loadConfiguration({{}, {{"OPENAI_API_KEY", "sk-x"}}, {}});
  const auto& catalogue = configuration.catalogue;
  CHECK(catalogue.find("gpt_4o") != nullptr);
  CHECK(catalogue.find("local_skills") != nullptr);
  CHECK(catalogue.find("claude_sonnet") == nullptr);
  const auto left =
      std::ranges::find(configuration.leftOut, std::string("claude_sonnet"), &LeftOut::model);
  REQUIRE(left != configuration.leftOut.end());
  CHECK(left->reason == "provider 'anthropic' is disabled: no API key: set ANTHROPIC_API_KEY");
}

TEST_CASE("the built-in configuration has every tier, and each price its source and date",
          "[app][config]") {
  Environment environment;
  for (const char* name : {"OPENROUTER", "OPENAI", "ANTHROPIC", "GOOGLE", "DASHSCOPE", "DEEPSEEK",
                           "MISTRAL", "GROQ", "XAI", "PERPLEXITY"})
    environment[std::string(name) + "_API_KEY"] = "key";
  const Configuration configuration = loadConfiguration({{}, environment, {}});
  CHECK(configuration.leftOut.empty());
  CHECK(configuration.catalogue.models.size() > 13);
  std::vector<int> tiers;
  for (const Model& model : configuration.catalogue.models) {
    INFO(model.key);
    tiers.push_back(model.tier);
    if (model.local) continue;
    CHECK_FALSE(model.price.source.empty());
    CHECK(model.price.asOf.size() == 10);
    CHECK((model.kind == ModelKind::Embedding || model.price.output > Money{}));
    CHECK(model.price.input > Money{});
    CHECK((model.capabilities == 0) == (model.kind == ModelKind::Embedding));
  }
  for (int tier = 0; tier <= 4; ++tier) CHECK(std::ranges::find(tiers, tier) != tiers.end());
}

TEST_CASE("the seed's four examples go to tiers 0, 1, 2 and 3", "[app][config][routing]") {
  const Configuration configuration = loadConfiguration({{}, {}, {}});
  REQUIRE(configuration.router != nullptr);
  const services::Classifier keywords(configuration.catalogue);
  const services::Classifier trained(configuration.catalogue, configuration.router);
  const std::pair<const char*, int> cases[] = {
      {"Pythonでデータベース接続", 0},
      {"量子力学について説明", 1},
      {"システム設計方針策定", 2},
      {"重要な戦略立案", 3},
      {"Write a function that parses JSON", 0},
      {"What is the capital of France?", 1},
      {"Compare the trade-offs of these designs", 2},
      {"Draft our five-year business strategy", 3},
      {"最新のニュースを教えて", 4},
      {"JavaScriptでAPIレート制限を実装するクラスを作って", 0},
      {"量子コンピュータの仕組みを簡単に説明して", 1},
      {"機械学習の線形回帰を実装して", 0}};
  for (const auto& [prompt, tier] : cases) {
    DYNAMIC_SECTION(prompt) {
      ChatRequest request;
      Message message;
      message.parts.push_back({});
      message.parts.back().text = prompt;
      request.messages.push_back(message);
      CHECK(keywords.classify(request).preferredTier == tier);
      const RequestClass found = trained.classify(request);
      INFO(found.task);
      CHECK(found.preferredTier == tier);
      CHECK(found.difficulty.has_value());
    }
  }
}

TEST_CASE("a trained router in the configuration's folder takes the built-in one's place",
          "[app][config][routing]") {
  const ConfigDirectory directory;
  const Configuration builtIn = loadConfiguration({{}, {}, {}});
  directory.write(kRouterFile, "no router");
  std::vector<Mistake> mistakes;
  CHECK(readRouter(directory.path(), mistakes) == builtIn.router);
  REQUIRE(mistakes.size() == 1);
  CHECK(toString(mistakes[0]).find("the trained router") != std::string::npos);
  directory.write(kRouterFile, builtIn.router->bytes());
  mistakes.clear();
  const auto read = readRouter(directory.path(), mistakes);
  CHECK(mistakes.empty());
  CHECK(read != builtIn.router);
  CHECK(read->bytes() == builtIn.router->bytes());
}

TEST_CASE("what a model refuses is read by name, sampling for three of them", "[app][config]") {
  const std::string head =
      "models:\n  m:\n    tier: 1\n    provider: openai\n    model: x\n"
      "    price_per_million: {input: 1, output: 1}\n";
  ConfigSources sources;
  sources.environment["OPENAI_API_KEY"] = "key";
  sources.modelsYaml = head + "    refuses: [sampling, stop]\n    prompt_cache_min_tokens: 1024\n";
  std::vector<Mistake> mistakes;
  const Model model = readConfiguration(sources, mistakes).catalogue.models.at(0);
  CHECK(mistakes.empty());
  CHECK(model.refuses == (kParTemperature | kParTopP | kParPenalties | kParStop));
  CHECK(model.cacheMinimum == 1024);
  CHECK(model.kind == ModelKind::Chat);

  sources.modelsYaml = head + "    refuses: [temprature]\n    kind: vectors\n";
  readConfiguration(sources, mistakes);
  REQUIRE(mistakes.size() == 2);
  CHECK_THAT(
      mistakes[0].message + mistakes[1].message,
      Catch::Contains("refuses: 'temprature' is not known") && Catch::Contains("models.m.kind"));
}

TEST_CASE("a provider may have several keys, of which some need not be set", "[app][config]") {
  ConfigSources sources;
  sources.environment = {{"A", "key-a"}, {"C", "key-c"}};
  std::vector<Mistake> mistakes;
  const auto read = [&](const std::string& keys) {
    mistakes.clear();
    sources.pagodaYaml = "providers:\n  - name: p\n    type: sim\n    " + keys + "\n";
    sources.modelsYaml = "models: {}\n";
    return readConfiguration(sources, mistakes).settings.providers.at(0);
  };
  const ProviderSettings two = read("api_key: [\"${A:-}\", \"${B:-}\", \"${C:-}\", \"${A:-}\"]");
  CHECK(mistakes.empty());
  REQUIRE(two.apiKeys.size() == 2);
  CHECK(two.apiKeys[0].reveal() == "key-a");
  CHECK(two.apiKeys[1].reveal() == "key-c");
  CHECK(two.disabled.empty());

  CHECK(read("api_keys: [\"${B:-}\", \"${D:-}\"]").disabled == "no API key: set B or D");
  read("api_key: [[x]]");
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].message == "api_key must be a text or a list of texts");
  read("api_key: x\n    api_keys: [y]");
  REQUIRE(mistakes.size() == 1);
  CHECK_THAT(mistakes[0].message, Catch::Contains("api_keys beside api_key"));

  sources.environment["PAGODA_PROVIDERS__P__API_KEYS"] = "k1, k2,";
  CHECK(read("base_url: http://127.0.0.1:1").apiKeys.size() == 2);
}

TEST_CASE("members to send go with each model of their provider, the model's own first",
          "[app][config]") {
  ConfigSources sources;
  sources.pagodaYaml =
      "providers:\n  - {name: p, type: sim, extra: {safe: true, user: all}}\n"
      "  - {name: plain, type: sim}\n";
  sources.modelsYaml =
      "models:\n"
      "  a: {tier: 1, provider: p, model: a, local: true, extra: {user: mine, n: 2}}\n"
      "  b: {tier: 1, provider: p, model: b, local: true}\n"
      "  c: {tier: 4, provider: plain, model: c, local: true, then: tier2}\n";
  const Catalogue catalogue = loadConfiguration(sources).catalogue;
  CHECK(catalogue.find("a")->extraJson == R"({"safe":true,"user":"mine","n":2})");
  CHECK(catalogue.find("b")->extraJson == R"({"safe":true,"user":"all"})");
  CHECK(catalogue.find("c")->extraJson.empty());
  CHECK(catalogue.find("c")->then == 2);
  CHECK_FALSE(catalogue.find("a")->then);

  sources.modelsYaml = "models:\n  a: {tier: 4, provider: p, model: a, local: true, then: tier4}\n";
  std::vector<Mistake> mistakes;
  readConfiguration(sources, mistakes);
  REQUIRE(mistakes.size() == 1);
  CHECK_THAT(mistakes[0].message, Catch::Contains("models.a.then"));
}

TEST_CASE("Alibaba Cloud without a key says so in the seed's words, and what to set",
          "[app][config]") {
  ConfigSources sources;
  sources.pagodaYaml =
      "providers:\n  - {api_key: \"${DASHSCOPE_API_KEY:-}\", name: cloud, type: qwen}\n";
  sources.modelsYaml =
      "models:\n  q: {tier: 0, provider: cloud, model: q, price_per_million: {input: 1, output: "
      "1}}\n";
  const Configuration configuration = loadConfiguration(sources);
  REQUIRE(configuration.leftOut.size() == 1);
  const std::string reason =
      "provider 'cloud' is disabled: Alibaba Cloud credentials not provided: set DASHSCOPE_API_KEY";
  CHECK(configuration.leftOut[0].reason == reason);
  CHECK(configuration.catalogue.unavailable.at("q") == reason);
}

TEST_CASE("further strategies are read in the file's order", "[app][config]") {
  const ConfigDirectory folder;
  folder.pagoda(std::string(pagoda::app::test::kSmallPagoda) + R"(
strategies:
  careful: {type: cascade, settings: {max_steps: 2}, header: true}
  research: {type: cost, keys: ["team:research", key_a], tasks: [analysis]}
)");
  std::vector<Mistake> mistakes;
  const Configuration read = folder.read(mistakes);
  REQUIRE(mistakes.empty());
  REQUIRE(read.settings.strategies.size() == 2);
  const NamedStrategySettings& careful = read.settings.strategies[0];
  CHECK(careful.name == "careful");
  CHECK(careful.type == "cascade");
  CHECK(careful.settingsJson == R"({"max_steps":2})");
  CHECK(careful.byHeader);
  CHECK(read.settings.strategies[1].keys == std::vector<std::string>{"team:research", "key_a"});
  CHECK(read.settings.strategies[1].tasks == std::vector<std::string>{"analysis"});
}

TEST_CASE("a further strategy that makes no sense is named with its line", "[app][config]") {
  const std::pair<const char*, const char*> cases[] = {
      {"strategies: [a]", "'strategies' must be a map"},
      {"strategies: {a: cascade}", "strategies.a must be a map"},
      {"strategies: {a: {tasks: [coding]}}", "strategies.a.type is missing"},
      {"strategies: {a: {type: cost}}", "strategies.a decides no request"},
      {"strategies: {a: {type: cost, tasks: [code]}}", "there is no task 'code'"},
      {"strategies: {a: {type: cost, header: maybe}}", "strategies.a.header"},
      {"strategies: {\"a b\": {type: cost, header: true}}", "cannot be called 'a b'"},
      {"strategies: {a: {type: cost, header: true, hedge: 1}}", "hedge"},
      {"strategies: {a: {type: cost, header: true, settings: 1}}", "settings must be a map"}};
  for (const auto& [text, message] : cases) {
    DYNAMIC_SECTION(text) {
      const ConfigDirectory folder;
      folder.pagoda(std::string(pagoda::app::test::kSmallPagoda) + text + "\n");
      std::vector<Mistake> mistakes;
      folder.read(mistakes);
      REQUIRE_FALSE(mistakes.empty());
      const auto says = [message = message](const Mistake& mistake) {
        return mistake.message.find(message) != std::string::npos;
      };
      CHECK(std::ranges::any_of(mistakes, says));
      CHECK(mistakes.front().place.line == 7);
    }
  }
}
