#pragma once
// The counters as people and machines read them: the seed's JSON and Prometheus text.

#include <string>

#include "core/services/budget_ledger.h"
#include "core/services/metrics.h"
#include "core/services/pacing.h"

namespace pagoda::api {

struct MetricsView {
  services::MetricsSnapshot metrics;
  services::BudgetState budget;
  services::BudgetPace pace;
  std::int64_t stalePrices = 0;  ///< models whose price was read more than 90 days ago
  bool withModels = false;  ///< counters by model: others' use of a model is an admin's business
};

/// The seed's members (`requests_per_tier`, `cost_per_tier`, `budget_utilization_percentage`,
/// `most_used_capabilities`) first, more beside them.
std::string metricsJson(const MetricsView& view);

/// Text exposition format 0.0.4. Source: prometheus.io, exposition formats, read 2026-11.
std::string prometheusText(const MetricsView& view);

/// Milliseconds below which a share `q` of the requests were answered, interpolated; -1: there were
/// none.
std::int64_t quantileOf(const services::Histogram& histogram, double q);

}  // namespace pagoda::api
