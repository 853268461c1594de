// pagoda/sdk/strategy.hpp - strategies as C++ classes.
//
// A strategy class S has
//   static constexpr const char *kType, *kTitle, *kConfigSchema;   (the schema as in the manifest)
//   S(Host host, std::string_view configJson);                     throws Failure(PAGODA_E_CONFIG)
//   void plan(const pagoda_features&, const pagoda_catalogue&, Plan&);
// and, as it likes,
//   pagoda_verdict review(const pagoda_features&, const pagoda_step_result&) noexcept;
//   void feedback(const pagoda_feedback&);       void selfTest();
//   void save(Buffer& out);                      bool load(std::string_view, std::string_view);
//   const void* extension(const char* id) noexcept;
// load() answers false when the state is of a form that it does not know. All but the constructor
// and load() may be called from several threads at once.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string_view>

#include "core.hpp"

namespace pagoda::sdk {

/// The plan under construction; the host owns it. Each call throws Failure if the host refuses.
class Plan {
 public:
  explicit Plan(pagoda_plan* plan) noexcept : plan_(plan) {}
  /// False: this host does not carry out that mode; choose another. Call before the first step.
  bool setMode(pagoda_plan_mode mode) {
    const pagoda_status status = plan_->set_mode(plan_, mode);
    if (status == PAGODA_E_UNSUPPORTED) return false;
    check(status);
    return true;
  }
  /// A step with the host's defaults, to be changed and added.
  static pagoda_plan_step step(std::uint32_t candidate) noexcept {
    auto step = init<pagoda_plan_step>();
    step.candidate = candidate;
    step.max_output_tokens = -1;
    step.accept_score = step.weight = std::numeric_limits<double>::quiet_NaN();
    return step;
  }
  void add(const pagoda_plan_step& step) { check(plan_->add_step(plan_, &step)); }
  void add(std::uint32_t candidate) { add(step(candidate)); }
  void explain(std::string_view reason) noexcept { plan_->explain(plan_, str(reason)); }
  void limitCost(std::int64_t nanoUsd) noexcept { plan_->max_cost_nusd = nanoUsd; }
  void remember(std::uint64_t memo) noexcept { plan_->memo = memo; }
  pagoda_plan* get() noexcept { return plan_; }

 private:
  static void check(pagoda_status status) {
    if (status < 0) throw Failure(status, "the host refused a part of the plan");
  }
  pagoda_plan* plan_;
};

namespace detail {

template <class S>
inline constexpr bool kReviews =
    requires(S& s, const pagoda_features& f, const pagoda_step_result& r) { s.review(f, r); };
template <class S>
inline constexpr bool kLearns = requires(S& s, const pagoda_feedback& f) { s.feedback(f); };
template <class S>
inline constexpr bool kSaves = requires(S& s, Buffer& out) { s.save(out); };

struct StrategyObject {
  StrategyObject() = default;
  StrategyObject(const StrategyObject&) = delete;
  StrategyObject& operator=(const StrategyObject&) = delete;
  virtual ~StrategyObject() = default;
  virtual void selfTest() = 0;
  virtual const void* extension(const char* id) noexcept = 0;
  virtual void plan(const pagoda_features&, const pagoda_catalogue&, Plan&) = 0;
  virtual pagoda_verdict review(const pagoda_features&, const pagoda_step_result&) noexcept = 0;
  virtual void feedback(const pagoda_feedback&) = 0;
  virtual bool save(Buffer& out) = 0;
  virtual bool load(std::string_view state, std::string_view fromVersion) = 0;
};

template <class S>
class StrategyHolder final : public StrategyObject {
 public:
  StrategyHolder(Host host, std::string_view config) : strategy_(host, config) {}
  void selfTest() override {
    if constexpr (requires(S& s) { s.selfTest(); }) strategy_.selfTest();
  }
  const void* extension([[maybe_unused]] const char* id) noexcept override {
    if constexpr (requires(S& s) { s.extension(id); }) {
      return strategy_.extension(id);
    } else {
      return nullptr;
    }
  }
  void plan(const pagoda_features& features, const pagoda_catalogue& catalogue,
            Plan& plan) override {
    strategy_.plan(features, catalogue, plan);
  }
  pagoda_verdict review([[maybe_unused]] const pagoda_features& features,
                        [[maybe_unused]] const pagoda_step_result& result) noexcept override {
    if constexpr (requires(S& s) { s.review(features, result); }) {
      return strategy_.review(features, result);
    } else {
      return PAGODA_VERDICT_DEFAULT;
    }
  }
  void feedback([[maybe_unused]] const pagoda_feedback& feedback) override {
    if constexpr (requires(S& s) { s.feedback(feedback); }) strategy_.feedback(feedback);
  }
  bool save([[maybe_unused]] Buffer& out) override {
    if constexpr (requires(S& s) { s.save(out); }) {
      strategy_.save(out);
      return true;
    } else {
      return false;
    }
  }
  bool load([[maybe_unused]] std::string_view state,
            [[maybe_unused]] std::string_view fromVersion) override {
    if constexpr (requires(S& s) { s.load(state, fromVersion); }) {
      return strategy_.load(state, fromVersion);
    } else {
      return false;
    }
  }

