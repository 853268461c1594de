// What the strategy `adaptive` learns, and that it beats `tiered` where the best model changes.
#include <fstream>
#include <iostream>

#include <pagoda/json.hpp>

#include "tests/plugins/strategies/strategy_bench.h"

using namespace pagoda::test;

namespace {

/// splitmix64: the stream is the same in every run.
struct Stream {
  std::uint64_t state = 7;
  double next() {
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
  }
};

using Outcome = std::function<double(std::size_t, const std::string&)>;  // request, model: 0..1

/// Quality reached in each quarter of `requests`, each outcome told as an evaluation.
std::vector<double> run(Strategy& strategy, const std::vector<Model>& models, std::size_t requests,
                        const Outcome& outcome) {
  std::vector<double> quarters(4);
  for (std::size_t i = 0; i < requests; ++i) {
    const RecordedPlan plan = strategy.plan(
        {.preferred = "0", .seed = i * 0x9e3779b97f4a7c15u, .task = "coding"}, models);
    const double quality = outcome(i, plan.keys.at(0));
    quarters[i * 4 / requests] += quality * 4 / static_cast<double>(requests);
    if (strategy.learns()) strategy.tell(plan, PAGODA_FEEDBACK_EVAL, quality, 1000);
  }
  return quarters;
}

double sum(const std::vector<double>& quarters) {
  return quarters[0] + quarters[1] + quarters[2] + quarters[3];
}

const std::vector<Model> kTwo = {{"usual", 0, 1000}, {"other", 1, 1000}};

/// Share of requests of a kind that go to `model` first.
double share(Strategy& strategy, const std::string& model, const std::string& task,
             const std::vector<Model>& models = kTwo) {
  int hits = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    if (strategy.plan({.preferred = "0", .seed = seed * 0x9e3779b97f4a7c15u, .task = task}, models)
            .keys.at(0) == model)
      ++hits;
  return hits / 200.0;
}

/// A decision for `model`: what it learns does not depend on why it was chosen.
RecordedPlan planned(Strategy& strategy, const std::string& model, const std::string& task) {
  RecordedPlan plan = strategy.plan({.preferred = "0", .task = task}, kTwo);
  plan.keys.front() = model;
  return plan;
}

}  // namespace

TEST_CASE("adaptive beats tiered where the best model changes half-way", "[strategies][adaptive]") {
  const std::vector<Model> models = {
      {"usual", 0, 1000}, {"second", 1, 1000}, {"third", 2, 1000}, {"weak", 1, 500}};
  constexpr std::size_t kRequests = 4000;
  Stream luck;
  std::vector<double> thrown(kRequests);
  for (double& one : thrown) one = luck.next();
  const Outcome outcome = [&](std::size_t i, const std::string& model) {
    const bool early = i < kRequests / 2;
    double chance = 0.2;
    if (model == "usual") chance = early ? 0.9 : 0.35;
    if (model == "second") chance = early ? 0.5 : 0.85;
    if (model == "third") chance = 0.6;
    return thrown[i] < chance ? 1.0 : 0.0;
  };
  Strategy adaptive("adaptive");
  Strategy tiered("tiered");
  const std::vector<double> learnt = run(adaptive, models, kRequests, outcome);
  const std::vector<double> fixed = run(tiered, models, kRequests, outcome);
  INFO("adaptive " << learnt[0] << " " << learnt[1] << " " << learnt[2] << " " << learnt[3]
                   << ", tiered " << fixed[0] << " " << fixed[1] << " " << fixed[2] << " "
                   << fixed[3]);
  CHECK(sum(learnt) > sum(fixed) + 0.6);  // of 4
  CHECK(learnt[1] > 0.8);
  CHECK(learnt[3] > 0.75);
}

TEST_CASE("adaptive beats tiered on recorded outcomes whose best model changes half-way",
          "[strategies][adaptive]") {
  std::ifstream file(std::string(PAGODA_SHARED_DIR) + "/routing/dev_B_route.jsonl");
  if (!file) {
    WARN("skipped: no recorded outcomes");
    return;
  }
  // Two of LLMRouter's models; half-way each gets the other's outcomes, as when an upstream puts
  // another model behind a name.
  std::vector<std::pair<double, double>> recorded;
  for (std::string line; std::getline(file, line);) {
    std::optional<double> strong, weak;
    pagoda::json::Reader reader(line);
    reader.object([&](std::string_view key, pagoda::json::Reader& value) {
      if (key != "scores") return;
      value.object([&](std::string_view model, pagoda::json::Reader& score) {
        if (model == "llama-3.3-nemotron-super-49b-v1") strong = score.number();
        if (model == "codegemma-7b") weak = score.number();
      });
    });
    if (strong && weak) recorded.emplace_back(*strong, *weak);
  }
  REQUIRE(recorded.size() > 1000);
  const Outcome outcome = [&](std::size_t i, const std::string& model) {
    // The file is sorted by subject: walked through in steps, every stretch has all of them.
    const auto& [strong, weak] = recorded[i * 1009 % recorded.size()];
    return (model == "usual") == (i < recorded.size() / 2) ? strong : weak;
  };
  Strategy adaptive("adaptive");
  Strategy tiered("tiered");
  const std::vector<double> learnt = run(adaptive, kTwo, recorded.size(), outcome);
  const std::vector<double> fixed = run(tiered, kTwo, recorded.size(), outcome);
  INFO("adaptive " << sum(learnt) / 4 << ", tiered " << sum(fixed) / 4);
  CHECK(sum(learnt) > sum(fixed));
  CHECK(learnt[3] > fixed[3]);
}

