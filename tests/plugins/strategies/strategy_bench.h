#pragma once
// A strategy's library as the host sees it: through the C ABI.

#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/native_host.h"
#include "tests/support/plugin_library.h"

namespace pagoda::test {

namespace sdk = pagoda::sdk;

struct Model {
  std::string key;
  int tier = 1;
  std::int64_t cost = 100;
  pagoda_health health = PAGODA_HEALTH_UP;
  std::int64_t ms = -1;
  double quality = std::numeric_limits<double>::quiet_NaN();
  std::string flag{};  ///< "local" or "simulated"
};

struct Request {
  std::string preferred = "1";
  std::string pool = "auto";
  std::string tenant{};
  std::uint64_t seed = 1;
  bool canStage = true;  ///< the host knows every mode
  std::string task{};
};

struct RecordedPlan {
  pagoda_plan_mode mode = PAGODA_PLAN_FALLBACK;
  std::vector<std::string> keys;
  std::vector<std::uint32_t> delays;
  std::string instruction, reason;
  pagoda_status status = PAGODA_OK;
  std::int64_t maxCost = -1;
  std::uint64_t memo = 0;
  pagoda_combine combine = PAGODA_COMBINE_VOTE;
  std::vector<pagoda_step_role> roles;
};

class Strategy {
 public:
  explicit Strategy(const std::string& type, const char* config = "{}")
      : library_(PAGODA_BINARY_DIR "/plugins/" + type + ".so"), api_(*library_.strategy()) {
    auto error = sdk::init<pagoda_error>();
    created = api_.create(host_.get(), type.c_str(), sdk::str(config), &strategy_, &error);
    if (created < 0) message = error.message;
  }
  ~Strategy() {
    if (created >= 0) api_.destroy(strategy_);
  }
  Strategy(const Strategy&) = delete;
  Strategy& operator=(const Strategy&) = delete;

  RecordedPlan plan(const Request& request, const std::vector<Model>& models) {
    REQUIRE(created == PAGODA_OK);
    std::vector<pagoda_pair> labels{{sdk::str("preferred_tier"), sdk::str(request.preferred)}};
    if (!request.task.empty()) labels.push_back({sdk::str("task"), sdk::str(request.task)});
    auto features = sdk::init<pagoda_features>();
    features.pool = sdk::str(request.pool);
    features.tenant = sdk::str(request.tenant);
    features.seed = request.seed;
    features.budget_nusd = 5000;
    features.difficulty = std::numeric_limits<double>::quiet_NaN();
    features.labels = {labels.data(), static_cast<std::uint32_t>(labels.size()),
                       sizeof(pagoda_pair)};
    std::deque<std::vector<pagoda_pair>> own;
    std::vector<pagoda_candidate> candidates;
    for (const Model& model : models) {
      own.push_back({{sdk::str("key"), sdk::str(model.key)}});
      if (!model.flag.empty()) own.back().push_back({sdk::str(model.flag), sdk::str("true")});
      auto candidate = sdk::init<pagoda_candidate>();
      candidate.id = sdk::str(model.key);
      candidate.tier = model.tier;
      candidate.health = model.health;
      candidate.expected_cost_nusd = model.cost;
      candidate.quality = model.quality;
      candidate.total_ms_p50 = candidate.total_ms_p95 = model.ms;
      candidate.first_token_ms_p50 = candidate.first_token_ms_p95 = -1;
      candidate.labels = {own.back().data(), static_cast<std::uint32_t>(own.back().size()),
                          sizeof(pagoda_pair)};
      candidates.push_back(candidate);
    }
    auto catalogue = sdk::init<pagoda_catalogue>();
    catalogue.candidates = {candidates.data(), static_cast<std::uint32_t>(candidates.size()),
                            sizeof(pagoda_candidate)};
    return carryOut(request, features, catalogue, models);
  }

