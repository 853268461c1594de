#include "core/domain/keys.h"

#include <catch2/catch.hpp>

#include "core/domain/catalogue.h"

using namespace pagoda;

namespace {

Model model(const char* key, const char* provider, const char* upstream, int tier) {
  Model made;
  made.key = key;
  made.provider = provider;
  made.upstreamId = upstream;
  made.tier = tier;
  return made;
}

}  // namespace

TEST_CASE("a key's models are keys, provider/id, or a beginning of either", "[domain][keys]") {
  const Model qwen = model("qwen3_coder", "openrouter", "qwen/qwen3-coder", 0);
  const Model gpt = model("gpt_4o", "openai", "gpt-4o", 3);
  struct Case {
    std::vector<std::string> models;
    bool qwen, gpt;
  };
  const Case cases[] = {
      {{}, true, true},
      {{"gpt_4o"}, false, true},
      {{"openai/gpt-4o"}, false, true},
      {{"openai/*"}, false, true},
      {{"qwen*"}, true, false},
      {{"*"}, true, true},
      {{"gpt_4"}, false, false},
      {{"gpt-4o"}, false, false},
      {{"GPT_4O"}, false, false},
      {{"openai/*", "openrouter/qwen/*"}, true, true},
  };
  for (const Case& each : cases) {
    KeyGrants grants;
    grants.models = each.models;
    INFO(each.models.size() << " " << (each.models.empty() ? "" : each.models[0]));
    CHECK(grants.allows(qwen) == each.qwen);
    CHECK(grants.allows(gpt) == each.gpt);
  }
}

TEST_CASE("a key's tiers hold for every model", "[domain][keys]") {
  KeyGrants grants;
  grants.tiers = 1u << 0 | 1u << 4;
  CHECK(grants.allows(model("a", "p", "a", 0)));
  CHECK_FALSE(grants.allows(model("b", "p", "b", 3)));
  CHECK(grants.allows(model("c", "p", "c", 4)));
  grants.models = {"b"};
  CHECK_FALSE(grants.allows(model("b", "p", "b", 3)));
}

TEST_CASE("a caller without grants may do everything", "[domain][keys]") {
  const Caller anybody;
  CHECK(anybody.has(kScopeAdmin));
  CHECK(anybody.mayUse(model("a", "p", "a", 2)));
}

TEST_CASE("scopes and tiers are read by word, and a wrong one is named", "[domain][keys]") {
  CHECK(parseScopes({"generate", "usage"}, "scopes").value() == (kScopeGenerate | kScopeUsage));
  CHECK(parseScopes({"root"}, "scopes").error().param == "scopes");
  CHECK(parseTiers({"0", "3"}, "tiers").value() == 0b1001);
  for (const char* wrong : {"5", "-1", "00", "", "a"}) CHECK_FALSE(parseTiers({wrong}, "tiers"));
  CHECK(scopeWords(kScopeModels | kScopeAdmin) == "models,admin");
}

TEST_CASE("members of a key that make no sense are refused by name", "[domain][keys]") {
  const auto paramOf = [](auto spoil) {
    ApiKey key;
    spoil(key);
    const Result<void> checked = checkKey(key);
    return checked ? std::string("none") : checked.error().param;
  };
  CHECK(paramOf([](ApiKey&) {}) == "none");
  CHECK(paramOf([](ApiKey& k) { k.name = "a\tb"; }) == "name");
  CHECK(paramOf([](ApiKey& k) { k.team = std::string(65, 't'); }) == "team");
  CHECK(paramOf([](ApiKey& k) { k.dailyBudget = Money::fromNanoUsd(-1); }) == "daily_budget_usd");
  CHECK(paramOf([](ApiKey& k) { k.grants.concurrent = 0; }) == "concurrent");
  CHECK(paramOf([](ApiKey& k) { k.grants.models = {""}; }) == "models");
  CHECK(paramOf([](ApiKey& k) { k.grants.models = {"a,b"}; }) == "models");
  CHECK(paramOf([](ApiKey& k) { k.grants.models.assign(257, "m"); }) == "models");
  CHECK(paramOf([](ApiKey& k) { k.grants.scopes = 0; }) == "scopes");
  CHECK(paramOf([](ApiKey& k) { k.grants.scopes = kScopeAdmin; }) == "scopes");
  CHECK(paramOf([](ApiKey& k) { k.grants.tiers = 0; }) == "tiers");
}
