// The strategy as the host sees it: the library, through the C ABI.
#include <deque>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/native_host.h"
#include "tests/support/plugin_library.h"

using namespace pagoda::test;
namespace sdk = pagoda::sdk;

namespace {

struct Model {
  std::string id;
  int tier = 1;
  std::string tags{};
  std::int64_t cost = 100;
  pagoda_health health = PAGODA_HEALTH_UP;
  bool local = false;
  bool simulated = false;
};

struct Request {
  std::string task = "general";
  std::string preferred{};
  std::string requested{};
  std::string keyword{};
  std::string pool = "auto";
};

/// A plan as the host keeps it.
struct RecordedPlan {
  std::vector<std::string> ids;
  std::string reason;
  pagoda_status status = PAGODA_OK;
  std::int64_t maxCost = -1;
};

// Larger than the struct that the plugin was built with, as a later host's would be.
struct LaterCandidate {
  pagoda_candidate now;
  char later[40];
};

class Strategy {
 public:
  explicit Strategy(const char* config = "{}") {
    auto error = sdk::init<pagoda_error>();
    REQUIRE(api_.create(host_.get(), "tiered", sdk::str(config), &strategy_, &error) == PAGODA_OK);
  }
  ~Strategy() { api_.destroy(strategy_); }
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;

  RecordedPlan plan(const Request& request, const std::vector<Model>& models) {
    std::vector<pagoda_pair> labels;
    const auto label = [&labels](const char* name, const std::string& value) {
      if (!value.empty()) labels.push_back({sdk::str(name), sdk::str(value)});
    };
    label("task", request.task);
    label("preferred_tier", request.preferred);
    label("requested_tier", request.requested);
    label("keyword", request.keyword);
    auto features = sdk::init<pagoda_features>();
    features.pool = sdk::str(request.pool);
    features.budget_nusd = 5000;
    features.labels = {labels.data(), static_cast<std::uint32_t>(labels.size()),
                       sizeof(pagoda_pair)};

    std::deque<std::vector<pagoda_pair>> candidateLabels;
    std::vector<LaterCandidate> candidates;
    for (const Model& model : models) {
      auto& own = candidateLabels.emplace_back();
      own.push_back({sdk::str("tags"), sdk::str(model.tags)});
      if (model.local) own.push_back({sdk::str("local"), sdk::str("true")});
      if (model.simulated) own.push_back({sdk::str("simulated"), sdk::str("true")});
      LaterCandidate candidate{};
      candidate.now.struct_size = sizeof candidate;
      candidate.now.id = sdk::str(model.id);
      candidate.now.tier = model.tier;
      candidate.now.health = model.health;
      candidate.now.expected_cost_nusd = model.cost;
      candidate.now.quality = std::numeric_limits<double>::quiet_NaN();
      candidate.now.labels = {own.data(), static_cast<std::uint32_t>(own.size()),
                              sizeof(pagoda_pair)};
      candidates.push_back(candidate);
    }
    auto catalogue = sdk::init<pagoda_catalogue>();
    catalogue.candidates = {candidates.data(), static_cast<std::uint32_t>(candidates.size()),
                            sizeof(LaterCandidate)};

    Sink sink{{}, &models};
    auto plan = sdk::init<pagoda_plan>();
    plan.impl = &sink;
    plan.max_cost_nusd = -1;
    plan.set_mode = [](pagoda_plan*, pagoda_plan_mode) noexcept -> pagoda_status {
      return PAGODA_OK;
    };
    plan.add_step = [](pagoda_plan* p, const pagoda_plan_step* step) noexcept -> pagoda_status {
      auto& into = *static_cast<Sink*>(p->impl);
      if (step->candidate >= into.models->size()) return PAGODA_E_INVALID_REQUEST;
      into.plan.ids.push_back((*into.models)[step->candidate].id);
      return PAGODA_OK;
    };
    plan.explain = [](pagoda_plan* p, pagoda_str reason) noexcept {
      static_cast<Sink*>(p->impl)->plan.reason = sdk::view(reason);
    };
    auto error = sdk::init<pagoda_error>();
    sink.plan.status = api_.plan(strategy_, &features, &catalogue, &plan, &error);
    sink.plan.maxCost = plan.max_cost_nusd;
    return sink.plan;
  }