 private:
  S strategy_;
};

}  // namespace detail

/// The table of a library's strategy types, for PAGODA_PLUGIN.
template <class... Ss>
class Strategies {
  static_assert(sizeof...(Ss) > 0);

 public:
  static const void* find(std::string_view kind) noexcept {
    return kind == PAGODA_KIND_STRATEGY ? &kApi : nullptr;
  }

 private:
  using Object = detail::StrategyObject;
  static Object& self(pagoda_strategy* s) noexcept { return *reinterpret_cast<Object*>(s); }

  static std::uint32_t typeCount() noexcept { return sizeof...(Ss); }
  static const pagoda_strategy_type* typeAt(std::uint32_t index) noexcept {
    return index < sizeof...(Ss) ? &kTypes[index] : nullptr;
  }
  static pagoda_status create(const pagoda_host* host, const char* type, pagoda_str config,
                              pagoda_strategy** out, pagoda_error* error) noexcept {
    *out = nullptr;
    return guard(error, [&] {
      std::unique_ptr<Object> object;
      const auto make = [&]<class S>() {
        if (std::strcmp(type, S::kType) != 0) return false;
        object = std::make_unique<detail::StrategyHolder<S>>(Host(host), view(config));
        return true;
      };
      if (!(make.template operator()<Ss>() || ...))
        throw Failure(PAGODA_E_CONFIG, "this library has no such strategy type");
      *out = reinterpret_cast<pagoda_strategy*>(object.release());
      return PAGODA_OK;
    });
  }
  static void destroy(pagoda_strategy* s) noexcept { delete &self(s); }
  static pagoda_status selfTest(pagoda_strategy* s, pagoda_error* error) noexcept {
    return guard(error, [&] { return self(s).selfTest(), PAGODA_OK; });
  }
  static const void* extension(pagoda_strategy* s, const char* id) noexcept {
    return self(s).extension(id);
  }
  static pagoda_status plan(pagoda_strategy* s, const pagoda_features* features,
                            const pagoda_catalogue* catalogue, pagoda_plan* plan,
                            pagoda_error* error) noexcept {
    return guard(error, [&] {
      Plan wrapper(plan);
      return self(s).plan(*features, *catalogue, wrapper), PAGODA_OK;
    });
  }
  static pagoda_verdict review(pagoda_strategy* s, const pagoda_features* features,
                               const pagoda_step_result* result) noexcept {
    return self(s).review(*features, *result);
  }
  static void feedback(pagoda_strategy* s, const pagoda_feedback* feedback) noexcept {
    guard(nullptr, [&] { return self(s).feedback(*feedback), PAGODA_OK; });
  }
  static pagoda_status save(pagoda_strategy* s, pagoda_buf* out, pagoda_error* error) noexcept {
    return guard(error, [&]() -> pagoda_status {
      Buffer buffer(out);
      return self(s).save(buffer) ? PAGODA_OK : PAGODA_E_NOT_IMPLEMENTED;
    });
  }
  static pagoda_status load(pagoda_strategy* s, pagoda_bytes state, pagoda_str fromVersion,
                            pagoda_error* error) noexcept {
    return guard(error, [&]() -> pagoda_status {
      return self(s).load(view(state), view(fromVersion)) ? PAGODA_OK : PAGODA_E_INCOMPATIBLE;
    });
  }

  static constexpr pagoda_strategy_type kTypes[] = {
      {sizeof(pagoda_strategy_type), 0, Ss::kType, Ss::kTitle, Ss::kConfigSchema}...};

  static constexpr pagoda_strategy_api makeApi() noexcept {
    auto api = init<pagoda_strategy_api>();
    api.type_count = typeCount;
    api.type_at = typeAt;
    api.create = create;
    api.destroy = destroy;
    api.self_test = selfTest;
    api.get_extension = extension;
    api.plan = plan;
    // What no type has stays null, so that the host need not prepare it.
    if constexpr ((detail::kReviews<Ss> || ...)) api.review = review;
    if constexpr ((detail::kLearns<Ss> || ...)) api.feedback = feedback;
    if constexpr ((detail::kSaves<Ss> || ...)) {
      api.save = save;
      api.load = load;
    }
    return api;
  }
  static constexpr pagoda_strategy_api kApi = makeApi();
};

}  // namespace pagoda::sdk
