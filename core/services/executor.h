#pragma once
// Carries out a plan: its steps one after the other or at once, retries with jitter inside the
// deadline and the models' retry budgets, one hold and one record per attempt.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/services/budget_ledger.h"
#include "core/services/orchestrator.h"
#include "core/services/resuming_sink.h"
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
  enum class Next { Done, NextKey, Retry, NextStep, Stop, Resting };
  /// What one attempt is to do.
  struct Try {
    const Candidate* candidate = nullptr;
    Tokens maxOutput = -1;
    Millis timeout{0};
    bool forced = false;                ///< though the model's breaker is open
    bool collect = false;               ///< the answer is not for the client as it comes
    const ChatRequest* chat = nullptr;  ///< in place of the request's own
    CancelSource* cancel = nullptr;
    std::function<bool()> claim;  ///< Race: true if the answer may be this one; may be empty
  };
  /// Of a plan whose steps build on each other.
  struct Staged {
    bool collect = false;
    const ChatRequest* chat = nullptr;
  };
  struct Race;
  struct Ensemble;
  static constexpr int kMostKeys = 16;  ///< of one provider that are tried for one request

  Task<bool> runSteps(const Plan& plan, const Selection& selection);
  Task<Next> runStep(const PlanStep& step, const Selection& selection, bool forced,
                     const Staged& stage);
  Task<void> runStaged(const Plan& plan, const Selection& selection);
  Task<void> runRace(const Plan& plan, const Selection& selection);
  Task<void> runLane(Race& race, std::size_t lane);
  Task<void> runEnsemble(const Plan& plan, const Selection& selection);
  Task<void> runVoice(Ensemble& ensemble, std::size_t at);
  Task<void> combine(const Plan& plan, const Selection& selection, Ensemble& ensemble);
  void deliver(const Candidate& candidate, ChatAnswer answer);
  Task<void> runBatches(const Plan& plan, const Selection& selection);
  Task<Next> attempt(const Try& one);
  static Try tryOf(const PlanStep& step, const Selection& selection);
  Result<Hold> setAside(const Candidate& candidate, const ChatRequest* chat, AttemptRecord& record);
  void identify(const Candidate& candidate);
  AttemptStatus judged(AttemptStatus status, const AnswerTap& tap, bool streaming,
                       TimePoint deadline) const;
  Next after(const AttemptRecord& record) const;
  Money worstCaseOf(const Candidate& candidate, const ChatRequest* chat) const;
  void estimate(AttemptRecord& record, const AnswerTap& tap) const;
  void account(AttemptRecord& record, const AnswerTap& tap, Hold hold, bool cancelled) const;
  void addBrokenUsage();
  Task<bool> backOff(int tries, std::optional<Millis> told);
  void fail(ErrorCode code, std::string message);
  const AttemptRecord* tellingAttempt() const;
  void failFromAttempts();

  Orchestrator::Parts& parts_;
  const Serving& serving_;
  CorridorRequest& request_;
  AnswerSink* stream_;
  Runtime& runtime_;
  Outcome& outcome_;
  int triesLeft_ = 0;
  std::size_t firstOwn_ = 0;      ///< of the outcome's attempts
  std::uint32_t nextNumber_ = 0;  ///< of the next attempt
  bool lastStep_ = false;
  bool filterElsewhere_ = false;
  Money envelope_;  ///< that all attempts together may cost
  Money heldNow_;   ///< for those under way
  std::optional<ResumingSink> resuming_;
  std::optional<EmbeddingRequest> batch_;  ///< of an embedding request, what is asked for now
  std::optional<Error> refusal_;           ///< why an attempt could not even begin
};

}  // namespace pagoda::services
