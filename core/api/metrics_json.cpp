#include <algorithm>

#include <pagoda/json.hpp>

#include "core/api/metrics_view.h"

namespace pagoda::api {
namespace {

using JsonWriter = json::Writer<std::string>;
using Counters = std::map<CounterKey, std::int64_t>;

constexpr int kTiers = 5;
constexpr std::size_t kMostCapabilities = 5;

std::int64_t valueOf(const Counters& counters, std::string name, std::string label = {}) {
  const auto found = counters.find({std::move(name), std::move(label)});
  return found == counters.end() ? 0 : found->second;
}

// All counters of one name by the value of their label: "code=x" -> x.
std::map<std::string, std::int64_t> byLabel(const Counters& counters, const std::string& name) {
  std::map<std::string, std::int64_t> values;
  for (auto it = counters.lower_bound({name, ""}); it != counters.end() && it->first.name == name;
       ++it)
    values[it->first.label.substr(it->first.label.find('=') + 1)] += it->second;
  return values;
}

void writeByLabel(JsonWriter& json, std::string_view key,
                  const std::map<std::string, std::int64_t>& values) {
  json.key(key).beginObject();
  for (const auto& [label, value] : values) json.member(label, value);
  json.endObject();
}

// "32.4": hundredths of a percent without float.
std::string utilization(const services::BudgetState& budget) {
  if (budget.limit <= Money{}) return "100";
  __extension__ using Wide = __int128;
  const Wide hundredths =
      static_cast<Wide>(budget.spent.nanoUsd()) * 10'000 / budget.limit.nanoUsd();
  const auto clipped = static_cast<std::int64_t>(std::clamp<Wide>(hundredths, 0, 1'000'000'000));
  return Money::fromNanoUsd(clipped * 10'000'000).toString();
}

// The seed calls the use of general models "general_inquiry"; the task is called "general".
std::string capabilityOf(const std::string& task) {
  return task == "general" ? "general_inquiry" : task;
}

void writeCapabilities(JsonWriter& json, const Counters& counters) {
  std::vector<std::pair<std::int64_t, std::string>> ranked;
  for (const auto& [task, count] : byLabel(counters, "tasks")) ranked.emplace_back(-count, task);
  std::ranges::sort(ranked);
  json.key("most_used_capabilities").beginArray();
  for (std::size_t i = 0; i < ranked.size() && i < kMostCapabilities; ++i)
    json.string(capabilityOf(ranked[i].second));
  json.endArray();
}

void writeSeed(JsonWriter& json, const MetricsView& view) {
  const Counters& counters = view.metrics.counters;
  json.key("requests_per_tier").beginObject();
  for (int tier = 0; tier < kTiers; ++tier)
    json.member(std::to_string(tier),
                valueOf(counters, "requests", "tier=" + std::to_string(tier)));
  json.endObject();
  json.key("cost_per_tier").beginObject();
  for (int tier = 0; tier < kTiers; ++tier) {
    const std::int64_t nano = valueOf(counters, "cost_nano_usd", "tier=" + std::to_string(tier));
    json.rawMember(std::to_string(tier), Money::fromNanoUsd(nano).toString());
  }
  json.endObject();
  json.rawMember("budget_utilization_percentage", utilization(view.budget));
  writeCapabilities(json, counters);
}

void writeLatency(JsonWriter& json, const std::map<int, services::Histogram>& byTier) {
  json.key("latency_ms_per_tier").beginObject();
  for (const auto& [tier, histogram] : byTier) {
    std::int64_t count = 0;
    for (const std::int64_t each : histogram.counts) count += each;
    if (count == 0) continue;
    json.key(std::to_string(tier)).beginObject();
    json.member("count", count).member("mean", histogram.sumMs / count);
    json.member("p50", quantileOf(histogram, 0.50));
    json.member("p95", quantileOf(histogram, 0.95));
    json.member("p99", quantileOf(histogram, 0.99));
    json.endObject();
  }
  json.endObject();
}

void writePace(JsonWriter& json, const services::Pace& pace) {
  json.rawMember("forecast_usd", pace.forecast.toString());
  json.key("runs_out");
  if (pace.runsOut) {
    json.string(formatDay(*pace.runsOut));
  } else {
    json.null();
  }
}

void writeBudget(JsonWriter& json, const services::BudgetState& budget,
                 const services::BudgetPace& pace) {
  json.key("budget").beginObject();
  json.rawMember("limit_usd", budget.limit.toString());
  json.rawMember("spent_usd", budget.spent.toString());
  json.rawMember("held_usd", budget.held.toString());
  json.rawMember("left_usd",
                 std::max(Money{}, budget.limit - budget.spent - budget.held).toString());
  writePace(json, pace.all);
  json.key("tiers").beginObject();
  for (std::size_t tier = 0; tier < budget.tiers.size(); ++tier) {
    const services::TierState& state = budget.tiers[tier];
    json.key(std::to_string(tier)).beginObject();
    json.rawMember("allocation_usd", state.allocation.toString());
    json.rawMember("spent_usd", state.spent.toString());
    json.rawMember("left_usd", state.left.toString());
    writePace(json, pace.tiers[tier]);
    json.endObject();
  }
  json.endObject().endObject();
}

}  // namespace

std::int64_t quantileOf(const services::Histogram& histogram, double q) {
  std::int64_t total = 0;
  for (const std::int64_t each : histogram.counts) total += each;
  if (total == 0) return -1;
  const double rank = q * static_cast<double>(total);
  double below = 0;
  double lower = 0;
  for (std::size_t i = 0; i < services::kLatencyBucketsMs.size(); ++i) {
    const double upper = services::kLatencyBucketsMs[i];
    const auto here = static_cast<double>(histogram.counts[i]);
    if (here > 0 && below + here >= rank)
      return static_cast<std::int64_t>(lower + (upper - lower) * (rank - below) / here);
    below += here;
    lower = upper;
  }
  return services::kLatencyBucketsMs.back();
}

std::string metricsJson(const MetricsView& view) {
  const Counters& counters = view.metrics.counters;
  std::string body;
  JsonWriter json(body);
  json.beginObject();
  writeSeed(json, view);
  json.member("requests_total", valueOf(counters, "requests_total"));
  writeByLabel(json, "errors", byLabel(counters, "errors_total"));
  writeByLabel(json, "refused", byLabel(counters, "refused_total"));
  json.member("attempts_total", valueOf(counters, "attempts_total"));
  writeByLabel(json, "attempt_failures", byLabel(counters, "attempt_failures"));
  json.key("tokens").beginObject();
  json.member("prompt", valueOf(counters, "prompt_tokens"));
  json.member("completion", valueOf(counters, "completion_tokens"));
  json.endObject();
  writeLatency(json, view.metrics.latencyByTier);
  json.member("in_flight", view.metrics.inFlight);
  writeBudget(json, view.budget, view.pace);
  json.member("stale_prices", view.stalePrices);
  std::int64_t simulated = 0;
  for (const auto& [model, count] : byLabel(counters, "simulated_requests")) simulated += count;
  json.member("simulated_requests", simulated);
  if (view.withModels)
    writeByLabel(json, "requests_per_model", byLabel(counters, "model_requests"));
  json.key("since");
  view.metrics.epochStarted == 0 ? json.null() : json.string(formatUtc(view.metrics.epochStarted));
  json.endObject();
  return body;
}

}  // namespace pagoda::api
