#pragma once
// The decision as a record: what was understood, which candidates there were and why each was or
// was not taken, the plan, and what came of it. Holds no prompt and no answer.

#include <cstddef>
#include <optional>
#include <string>

#include "core/domain/answer.h"
#include "core/domain/routing.h"
#include "core/services/selector.h"

namespace pagoda::services {

/// JSON text. `plan` and `outcome` may be null: `explain` has no outcome, a refusal no plan.
/// `handedOver`: the record of the second decision where the first model's answer was data, or
/// empty.
std::string decisionJson(const CorridorRequest& request, const RequestClass& requestClass,
                         const Selection& selection, const Plan* plan, const Outcome* outcome,
                         std::string_view handedOver = {});

/// The attempt whose answer the client got; none where it got an error.
std::optional<std::size_t> winnerOf(const Outcome& outcome);

std::string_view nameOf(CostBasis basis);
std::string_view nameOf(Health health);

}  // namespace pagoda::services