TEST_CASE("adaptive learns for each task by itself", "[strategies][adaptive]") {
  Strategy strategy("adaptive");
  for (int i = 0; i < 40; ++i) {
    strategy.tell(planned(strategy, "usual", "coding"), PAGODA_FEEDBACK_RATING, 0);
    strategy.tell(planned(strategy, "other", "coding"), PAGODA_FEEDBACK_RATING, 1);
  }
  CHECK(share(strategy, "other", "coding") > 0.95);
  CHECK(share(strategy, "other", "analysis") < 0.8);
}

TEST_CASE("adaptive learns from failures and checks, not from callers who leave",
          "[strategies][adaptive]") {
  Strategy strategy("adaptive");
  const double before = share(strategy, "other", "coding");
  for (int i = 0; i < 30; ++i)
    strategy.tell(planned(strategy, "usual", "coding"), PAGODA_FEEDBACK_OUTCOME, 0, 0,
                  PAGODA_E_CANCELLED);
  CHECK(share(strategy, "other", "coding") == before);
  SECTION("failures") {
    for (int i = 0; i < 20; ++i)
      strategy.tell(planned(strategy, "usual", "coding"), PAGODA_FEEDBACK_OUTCOME, 0, 0,
                    PAGODA_E_UNAVAILABLE);
  }
  SECTION("answers that are weak") {
    for (int i = 0; i < 20; ++i)
      strategy.tell(planned(strategy, "usual", "coding"), PAGODA_FEEDBACK_OUTCOME, 0, 1000);
  }
  CHECK(share(strategy, "other", "coding") > 0.9);
}

TEST_CASE("adaptive pays more only for what is worth it", "[strategies][adaptive]") {
  const std::vector<Model> models = {{"usual", 0, 1'000'000}, {"other", 1, 8'000'000}};
  const auto shareWorth = [&](const char* config) {
    Strategy strategy("adaptive", config);
    for (int i = 0; i < 200; ++i) {
      const bool usual = i % 2 == 0;
      strategy.tell(planned(strategy, usual ? "usual" : "other", "coding"), PAGODA_FEEDBACK_EVAL,
                    usual ? (i % 10 == 0 ? 0 : 1) : 1, usual ? 250'000 : 2'000'000);
    }
    return share(strategy, "other", "coding", models);
  };
  CHECK(shareWorth("{\"worth_usd\":0.1}") > 0.9);
  CHECK(shareWorth("{\"worth_usd\":0.001}") < 0.1);
}

TEST_CASE("what adaptive has learnt survives a restart", "[strategies][adaptive]") {
  Strategy strategy("adaptive");
  for (int i = 0; i < 50; ++i)
    strategy.tell(planned(strategy, "usual", "coding"), PAGODA_FEEDBACK_RATING, i % 5 == 0 ? 1 : 0);
  const std::string state = strategy.save();
  Strategy next("adaptive");
  REQUIRE(next.load(state) == PAGODA_OK);
  CHECK(next.save() == state);
  CHECK(share(next, "other", "coding") == share(strategy, "other", "coding"));
  for (const char* bad : {"", "2\n", "1\n7 1 1", "1\n7 -1 1 1 1 m\n", "1\nx 1 1 1 1 m\n",
                          "1\n7 nan 1 1 1 m\n", "1\n7 1 1 inf 1 m\n", "1\n7 1 1 1 1 \n"}) {
    CHECK(next.load(bad) == PAGODA_E_INCOMPATIBLE);
    CHECK(next.save() == state);
  }
}

TEST_CASE("adaptive keeps to the tier that the client asks for", "[strategies][adaptive]") {
  Strategy strategy("adaptive");
  for (int i = 0; i < 50; ++i)
    strategy.tell(planned(strategy, "other", "coding"), PAGODA_FEEDBACK_RATING, 0);
  CHECK(strategy.plan({.pool = "tier1", .task = "coding"}, kTwo).keys == Keys{"other", "usual"});
}

TEST_CASE("adaptive refuses settings that make no sense", "[strategies][adaptive]") {
  for (const char* config : {"{\"worth_usd\":-1}", "{\"memory\":1}", "{\"prior\":\"x\"}",
                             "{\"max_steps\":0}", "{\"cost\":1}"})
    CHECK(Strategy("adaptive", config).created == PAGODA_E_CONFIG);
}
