#pragma once
// Which models may serve a request, and why the others may not.

#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/domain/routing.h"
#include "core/services/budget_ledger.h"
#include "core/services/orchestrator.h"

namespace pagoda::services {

/// `candidates` point into the catalogue, or to `passthrough` for an id outside of it.
struct Selection {
  std::vector<Candidate> candidates;
  std::vector<Tokens> maxOutput;  ///< per candidate: the bound that is sent and held
  std::vector<Excluded> excluded;
  std::unique_ptr<Model> passthrough;
  std::optional<int> requestedTier;
  bool onlyBudget = false;  ///< every refusal was one of money
  bool clamped = false;     ///< max_tokens was lowered to what is left
  Money cheapestWorstCase = Money::max();
};

/// True if `model` is neither empty, "auto" nor "tier0" ... "tier4": one model is meant, by its key
/// or as provider/id.
bool namesModel(std::string_view model);

/// The most that one call for `batch` can cost.
Money embeddingCost(const Price& price, const EmbeddingRequest& batch);

/// Errors: UnknownModel (with near names), NoCandidate, BudgetExceeded.
Result<Selection> select(const CorridorRequest& request, const RequestClass& requestClass,
                         const Serving& serving, const HealthBoard& health, const Purse& purse);

}  // namespace pagoda::services
