#include "core/services/metrics.h"

#include <algorithm>

namespace pagoda::services {

Metrics::Metrics(std::map<CounterKey, std::int64_t> kept) {
  state_.counters = std::move(kept);
}

std::map<CounterKey, std::int64_t> Metrics::countersOf(const Outcome& outcome) const {
  std::map<CounterKey, std::int64_t> counters;
  if (outcome.simulated) {
    counters[{"simulated_requests", "model=" + outcome.model}] = 1;
    return counters;
  }
  const std::string tier = "tier=" + std::to_string(outcome.tier);
  counters[{"requests_total", ""}] = 1;
  if (outcome.error) {
    counters[{"errors_total", "code=" + std::string(nameOf(outcome.error->code))}] = 1;
  } else {
    counters[{"requests", tier}] = 1;
    counters[{"model_requests", "model=" + outcome.model}] = 1;
    counters[{"tasks", "task=" + outcome.taskType}] = 1;
  }
  for (const AttemptRecord& attempt : outcome.attempts) {
    counters[{"attempts_total", ""}] += 1;
    if (attempt.failure)
      counters[{"attempt_failures", "kind=" + std::string(nameOf(attempt.failure->kind))}] += 1;
    if (attempt.cost > Money{})
      counters[{"cost_nano_usd", "tier=" + std::to_string(attempt.tier)}] += attempt.cost.nanoUsd();
    if (attempt.usage.suspect) counters[{"suspect_usage_total", "model=" + attempt.model}] += 1;
    if (attempt.overage) counters[{"overage_total", "model=" + attempt.model}] += 1;
    if (attempt.usage.prompt) counters[{"prompt_tokens", ""}] += *attempt.usage.prompt;
    if (attempt.usage.completion) counters[{"completion_tokens", ""}] += *attempt.usage.completion;
  }
  return counters;
}

void Metrics::add(const std::map<CounterKey, std::int64_t>& counters, const Outcome& outcome,
                  Millis total) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, value] : counters) state_.counters[key] += value;
  if (outcome.error || outcome.simulated) return;
  Histogram& histogram = state_.latencyByTier[outcome.tier];
  const auto bucket = std::ranges::lower_bound(kLatencyBucketsMs, total.count());
  ++histogram.counts[static_cast<std::size_t>(bucket - kLatencyBucketsMs.begin())];
  histogram.sumMs += total.count();
}

void Metrics::count(std::string name, std::string label, std::int64_t by) {
  const std::scoped_lock lock(mutex_);
  state_.counters[{std::move(name), std::move(label)}] += by;
}

void Metrics::enter() {
  const std::scoped_lock lock(mutex_);
  ++state_.inFlight;
}

void Metrics::leave() {
  const std::scoped_lock lock(mutex_);
  --state_.inFlight;
}

void Metrics::reset(UnixMillis now) {
  const std::scoped_lock lock(mutex_);
  state_.counters.clear();
  state_.latencyByTier.clear();
  state_.epochStarted = now;
}

MetricsSnapshot Metrics::snapshot() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

}  // namespace pagoda::services