 private:
  struct Sink {
    RecordedPlan plan;
    const std::vector<Model>* models;
  };
  PluginLibrary library_{PAGODA_BINARY_DIR "/plugins/tiered.so"};
  FakeHost host_;
  const pagoda_strategy_api& api_ = *library_.strategy();
  pagoda_strategy* strategy_ = nullptr;
};

using Ids = std::vector<std::string>;

const std::vector<Model> kHouse = {
    {"claude", 2}, {"qwen", 0, "coding, debugging"}, {"opus", 3}, {"flash", 1}, {"live", 4}};

}  // namespace

TEST_CASE("the task's tier comes first, then those above, then those below", "[tiered]") {
  struct Case {
    const char* name;
    Request request;
    Ids expected;
    const char* reason;
  };
  const Case cases[] = {
      {"coding",
       {"coding", "0", "", "関数"},
       {"qwen", "flash", "claude", "opus"},
       "coding (keyword 関数) → tier 0; then 1, 2, 3"},
      {"general",
       {"general", "1"},
       {"flash", "claude", "opus", "qwen"},
       "general → tier 1; then 2, 3, 0"},
      {"analysis",
       {"analysis", "2"},
       {"claude", "opus", "flash", "qwen"},
       "analysis → tier 2; then 3, 1, 0"},
      {"premium",
       {"premium", "3"},
       {"opus", "claude", "flash", "qwen"},
       "premium → tier 3; then 2, 1, 0"},
      {"realtime",
       {"realtime", "4"},
       {"live", "qwen", "flash", "claude"},
       "realtime → tier 4; then 0, 1, 2"},
      {"the client's tier wins",
       {"coding", "0", "3"},
       {"opus", "claude", "flash", "qwen"},
       "asked for tier 3 (coding) → tier 3; then 2, 1, 0"},
      {"an alias is a request",
       {"coding", "0", "", "", "tier2"},
       {"claude", "opus", "flash", "qwen"},
       nullptr},
      {"tier 4 on request", {"general", "1", "4"}, {"live", "qwen", "flash", "claude"}, nullptr},
      {"nonsense is ignored", {"general", "9", "x"}, {"flash", "claude", "opus", "qwen"}, nullptr},
      {"no labels",
       {""},
       {"flash", "claude", "opus", "qwen"},
       "unclassified → tier 1; then 2, 3, 0"},
  };
  Strategy strategy;
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const RecordedPlan plan = strategy.plan(c.request, kHouse);
      CHECK(plan.status == PAGODA_OK);
      CHECK(plan.ids == c.expected);
      if (c.reason != nullptr) CHECK(plan.reason == c.reason);
      CHECK(plan.maxCost == 5000);
    }
  }
}

TEST_CASE("within a tier health, tag, cost and id decide, in that order", "[tiered]") {
  Strategy strategy(R"({"max_steps":8})");
  const Request coding{"coding", "0"};
  SECTION("health before tag") {
    CHECK(strategy.plan(coding, {{"a", 0, "coding", 1, PAGODA_HEALTH_DEGRADED}, {"b", 0, "", 9}})
              .ids == Ids{"b", "a"});
  }
  SECTION("probing after degraded") {
    CHECK(strategy
              .plan(coding, {{"a", 0, "", 1, PAGODA_HEALTH_PROBING},
                             {"b", 0, "", 1, PAGODA_HEALTH_DEGRADED}})
              .ids == Ids{"b", "a"});
  }
  SECTION("tag before cost") {
    CHECK(strategy.plan(coding, {{"a", 0, "general", 1}, {"b", 0, "debugging,coding", 9}}).ids ==
          Ids{"b", "a"});
  }
  SECTION("a tag is a whole word") {
    CHECK(strategy.plan(coding, {{"a", 0, "encoding", 2}, {"b", 0, "codings", 1}}).ids ==
          Ids{"b", "a"});
  }
  SECTION("cost, unknown last") {
    CHECK(strategy.plan(coding, {{"a", 0, "", -1}, {"b", 0, "", 5}, {"c", 0, "", 3}}).ids ==
          Ids{"c", "b", "a"});
  }
  SECTION("id") {
    CHECK(strategy.plan(coding, {{"b", 0}, {"a", 0}, {"c", 0}}).ids == Ids{"a", "b", "c"});
  }
}

TEST_CASE("models that are down are left out while others are there", "[tiered]") {
  Strategy strategy;
  const Request coding{"coding", "0"};
  CHECK(strategy.plan(coding, {{"a", 0, "", 1, PAGODA_HEALTH_DOWN}, {"b", 1}}).ids == Ids{"b"});
  CHECK(
      strategy
          .plan(coding, {{"a", 1, "", 1, PAGODA_HEALTH_DOWN}, {"b", 0, "", 1, PAGODA_HEALTH_DOWN}})
          .ids == Ids{"b", "a"});
}

