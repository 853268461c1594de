#include "core/plugin_host/strategy_proxy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <pagoda/strategy.h>

#include "core/plugin_host/host_context.h"
#include "core/plugin_host/plan_request.h"
#include "core/plugin_host/secret_book.h"
#include "core/plugin_host/settings.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/strategy_learning.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kMostSteps = 32;
constexpr std::size_t kLongestReason = 512;
constexpr std::size_t kLongestInstruction = 4096;

using PlanCall = pagoda_status(pagoda_strategy*, const pagoda_features*, const pagoda_catalogue*,
                               pagoda_plan*, pagoda_error*);

std::optional<PlanMode> modeOf(pagoda_plan_mode mode) {
  switch (mode) {
    case PAGODA_PLAN_FALLBACK:
      return PlanMode::Fallback;
    case PAGODA_PLAN_CASCADE:
      return PlanMode::Cascade;
    case PAGODA_PLAN_REFINE:
      return PlanMode::Refine;
    case PAGODA_PLAN_RACE:
      return PlanMode::Race;
    case PAGODA_PLAN_ENSEMBLE:
      return PlanMode::Ensemble;
    default:
      return std::nullopt;
  }
}

/// The plan under construction; lives for one call of plan().
class PlanBuilder {
 public:
  PlanBuilder(Plan& plan, std::size_t candidates, const std::vector<PlanMode>& modes)
      : plan_(plan), candidates_(candidates), modes_(modes) {
    raw_.struct_size = sizeof raw_;
    raw_.impl = this;
    raw_.max_cost_nusd = -1;
    raw_.set_mode = setMode;
    raw_.add_step = addStep;
    raw_.explain = explain;
  }
  PlanBuilder(const PlanBuilder&) = delete;
  PlanBuilder& operator=(const PlanBuilder&) = delete;

  pagoda_plan* raw() { return &raw_; }
  void finish() {
    plan_.memo = raw_.memo;
    plan_.quorum = raw_.quorum;
    if (raw_.combine == PAGODA_COMBINE_JUDGE) plan_.combine = Combine::Judge;
    if (raw_.combine == PAGODA_COMBINE_MERGE) plan_.combine = Combine::Merge;
    if (raw_.max_cost_nusd >= 0) plan_.maxCost = Money::fromNanoUsd(raw_.max_cost_nusd);
  }

 private:
  static PlanBuilder& of(pagoda_plan* plan) { return *static_cast<PlanBuilder*>(plan->impl); }

  static pagoda_status PAGODA_CALL setMode(pagoda_plan* plan, pagoda_plan_mode mode) noexcept {
    PlanBuilder& self = of(plan);
    const auto known = modeOf(mode);
    if (!known || !std::ranges::count(self.modes_, *known)) return PAGODA_E_UNSUPPORTED;
    if (!self.plan_.steps.empty()) return PAGODA_E_BAD_STATE;
    self.plan_.mode = *known;
    return PAGODA_OK;
  }

  static pagoda_status PAGODA_CALL addStep(pagoda_plan* plan,
                                           const pagoda_plan_step* step) noexcept {
    PlanBuilder& self = of(plan);
    if (!reaches(step, &pagoda_plan_step::instruction)) return PAGODA_E_INVALID_REQUEST;
    if (step->candidate >= self.candidates_) return PAGODA_E_INVALID_REQUEST;
    if (self.plan_.steps.size() == kMostSteps) return PAGODA_E_TOO_LARGE;
    PlanStep made;
    made.candidate = step->candidate;
    made.timeout = Millis(step->timeout_ms);
    made.maxOutputTokens = std::max<std::int64_t>(-1, step->max_output_tokens);
    made.delay = Millis(step->delay_ms);
    made.judge = step->role == PAGODA_STEP_ROLE_JUDGE;
    if (std::isfinite(step->weight)) made.weight = std::max(0.0, step->weight);
    try {
      if (step->instruction.size > 0)
        made.instruction = cleanLine(viewOf(step->instruction), kLongestInstruction);
      self.plan_.steps.push_back(std::move(made));
    } catch (...) {
      return PAGODA_E_NO_MEMORY;
    }
    return PAGODA_OK;
  }

  static void PAGODA_CALL explain(pagoda_plan* plan, pagoda_str reason) noexcept {
    try {
      of(plan).plan_.reason = cleanLine(viewOf(reason), kLongestReason);
    } catch (...) {  // a plan without a reason is still a plan
    }
  }

  Plan& plan_;
  const std::size_t candidates_;
  const std::vector<PlanMode>& modes_;
  pagoda_plan raw_{};
};

class StrategyProxy final : public Strategy {
 public:
  StrategyProxy(std::shared_ptr<const Library> library, std::vector<PlanMode> modes)
      : library_(std::move(library)),
        modes_(std::move(modes)),
        context_(library_->parts(), library_->label(), "strategy", nullptr, false) {}
  StrategyProxy(const StrategyProxy&) = delete;
  StrategyProxy& operator=(const StrategyProxy&) = delete;
  ~StrategyProxy() override {
    if (plugin_ != nullptr)
      tellPlugin(library_->callee(), "destroy",
                 static_cast<void (*)(pagoda_strategy*)>(api().destroy), plugin_);
  }

