#pragma once
// A strategy memory that holds its state, and a strategy that remembers its lessons.

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/lesson.h"
#include "core/domain/routing.h"

namespace pagoda::testing {

class FakeMemory final : public StrategyMemory {
 public:
  Result<std::optional<StrategyState>> state(const std::string& slot,
                                             const std::string& plugin) override {
    const std::lock_guard lock(mutex_);
    if (!trouble.empty()) return fail(ErrorCode::StorageUnavailable, trouble);
    const auto found = states.find({slot, plugin});
    return found == states.end() ? std::optional<StrategyState>{} : found->second;
  }
  Result<void> keepState(const std::string& slot, const std::string& plugin,
                         const StrategyState& state, UnixMillis) override {
    const std::lock_guard lock(mutex_);
    if (!trouble.empty()) return fail(ErrorCode::StorageUnavailable, trouble);
    states[{slot, plugin}] = state;
    return {};
  }
  Result<bool> keepRating(const RatingRow& row) override {
    const std::lock_guard lock(mutex_);
    if (!trouble.empty()) return fail(ErrorCode::StorageUnavailable, trouble);
    return ratings.insert_or_assign({row.request.number(), row.key.value()}, row).second;
  }

  std::string trouble;
  std::map<std::pair<std::string, std::string>, StrategyState> states;
  std::map<std::pair<std::int64_t, std::string>, RatingRow> ratings;

 private:
  std::mutex mutex_;
};

/// Plans every candidate in order. What it learnt is the number of its lessons.
class Pupil final : public Strategy {
 public:
  explicit Pupil(std::string label = "pupil@1.0.0") : label_(std::move(label)) {}
  std::string_view name() const override { return label_; }
  Result<Plan> plan(const Features&, const Catalogue&,
                    const std::vector<Candidate>& candidates) override {
    Plan plan;
    plan.strategy = label_;
    plan.memo = 0xfedcba9876543210u;
    for (std::size_t i = 0; i < candidates.size(); ++i) plan.steps.emplace_back().candidate = i;
    return plan;
  }
  bool learns() const override { return true; }
  void learn(const Lesson& lesson) override { lessons.push_back(lesson); }
  Result<std::string> save() override {
    return "lessons " + std::to_string(before + lessons.size());
  }
  bool load(std::string_view state, std::string_view fromVersion) override {
    loadedFrom = fromVersion;
    if (!state.starts_with("lessons ")) return false;
    before = std::stoul(std::string(state.substr(8)));
    return true;
  }

  std::vector<Lesson> lessons;
  std::size_t before = 0;
  std::string loadedFrom;

 private:
  const std::string label_;
};

}  // namespace pagoda::testing
