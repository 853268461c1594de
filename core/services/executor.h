#pragma once
// Carries out a plan: FALLBACK over its steps, retries with jitter inside the deadline, one hold
// and one record per attempt.

#include <string>
#include <vector>

#include "core/services/orchestrator.h"
#include "core/services/selector.h"

namespace pagoda::services {

class AnswerTap;

/// One plan's run. Lives on the request's loop, as long as the request.
class Executor {
 public:
  Executor(Orchestrator::Parts& parts, const Serving& serving, CorridorRequest& request,
           AnswerSink* stream, Runtime& runtime, Outcome& outcome);

  /// Fills outcome.attempts, answer, model, provider, tier, cost, and error if every attempt
  /// failed.
  Task<void> run(const Plan& plan, const Selection& selection);

 private:
  enum class Next { Done, NextKey, Retry, NextStep, Stop };

  Task<bool> runSteps(const Plan& plan, const Selection& selection);
  Task<void> runBatches(const Plan& plan, const Selection& selection);
  Task<Next> attempt(const Candidate& candidate, Tokens maxOutput, Millis timeout);
  Money worstCaseOf(const Candidate& candidate) const;
  void estimate(AttemptRecord& record, const AnswerTap& tap) const;
  void account(AttemptRecord& record, const AnswerTap& tap, class Hold hold, bool cancelled) const;
  Task<bool> backOff(int tries, std::optional<Millis> told);
  void fail(ErrorCode code, std::string message);
  void failFromLast();

  Orchestrator::Parts& parts_;
  const Serving& serving_;
  CorridorRequest& request_;
  AnswerSink* stream_;
  Runtime& runtime_;
  Outcome& outcome_;
  int triesLeft_ = 0;
  bool lastStep_ = false;
  std::optional<EmbeddingRequest> batch_;  ///< of an embedding request, what is asked for now
  std::optional<Error> refusal_;           ///< why an attempt could not even begin
};

}  // namespace pagoda::services