  /// What came of a plan's first step. `status` 0: an answer.
  void tell(const RecordedPlan& plan, pagoda_feedback_source source, double rating,
            std::int64_t costNano = 0, pagoda_status status = PAGODA_OK) {
    REQUIRE(api_.feedback != nullptr);
    auto step = sdk::init<pagoda_step_result>();
    step.candidate_id = sdk::str(plan.keys.at(0));
    step.status = status;
    step.cost_nusd = costNano;
    step.score =
        source == PAGODA_FEEDBACK_OUTCOME ? rating : std::numeric_limits<double>::quiet_NaN();
    auto feedback = sdk::init<pagoda_feedback>();
    feedback.source = source;
    feedback.memo = plan.memo;
    feedback.status = status;
    feedback.winner = status < 0 ? -1 : 0;
    feedback.steps = {&step, 1, sizeof step};
    feedback.cost_nusd = costNano;
    feedback.rating = rating;
    api_.feedback(strategy_, &feedback);
  }
  std::string save() {
    struct Buffer : pagoda_buf {
      std::string text;
    };
    Buffer buffer{};
    buffer.grow = [](pagoda_buf* raw, std::size_t need) noexcept -> std::int32_t {
      auto& self = *static_cast<Buffer*>(raw);
      auto* begin = reinterpret_cast<std::uint8_t*>(self.text.data());
      const auto used = self.pos == nullptr ? 0 : static_cast<std::size_t>(self.pos - begin);
      self.text.resize(used + need);
      begin = reinterpret_cast<std::uint8_t*>(self.text.data());
      self.pos = begin + used;
      self.end = begin + self.text.size();
      return PAGODA_OK;
    };
    auto error = sdk::init<pagoda_error>();
    REQUIRE(api_.save(strategy_, &buffer, &error) == PAGODA_OK);
    return buffer.text;
  }
  pagoda_status load(const std::string& state) {
    auto error = sdk::init<pagoda_error>();
    const pagoda_bytes bytes{reinterpret_cast<const std::uint8_t*>(state.data()), state.size()};
    return api_.load(strategy_, bytes, sdk::str("1.0.0"), &error);
  }
  bool learns() const { return api_.feedback != nullptr; }

  pagoda_status created = PAGODA_OK;
  std::string message;

 private:
  struct Sink {
    RecordedPlan plan;
    const std::vector<Model>* models;
    bool canStage;
  };
  static Sink& of(pagoda_plan* plan) { return *static_cast<Sink*>(plan->impl); }

  RecordedPlan carryOut(const Request& request, const pagoda_features& features,
                        const pagoda_catalogue& catalogue, const std::vector<Model>& models) {
    Sink sink{{}, &models, request.canStage};
    auto plan = sdk::init<pagoda_plan>();
    plan.impl = &sink;
    plan.max_cost_nusd = -1;
    plan.set_mode = [](pagoda_plan* p, pagoda_plan_mode mode) noexcept -> pagoda_status {
      if (!of(p).canStage) return PAGODA_E_UNSUPPORTED;
      of(p).plan.mode = mode;
      return PAGODA_OK;
    };
    plan.add_step = [](pagoda_plan* p, const pagoda_plan_step* step) noexcept -> pagoda_status {
      Sink& into = of(p);
      if (step->candidate >= into.models->size()) return PAGODA_E_INVALID_REQUEST;
      into.plan.keys.push_back((*into.models)[step->candidate].key);
      into.plan.delays.push_back(step->delay_ms);
      into.plan.roles.push_back(step->role);
      into.plan.instruction = sdk::view(step->instruction);
      return PAGODA_OK;
    };
    plan.explain = [](pagoda_plan* p, pagoda_str reason) noexcept {
      of(p).plan.reason = sdk::view(reason);
    };
    auto error = sdk::init<pagoda_error>();
    sink.plan.status = api_.plan(strategy_, &features, &catalogue, &plan, &error);
    sink.plan.maxCost = plan.max_cost_nusd;
    sink.plan.memo = plan.memo;
    sink.plan.combine = plan.combine;
    return sink.plan;
  }

  PluginLibrary library_;
  FakeHost host_;
  const pagoda_strategy_api& api_;
  pagoda_strategy* strategy_ = nullptr;
};

using Keys = std::vector<std::string>;

}  // namespace pagoda::test
