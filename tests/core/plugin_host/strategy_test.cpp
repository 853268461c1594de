#include <catch2/catch.hpp>

#include "core/domain/lesson.h"
#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

/// Two candidates and a coding request.
struct Choice {
  Choice() {
    catalogue.epoch = 4;
    catalogue.models.resize(2);
    catalogue.models[0].key = "coder";
    catalogue.models[0].provider = "local";
    catalogue.models[0].upstreamId = "coder-1";
    catalogue.models[0].tags = {"coding", "debugging"};
    catalogue.models[0].local = true;
    catalogue.models[1].key = "big";
    catalogue.models[1].provider = "far";
    catalogue.models[1].upstreamId = "big-2";
    catalogue.models[1].tier = 3;
    for (const Model& model : catalogue.models) {
      candidates.emplace_back();
      candidates.back().model = &model;
    }
    requestClass.task = "coding";
    requestClass.preferredTier = 0;
    requestClass.matched = {"refactor", "class"};
    features.requestClass = &requestClass;
    features.decision = RequestId(12345);
  }
  Catalogue catalogue;
  std::vector<Candidate> candidates;
  RequestClass requestClass;
  Features features;
};

Result<Plan> planOf(PluginBench& bench, const std::string& mode, Choice& choice) {
  auto strategy = bench.host.makeStrategy("planner", R"({"mode":")" + mode + R"("})");
  REQUIRE(strategy);
  return (*strategy)->plan(choice.features, choice.catalogue, choice.candidates);
}

}  // namespace

TEST_CASE("a strategy's plan is taken over as data", "[plugin_host][strategy]") {
  PluginBench bench;
  bench.load("call/planner");
  Choice choice;
  const auto plan = planOf(bench, "in_order", choice);
  REQUIRE(plan);
  CHECK(plan->mode == PlanMode::Fallback);
  REQUIRE(plan->steps.size() == 2);
  CHECK(plan->steps[1].candidate == 1);
  CHECK(plan->steps[1].timeout == Millis(1500));
  CHECK(plan->steps[1].maxOutputTokens == -1);
  CHECK(plan->strategy == "test.planner@1.0.0");
  CHECK(plan->memo == 77);
  CHECK(plan->maxCost == Money::fromNanoUsd(5000));
}

TEST_CASE("a strategy hears of task, tiers and the operator's labels", "[plugin_host][strategy]") {
  PluginBench bench;
  bench.load("call/planner");
  Choice choice;
  CHECK(planOf(bench, "tell", choice)->reason ==
        "task=2 task=coding preferred_tier=0 keyword=refactor | local/coder-1 tier=0 "
        "tags=coding,debugging local=true key=coder");
  choice.features.preferredTier = 3;
  choice.requestClass.task = "premium";
  choice.requestClass.matched.clear();
  choice.candidates.erase(choice.candidates.begin());
  CHECK(planOf(bench, "tell", choice)->reason ==
        "task=0 task=premium preferred_tier=0 requested_tier=3 | far/big-2 tier=3 key=big");
}

TEST_CASE("a plan that makes no sense is refused", "[plugin_host][strategy]") {
  PluginBench bench;
  bench.load("call/planner");
  Choice choice;
  SECTION("no steps") {
    const auto plan = planOf(bench, "nothing", choice);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == ErrorCode::PluginFault);
    CHECK(bench.host.errors().at("test.planner") == 1);
  }
  SECTION("a candidate that is not there") {
    CHECK_FALSE(planOf(bench, "out_of_range", choice));
  }
  SECTION("a refusal in words") {
    const auto plan = planOf(bench, "fails", choice);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().code == ErrorCode::NoCandidate);
    CHECK_THAT(plan.error().message, Catch::Contains("no candidate suits me"));
  }
  SECTION("more steps than anyone needs are cut") {
    CHECK(planOf(bench, "endless", choice)->steps.size() == 32);
  }
}

TEST_CASE("a strategy hears which modes the executor carries out", "[plugin_host][strategy]") {
  Choice choice;
  SECTION("fallback only") {
    plugin_host::PluginHostOptions options;
    options.planModes = {PlanMode::Fallback};
    PluginBench bench(options);
    bench.load("call/planner");
    const auto plan = planOf(bench, "race_first", choice);
    REQUIRE(plan);
    CHECK(plan->mode == PlanMode::Fallback);
  }
  SECTION("race as well") {
    plugin_host::PluginHostOptions options;
    options.planModes = {PlanMode::Fallback, PlanMode::Race};
    PluginBench bench(options);
    bench.load("call/planner");
    CHECK_FALSE(planOf(bench, "race_first", choice));  // the plugin fails when it may race
  }
}

TEST_CASE("a strategy hears what came of its plan, and its state is carried over",
          "[plugin_host][strategy]") {
  PluginBench bench;
  bench.load("call/planner");
  auto strategy = bench.host.makeStrategy("planner", R"({"mode":"in_order"})");
  REQUIRE(strategy);
  CHECK((*strategy)->learns());
  Lesson lesson;
  lesson.source = Lesson::Source::Rating;
  lesson.memo = 77;
  lesson.rating = 0.25;
  lesson.label = "wrong";
  lesson.steps.resize(2);
  lesson.steps[1].candidate = "far/big-2";
  lesson.steps[1].cost = Money::fromNanoUsd(900);
  lesson.winner = 1;
  (*strategy)->learn(lesson);
  const auto state = (*strategy)->save();
  REQUIRE(state);
  CHECK(*state == "source=1 memo=77 rating=0.25 wrong status=0 cost=900 far/big-2");

  auto next = bench.host.makeStrategy("planner", R"({"mode":"in_order"})");
  CHECK((*next)->load(*state, "0.9.0"));
  CHECK(*(*next)->save() == *state + " (from 0.9.0)");
  CHECK_FALSE((*next)->load("a form of its own", "0.1.0"));
  CHECK(*(*next)->save() == *state + " (from 0.9.0)");
}

TEST_CASE("a strategy that cannot save is named", "[plugin_host][strategy]") {
  PluginBench bench;
  bench.load("call/planner");
  auto broken = bench.host.makeStrategy("planner", R"({"mode":"never_saves"})");
  const auto refused = (*broken)->save();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::PluginFault);
  CHECK_THAT(refused.error().message,
             Catch::Contains("test.planner@1.0.0") && Catch::Contains("out of paper"));
  auto endless = bench.host.makeStrategy("planner", R"({"mode":"endless"})");
  CHECK_FALSE((*endless)->save());
}
