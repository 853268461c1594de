#pragma once
// The corridor: one admitted chat request from classification to account. Reads top to bottom in
// orchestrator.cpp.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/snapshot.h"
#include "core/domain/answer.h"
#include "core/domain/catalogue.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"
#include "core/domain/provider.h"
#include "core/domain/routing.h"
#include "core/services/attempt_runner.h"

namespace pagoda::services {

class BudgetLedger;
class HealthBoard;
class Classifier;
class FeedbackDesk;
class Metrics;
struct Selection;

/// A request on its way. Owned by the route; lives until answer() has returned.
struct CorridorRequest {
  RequestId id;
  Caller caller;
  ChatRequest chat;  ///< of an embedding request only `model` and `user`
  std::optional<EmbeddingRequest> embedding;
  bool withData = false;        ///< a model with `then` has given its data already
  std::string route;            ///< "/generate", "/v1/chat/completions"
  std::string clientRequestId;  ///< as the client sent it, or empty
  std::string strategy;         ///< that the client asks for by x-pagoda-strategy, or empty
  TimePoint received;
  TimePoint deadline = TimePoint::max();
  CancelSource* cancel = nullptr;  ///< the client went away; may be null
  PhaseTimes times;                ///< parse and authenticate, filled by the route
};

/// Where a stream goes. Called on the request's loop.
class AnswerSink : public EventSink {
 public:
  /// Once, before the first emit(): the commit point. `outcome` names model, provider and tier.
  virtual void begin(const Outcome& outcome) = 0;
  /// After each batch of events: hands them to the client, waits while it reads slower than we
  /// write.
  virtual Task<Result<void>> drain() = 0;
};

/// A further strategy of the configuration, and the requests that it decides.
struct NamedStrategy {
  std::string name;
  std::shared_ptr<Strategy> strategy;
  bool byHeader = false;          ///< a client may ask for it
  std::vector<std::string> keys;  ///< ids of API keys, or "team:NAME"
  std::vector<std::string> tasks;
};

/// What swaps as one: catalogue, providers, strategy and limits of one configuration.
struct Serving {
  std::shared_ptr<const Catalogue> catalogue;
  std::shared_ptr<const ProviderSet> providers;
  std::shared_ptr<Strategy> strategy;
  /// By the name of the route that has a strategy of its own.
  std::map<std::string, std::shared_ptr<Strategy>, std::less<>> routeStrategies;
  std::vector<NamedStrategy> strategies;         ///< the first one that fits decides
  std::shared_ptr<const Classifier> classifier;  ///< made from `catalogue`
  AttemptLimits limits;
  Money maxRequestCost = Money::max();
  Tokens defaultMaxTokens = 4096;  ///< sent where the client names no max_tokens
  int maxAttempts = 4;             ///< over all candidates of one request
  int triesPerCandidate = 2;
};

struct TokenCount {
  std::string model;  ///< key in the catalogue
  std::string provider;
  Tokens prompt = 0;
  bool estimated = false;
};

/// Thread-safe; one for the process.
class Orchestrator {
 public:
  struct Parts {
    const Clock& clock;
    Ledger& ledger;
    BudgetLedger& budgets;
    HealthBoard& health;
    Metrics& metrics;
    /// HTTP status of an error, for the ledger's row (core/api/error_table.h).
    std::function<int(ErrorCode)> statusOf;
    FeedbackDesk* feedback = nullptr;  ///< null: strategies learn nothing
  };
  Orchestrator(Parts parts, std::shared_ptr<const Serving> serving);

  /// Answers `request`. With `stream`, events go there as they come and Outcome::answer holds only
  /// figures; without, the answer is collected. When it returns the ledger's rows are durable: only
  /// then may the last byte go out. Never throws; failures are Outcome::error.
  Task<Outcome> answer(CorridorRequest& request, AnswerSink* stream, Runtime& runtime);

  /// The decision without a call, as JSON: class, candidates with the reason each was or was not
  /// taken, plan, strategy, what it would hold.
  Result<std::string> explain(const CorridorRequest& request);

  /// How many tokens the prompt has for the model that would be asked first: by its provider's own
  /// count where it has one, else estimated. Costs nothing and leaves no row.
  Task<Result<TokenCount>> countTokens(CorridorRequest& request, Runtime& runtime);

  /// Null where strategies learn nothing.
  FeedbackDesk* feedback() const { return parts_.feedback; }

  std::shared_ptr<const Serving> serving() const;
  /// For requests from now on; those under way keep what they began with. Its strategies take over
  /// what those in their places had learnt; blocks for the store.
  void swap(std::shared_ptr<const Serving> serving);

 private:
  Task<void> handOver(CorridorRequest& request, const Serving& serving, AnswerSink* stream,
                      Runtime& runtime, Outcome& outcome, std::string& record);
  Task<void> account(const CorridorRequest& request, const RequestClass& requestClass,
                     const Selection& selection, const Plan& plan, std::string_view handedOver,
                     Outcome& outcome, Runtime& runtime);

  Parts parts_;
  Snapshot<const Serving> serving_;
};

}  // namespace pagoda::services
