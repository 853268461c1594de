#include <algorithm>
#include <array>

#include "core/api/metrics_view.h"

namespace pagoda::api {
namespace {

struct Family {
  std::string_view counter;  // name in the ledger
  std::string_view metric;
  std::string_view help;
};

constexpr std::array<Family, 16> kFamilies{{
    {"attempt_failures", "pagoda_attempt_failures_total", "Failed calls of providers by kind."},
    {"attempts_total", "pagoda_attempts_total", "Calls of providers."},
    {"completion_tokens", "pagoda_completion_tokens_total", "Completion tokens billed."},
    {"cost_nano_usd", "pagoda_cost_usd_total", "Money spent on calls by tier, in US dollars."},
    {"errors_total", "pagoda_errors_total", "Admitted requests that ended with an error."},
    {"idempotency_keys", "pagoda_idempotency_keys_total",
     "Requests with an Idempotency-Key by what came of it."},
    {"model_requests", "pagoda_model_requests_total", "Requests answered by model."},
    {"overage_total", "pagoda_overage_total", "Calls that reported more than was held for them."},
    {"plugin_swaps", "pagoda_plugin_swaps_total",
     "Swaps to another version of a plugin by result."},
    {"prompt_tokens", "pagoda_prompt_tokens_total", "Prompt tokens billed."},
    {"refused_total", "pagoda_refused_total", "Requests refused before routing."},
    {"reloads", "pagoda_reloads_total", "Reloads of the configuration by result."},
    {"requests", "pagoda_requests_total", "Requests answered by tier."},
    {"simulated_requests", "pagoda_simulated_requests_total",
     "Requests answered by simulated models."},
    {"suspect_usage_total", "pagoda_suspect_usage_total",
     "Calls whose usage could not be true and was estimated."},
    {"tasks", "pagoda_tasks_total", "Requests answered by kind of task."},
}};

void appendHead(std::string& out, std::string_view metric, std::string_view help,
                std::string_view type) {
  out.append("# HELP ").append(metric).append(" ").append(help).append("\n# TYPE ");
  out.append(metric).append(" ").append(type).append("\n");
}

// `model=x` becomes `{model="x"}`.
void appendLabel(std::string& out, std::string_view label) {
  const std::size_t equals = label.find('=');
  if (equals == std::string_view::npos) return;
  out.append("{").append(label.substr(0, equals)).append("=\"");
  for (const char c : label.substr(equals + 1)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += "\"}";
}

void appendSample(std::string& out, std::string_view metric, std::string_view label,
                  std::string_view value) {
  out += metric;
  appendLabel(out, label);
  out.append(" ").append(value).append("\n");
}

void appendFamily(std::string& out, const Family& family, const MetricsView& view) {
  const auto& counters = view.metrics.counters;
  const std::string name(family.counter);
  bool headed = false;
  for (auto it = counters.lower_bound({name, ""}); it != counters.end() && it->first.name == name;
       ++it) {
    if (!view.withModels && it->first.label.starts_with("model=")) continue;
    if (!headed) appendHead(out, family.metric, family.help, "counter");
    headed = true;
    const bool money = family.counter == "cost_nano_usd";
    appendSample(out, family.metric, it->first.label,
                 money ? Money::fromNanoUsd(it->second).toString() : std::to_string(it->second));
  }
}

void appendGauge(std::string& out, std::string_view metric, std::string_view help,
                 std::string_view value) {
  appendHead(out, metric, help, "gauge");
  appendSample(out, metric, {}, value);
}

void appendDurations(std::string& out, const std::map<int, services::Histogram>& byTier) {
  constexpr std::string_view kMetric = "pagoda_request_duration_seconds";
  if (byTier.empty()) return;
  appendHead(out, kMetric, "Time to a whole answer by tier.", "histogram");
  for (const auto& [tier, histogram] : byTier) {
    const std::string label = "tier=\"" + std::to_string(tier) + "\"";
    std::int64_t count = 0;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
      count += histogram.counts[i];
      const bool last = i == services::kLatencyBucketsMs.size();
      // Milliseconds as decimal seconds: a thousandth of a dollar prints like a thousandth of a
      // second.
      const std::string bound =
          last ? "+Inf"
               : Money::fromNanoUsd(std::int64_t{services::kLatencyBucketsMs[i]} * 1'000'000)
                     .toString();
      out.append(kMetric)
          .append("_bucket{")
          .append(label)
          .append(",le=\"")
          .append(bound)
          .append("\"} ");
      out.append(std::to_string(count)).append("\n");
    }
    out.append(kMetric).append("_sum{").append(label).append("} ");
    out.append(Money::fromNanoUsd(histogram.sumMs * 1'000'000).toString()).append("\n");
    out.append(kMetric)
        .append("_count{")
        .append(label)
        .append("} ")
        .append(std::to_string(count))
        .append("\n");
  }
}

}  // namespace

std::string prometheusText(const MetricsView& view) {
  std::string out;
  out.reserve(8192);
  for (const Family& family : kFamilies) appendFamily(out, family, view);
  appendDurations(out, view.metrics.latencyByTier);
  appendGauge(out, "pagoda_in_flight", "Requests being answered now.",
              std::to_string(view.metrics.inFlight));
  appendGauge(out, "pagoda_budget_limit_usd", "The month's budget.", view.budget.limit.toString());
  appendGauge(out, "pagoda_budget_spent_usd", "Spent this month.", view.budget.spent.toString());
  appendGauge(out, "pagoda_budget_held_usd", "Set aside for open requests.",
              view.budget.held.toString());
  appendGauge(out, "pagoda_budget_forecast_usd", "Spent by the month's end at its present pace.",
              view.pace.all.forecast.toString());
  appendHead(out, "pagoda_tier_left_usd", "What a tier may still spend this month.", "gauge");
  for (std::size_t tier = 0; tier < view.budget.tiers.size(); ++tier)
    appendSample(out, "pagoda_tier_left_usd", "tier=" + std::to_string(tier),
                 view.budget.tiers[tier].left.toString());
  appendGauge(out, "pagoda_stale_prices", "Prices that were read more than 90 days ago.",
              std::to_string(view.stalePrices));
  return out;
}

}  // namespace pagoda::api
