// The strategies as the host sees them: each library, through the C ABI.
#include "tests/plugins/strategies/strategy_bench.h"

using namespace pagoda::test;

namespace {

const std::vector<Model> kHouse = {
    {"opus", 3, 900}, {"qwen", 0, 10}, {"flash", 1, 20}, {"pro", 2, 300}, {"mini", 1, 15}};

}  // namespace

TEST_CASE("every strategy leaves out who must not be chosen and keeps to the money",
          "[strategies]") {
  const std::pair<const char*, const char*> all[] = {
      {"cost", "{}"},     {"latency", "{\"tier_only\":false}"},
      {"cascade", "{}"},  {"refine", "{}"},
      {"parallel", "{}"}, {"weighted", "{\"weights\":{\"a\":1}}"},
      {"adaptive", "{}"}};
  for (const auto& [type, config] : all) {
    DYNAMIC_SECTION(type) {
      Strategy strategy(type, config);
      const RecordedPlan plan =
          strategy.plan({}, {{"skill", 0, 0, PAGODA_HEALTH_UP, -1, 1, "local"},
                             {"down", 0, 1, PAGODA_HEALTH_DOWN},
                             {"fake", 1, 0, PAGODA_HEALTH_UP, -1, 1, "simulated"},
                             {"live", 4, 0},
                             {"a", 1, 5}});
      CHECK(plan.keys == Keys{"a"});
      CHECK(plan.maxCost == 5000);
      CHECK_FALSE(plan.reason.empty());
      CHECK(strategy.plan({}, {{"down", 1, 1, PAGODA_HEALTH_DOWN}}).keys == Keys{"down"});
      CHECK(strategy.plan({}, {}).status == PAGODA_E_UNSUPPORTED);
      CHECK(Strategy(type, "{\"nonsense\":1}").created == PAGODA_E_CONFIG);
      CHECK(Strategy(type, "[]").created == PAGODA_E_CONFIG);
      const RecordedPlan once = strategy.plan({}, kHouse);
      CHECK(once.keys == strategy.plan({}, kHouse).keys);
      const RecordedPlan plain = strategy.plan({.canStage = false}, kHouse);
      CHECK(plain.status == PAGODA_OK);
      CHECK(plain.mode == PAGODA_PLAN_FALLBACK);
    }
  }
}

TEST_CASE("cost takes the cheapest that is good enough", "[strategies]") {
  CHECK(Strategy("cost").plan({"1"}, kHouse).keys == Keys{"mini", "flash", "pro", "opus"});
  CHECK(Strategy("cost").plan({"3"}, kHouse).keys == Keys{"opus", "pro", "mini", "flash"});
  CHECK(Strategy("cost", "{\"quality\":0.7,\"max_steps\":2}").plan({"0"}, kHouse).keys ==
        Keys{"pro", "opus"});
  CHECK(Strategy("cost", "{\"quality\":0.9}")
            .plan({}, {{"a", 0, 1, PAGODA_HEALTH_UP, -1, 0.95}, {"b", 3, 9}})
            .keys == Keys{"a", "b"});
  CHECK(Strategy("cost", "{\"quality\":1.5}").created == PAGODA_E_CONFIG);
}

TEST_CASE("latency prefers the quicker of two that are drawn", "[strategies]") {
  const std::vector<Model> models = {{"slow", 1, 1, PAGODA_HEALTH_UP, 900},
                                     {"quick", 1, 1, PAGODA_HEALTH_UP, 100},
                                     {"middle", 1, 1, PAGODA_HEALTH_UP, 400},
                                     {"other", 2, 1, PAGODA_HEALTH_UP, 1}};
  Strategy strategy("latency");
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < 600; ++seed)
    ++first[strategy.plan({.seed = seed * 0x9e3779b97f4a7c15u}, models).keys.at(0)];
  // Of the three pairs the quickest wins two, the slowest none.
  CHECK(first["quick"] > 350);
  CHECK(first["middle"] > 150);
  CHECK(first["slow"] == 0);
  CHECK(first["other"] == 0);
  CHECK(strategy.plan({"3"}, models).keys.size() == 4);
}

TEST_CASE("cascade goes up tier by tier", "[strategies]") {
  const RecordedPlan plan = Strategy("cascade").plan({"2"}, kHouse);
  CHECK(plan.mode == PAGODA_PLAN_CASCADE);
  CHECK(plan.keys == Keys{"qwen", "mini", "pro"});
  CHECK(Strategy("cascade", "{\"start\":\"wanted\"}").plan({"2"}, kHouse).keys ==
        Keys{"pro", "opus"});
  CHECK(Strategy("cascade").plan({}, {{"a", 1}, {"b", 1, 50}}).mode == PAGODA_PLAN_FALLBACK);
  CHECK(Strategy("cascade", "{\"start\":\"top\"}").created == PAGODA_E_CONFIG);
}

