#pragma once
// From a request to its plan: what it is, what the strategy is told, and what it decides.

#include "core/domain/routing.h"
#include "core/services/orchestrator.h"
#include "core/services/selector.h"

namespace pagoda::services {

struct Purse;

/// Where the model is named there is nothing to decide: neither keywords nor a strategy are asked,
/// and the task is taken to be the one that the model's tier is for.
RequestClass classOf(const Serving& serving, const CorridorRequest& request);

/// Views of `request` and `requestClass`.
Features featuresOf(const CorridorRequest& request, const RequestClass& requestClass,
                    const Selection& selection, const Purse& purse, TimePoint now);

/// Null where there is none of that name.
Strategy* strategyOf(const Serving& serving, std::string_view slot);

/// Errors: those of the strategy, and InvalidRequest for a strategy that a request may not ask for.
Result<Plan> planFor(const Serving& serving, const CorridorRequest& request,
                     const Features& features, const Selection& selection);

}  // namespace pagoda::services