  Result<void> start(const std::string& type, const std::string& settingsJson) {
    using Create = pagoda_status(const pagoda_host*, const char*, pagoda_str, pagoda_strategy**,
                                 pagoda_error*);
    using SelfTest = pagoda_status(pagoda_strategy*, pagoda_error*);
    pagoda_error error = freshError();
    pagoda_status status =
        callPlugin(library_->callee(), "create", &error, static_cast<Create*>(api().create),
                   context_.host(), type.c_str(), strOf(settingsJson), &plugin_, &error);
    if (status < 0) {
      plugin_ = nullptr;
      return refused(status, error, "");
    }
    if (plugin_ == nullptr)
      return fail(ErrorCode::PluginFault, library_->label() + " created nothing");
    if (api().self_test == nullptr) return {};
    status = callPlugin(library_->callee(), "self_test", &error,
                        static_cast<SelfTest*>(api().self_test), plugin_, &error);
    if (status < 0 && status != PAGODA_E_NOT_IMPLEMENTED)
      return refused(status, error, "its self-test failed: ");
    return {};
  }

  std::string_view name() const override { return library_->label(); }

  Result<Plan> plan(const Features& features, const Catalogue& catalogue,
                    const std::vector<Candidate>& candidates) override {
    thread_local PlanRequest request;
    request.fill(features, catalogue, candidates, library_->parts()->clock.now());
    Plan plan;
    plan.steps.reserve(std::min(candidates.size(), kMostSteps));
    PlanBuilder builder(plan, candidates.size(), modes_);
    pagoda_error error = freshError();
    const pagoda_status status =
        callPlugin(library_->callee(), "plan", &error, static_cast<PlanCall*>(api().plan), plugin_,
                   request.features(), request.catalogue(), builder.raw(), &error);
    if (status < 0) return refused(status, error, "");
    if (plan.steps.empty()) {
      library_->figures().errors.fetch_add(1, std::memory_order_relaxed);
      return fail(ErrorCode::PluginFault,
                  "strategy " + library_->label() + " made a plan without steps");
    }
    builder.finish();
    plan.strategy = library_->label();
    return plan;
  }

  bool learns() const override { return api().feedback != nullptr; }

  void learn(const Lesson& lesson) override {
    if (!learns()) return;
    const FeedbackView view(lesson);
    tellPlugin(library_->callee(), "feedback",
               static_cast<void (*)(pagoda_strategy*, const pagoda_feedback*)>(api().feedback),
               plugin_, view.get());
  }

  Result<std::string> save() override {
    using Save = pagoda_status(pagoda_strategy*, pagoda_buf*, pagoda_error*);
    if (api().save == nullptr) return std::string{};
    StateBuffer buffer;
    pagoda_error error = freshError();
    const pagoda_status status =
        callPlugin(library_->callee(), "save", &error, static_cast<Save*>(api().save), plugin_,
                   buffer.get(), &error);
    if (status == PAGODA_E_NOT_IMPLEMENTED) return std::string{};
    if (status < 0) return refused(status, error, "it cannot save what it learnt: ");
    return buffer.take();
  }

  bool load(std::string_view state, std::string_view fromVersion) override {
    using Load = pagoda_status(pagoda_strategy*, pagoda_bytes, pagoda_str, pagoda_error*);
    if (api().load == nullptr) return false;
    pagoda_error error = freshError();
    const pagoda_status status =
        callPlugin(library_->callee(), "load", &error, static_cast<Load*>(api().load), plugin_,
                   bytesOf(state), strOf(fromVersion), &error);
    return status >= 0;
  }

 private:
  const pagoda_strategy_api& api() const { return *library_->strategies(); }

  tl::unexpected<Error> refused(pagoda_status status, const pagoda_error& error,
                                const char* what) const {
    static const SystemClock kClock;
    static const SecretBook kNoSecrets{SecretValues{}, kClock};
    const AttemptFailure why = failureOf(status, error, kNoSecrets);
    ErrorCode code = ErrorCode::PluginFault;
    if (why.kind == FailureKind::Config || why.kind == FailureKind::InvalidRequest)
      code = ErrorCode::InvalidRequest;
    if (why.kind == FailureKind::Unsupported) code = ErrorCode::NoCandidate;
    if (why.kind == FailureKind::Budget) code = ErrorCode::BudgetExceeded;
    return fail(code, "strategy " + library_->label() + ": " + what + why.message);
  }

  const std::shared_ptr<const Library> library_;
  const std::vector<PlanMode> modes_;
  HostContext context_;
  pagoda_strategy* plugin_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<Strategy>> makeStrategyProxy(std::shared_ptr<const Library> library,
                                                    const std::string& type,
                                                    const std::string& settingsJson,
                                                    const std::vector<PlanMode>& planModes) {
  const pagoda_strategy_type* found = library->strategyType(type);
  if (found == nullptr)
    return fail(ErrorCode::PluginFault, library->label() + " does not offer the strategy " + type);
  if (auto checked = checkSettings(viewOf(found->config_schema_json), settingsJson); !checked)
    return fail(checked.error().code, "strategy " + type + ": " + checked.error().message,
                checked.error().param);
  auto proxy = std::make_shared<StrategyProxy>(std::move(library), planModes);
  PAGODA_CHECK(proxy->start(type, settingsJson));
  return proxy;
}

}  // namespace pagoda::plugin_host