TEST_CASE("refine has a tier draft and another one improve", "[strategies]") {
  const RecordedPlan plan =
      Strategy("refine", "{\"instruction\":\"add comments\"}").plan({"0"}, kHouse);
  CHECK(plan.mode == PAGODA_PLAN_REFINE);
  CHECK(plan.keys == Keys{"qwen", "pro"});
  CHECK(plan.instruction == "add comments");
  CHECK(Strategy("refine").plan({}, {{"a", 0}, {"b", 1}}).mode == PAGODA_PLAN_FALLBACK);
  CHECK(Strategy("refine", "{\"draft_tier\":2,\"improve_tier\":2}").created == PAGODA_E_CONFIG);
}

TEST_CASE("parallel lets the next one join when the first is slower than usual", "[strategies]") {
  const std::vector<Model> models = {{"a", 1, 1, PAGODA_HEALTH_UP, 700}, {"b", 1, 2}, {"c", 3, 1}};
  const RecordedPlan measured = Strategy("parallel").plan({"1"}, models);
  CHECK(measured.mode == PAGODA_PLAN_RACE);
  CHECK(measured.keys == Keys{"a", "b"});
  CHECK(measured.delays == std::vector<std::uint32_t>{0, 700});
  CHECK(Strategy("parallel", "{\"hedge_after_ms\":50,\"models\":3}").plan({"1"}, models).delays ==
        std::vector<std::uint32_t>{0, 50, 100});
  CHECK(Strategy("parallel").plan({"1"}, {{"a"}, {"b"}}).delays ==
        std::vector<std::uint32_t>{0, 2000});
}

TEST_CASE("parallel is an ensemble where the configuration says so", "[strategies]") {
  const RecordedPlan vote = Strategy("parallel", "{\"mode\":\"vote\"}").plan({"1"}, kHouse);
  CHECK(vote.mode == PAGODA_PLAN_ENSEMBLE);
  CHECK(vote.combine == PAGODA_COMBINE_VOTE);
  CHECK(vote.keys == Keys{"mini", "flash", "qwen"});
  const RecordedPlan judged =
      Strategy("parallel", "{\"mode\":\"judge\",\"models\":2}").plan({"1"}, kHouse);
  CHECK(judged.combine == PAGODA_COMBINE_JUDGE);
  CHECK(judged.keys == Keys{"mini", "flash", "pro"});
  CHECK(judged.roles.back() == PAGODA_STEP_ROLE_JUDGE);
  CHECK(judged.roles.front() == PAGODA_STEP_ROLE_ANSWER);
  CHECK(judged.maxCost == 5000);
  const RecordedPlan merged = Strategy("parallel", "{\"mode\":\"merge\",\"judge_tier\":1}")
                                  .plan({"1"}, {{"a", 1}, {"b", 0}});
  CHECK(merged.combine == PAGODA_COMBINE_MERGE);
  CHECK(merged.keys == Keys{"a", "b", "a"});
  for (const char* config : {"{\"mode\":\"quiz\"}", "{\"mode\":\"vote\",\"hedge_after_ms\":1}",
                             "{\"quorum\":2}", "{\"mode\":\"vote\",\"models\":2,\"quorum\":3}"})
    CHECK(Strategy("parallel", config).created == PAGODA_E_CONFIG);
}

TEST_CASE("weighted splits the traffic, keeps a key's model and moves few", "[strategies]") {
  Strategy strategy("weighted", "{\"weights\":{\"a\":80,\"b\":20}}");
  const std::vector<Model> both = {{"a"}, {"b"}, {"c"}};
  std::map<std::string, int> first;
  int moved = 0;
  for (int caller = 0; caller < 1000; ++caller) {
    const std::string tenant = "key_" + std::to_string(caller);
    const std::string chosen = strategy.plan({.tenant = tenant, .seed = 7}, both).keys.at(0);
    CHECK(chosen == strategy.plan({.tenant = tenant, .seed = 8}, both).keys.at(0));
    ++first[chosen];
    const Keys without = strategy.plan({.tenant = tenant}, {{"a"}, {"c"}}).keys;
    if (chosen == "a" && without.at(0) != "a") ++moved;
  }
  CHECK(first["a"] > 750);
  CHECK(first["a"] < 850);
  CHECK(first["c"] == 0);
  CHECK(moved == 0);
  CHECK(Strategy("weighted").created == PAGODA_E_CONFIG);
  CHECK(Strategy("weighted", "{\"weights\":{\"a\":0}}").created == PAGODA_E_CONFIG);
  CHECK(Strategy("weighted", "{\"weights\":{\"a\":-1}}").created == PAGODA_E_CONFIG);
}
