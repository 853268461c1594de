// Plans whose steps build on each other's answers: a cascade goes on where an answer is weak, a
// refinement gives each answer to the next model to improve on. What is not the last step's is
// collected, since the client must not see what may be thrown away.

#include <utility>

#include "core/services/answer_checks.h"
#include "core/services/executor.h"
#include "core/services/hand_over.h"

namespace pagoda::services {

Task<void> Executor::runStaged(const Plan& plan, const Selection& selection) {
  std::optional<std::pair<const Candidate*, ChatAnswer>> kept;
  std::optional<ChatRequest> improve;
  for (std::size_t at = 0; at < plan.steps.size(); ++at) {
    const PlanStep& step = plan.steps[at];
    lastStep_ = at + 1 == plan.steps.size();
    Staged stage;
    stage.collect = !lastStep_;
    stage.chat = improve ? &*improve : nullptr;
    const Next next = co_await runStep(step, selection, false, stage);
    if (next == Next::Stop) break;
    if (next == Next::Done) {
      // The last one's is on its way already, if the client wants a stream.
      if (lastStep_) co_return;
      kept.emplace(&selection.candidates[step.candidate], std::move(outcome_.answer));
      if (plan.mode == PlanMode::Cascade) {
        std::string weakness = weaknessOf(request_.chat, kept->second);
        if (weakness.empty()) break;
        outcome_.attempts.back().weakness = std::move(weakness);
      } else if (kept->second.choices.empty() || kept->second.choices.front().text.empty()) {
        break;  // a tool call, or nothing: there is no draft to improve
      } else {
        improve = withDraft(request_.chat, kept->second, plan.steps[at + 1].instruction);
      }
    }
    if (triesLeft_ <= 0 || runtime_.clock().now() >= request_.deadline) break;
  }
  const bool begun = !outcome_.attempts.empty() && outcome_.attempts.back().delivered;
  if (!kept && nextNumber_ == firstOwn_) {
    // Everybody is being left alone: whoever answers is good enough.
    co_await runSteps(plan, selection);
  } else if (!kept || begun) {
    failFromAttempts();
  } else {
    // A weak answer, or one that could not be improved, is better than none.
    deliver(*kept->first, std::move(kept->second));
  }
}

}  // namespace pagoda::services