TEST_CASE("the built-in skills come last, whatever their tier", "[tiered]") {
  Strategy strategy;
  const Model local{"local", 0, "coding", 0, PAGODA_HEALTH_UP, true};
  CHECK(strategy.plan({"coding", "0"}, {local, {"opus", 3}, {"flash", 1}}).ids ==
        Ids{"flash", "opus", "local"});
  const RecordedPlan alone = strategy.plan({"coding", "0"}, {local});
  CHECK(alone.ids == Ids{"local"});
  CHECK(alone.reason == "coding → built-in skills, for lack of a model");
}

TEST_CASE("simulated models are taken only when named, or when nothing else is there", "[tiered]") {
  Strategy strategy;
  const Model sim{"sim/fast", 1, "", 0, PAGODA_HEALTH_UP, false, true};
  CHECK(strategy.plan({"general", "1"}, {sim, {"opus", 3}}).ids == Ids{"opus"});
  CHECK(strategy.plan({"general", "1", "", "", "sim/fast"}, {sim, {"opus", 3}}).ids ==
        Ids{"sim/fast", "opus"});
  CHECK(strategy.plan({"general", "1"}, {sim}).ids == Ids{"sim/fast"});
}

TEST_CASE("tier 4 stays out of the cascade unless nothing else is there", "[tiered]") {
  Strategy strategy;
  CHECK(strategy.plan({"general", "1"}, {{"live", 4}, {"qwen", 0}}).ids == Ids{"qwen"});
  CHECK(strategy.plan({"general", "1"}, {{"live", 4}}).ids == Ids{"live"});
}

TEST_CASE("escalate and max_steps are honoured", "[tiered]") {
  const Request general{"general", "1"};
  const Model local{"local", 0, "", 0, PAGODA_HEALTH_UP, true};
  CHECK(Strategy(R"({"escalate":"up"})").plan(general, kHouse).ids ==
        Ids{"flash", "claude", "opus"});
  CHECK(Strategy(R"({"escalate":"up"})").plan(general, {local, {"opus", 3}}).ids ==
        Ids{"opus", "local"});
  CHECK(Strategy(R"({"escalate":"up"})").plan(general, {{"qwen", 0}}).ids == Ids{"qwen"});
  CHECK(Strategy(R"({"escalate":"none"})").plan(general, kHouse).ids == Ids{"flash"});
  CHECK(Strategy(R"({"escalate":"none"})").plan(general, {local, {"flash", 1}}).ids ==
        Ids{"flash"});
  CHECK(Strategy(R"({"escalate":"none"})").plan(general, {{"opus", 3}, {"live", 4}}).status ==
        PAGODA_OK);
  CHECK(Strategy(R"({"max_steps":2})").plan(general, kHouse).ids == Ids{"flash", "claude"});
}

TEST_CASE("wrong settings are refused when the instance is made", "[tiered]") {
  PluginLibrary library(PAGODA_BINARY_DIR "/plugins/tiered.so");
  FakeHost host;
  for (const char* config : {R"({"escalate":"down"})", R"({"max_steps":0})", R"({"max_steps":17})",
                             R"({"x":1})", "[]"}) {
    DYNAMIC_SECTION(config) {
      pagoda_strategy* strategy = nullptr;
      auto error = sdk::init<pagoda_error>();
      CHECK(library.strategy()->create(host.get(), "tiered", sdk::str(config), &strategy, &error) ==
            PAGODA_E_CONFIG);
      CHECK(strategy == nullptr);
      CHECK(error.message[0] != '\0');
    }
  }
}

TEST_CASE("more candidates than any fixed list holds are planned alike, in any order", "[tiered]") {
  std::vector<Model> many;
  for (int i = 0; i < 500; ++i)
    many.push_back({"m" + std::to_string(1000 + i), i % 5, "", 1000 - i});
  Strategy strategy(R"({"max_steps":16})");
  const RecordedPlan forward = strategy.plan({"general", "1"}, many);
  CHECK(forward.ids.size() == 16);
  CHECK(forward.ids.front() == "m1496");  // tier 1, the cheapest
  std::reverse(many.begin(), many.end());
  CHECK(strategy.plan({"general", "1"}, many).ids == forward.ids);
}

TEST_CASE("an empty catalogue is refused, not answered with an empty plan", "[tiered]") {
  CHECK(Strategy().plan({"general", "1"}, {}).status == PAGODA_E_UNSUPPORTED);
}
