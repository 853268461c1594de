// Several answers at once, and one made of them: by vote, or by a judge that picks one or writes
// one out of all. Everybody's hold and cost come out of the plan's one envelope; where it has no
// money for the judge, or the judge fails, the vote decides.

#include <algorithm>
#include <utility>

#include "core/services/answer_checks.h"
#include "core/services/ballot.h"
#include "core/services/executor.h"
#include "core/services/executor_lanes.h"
#include "core/services/hand_over.h"

namespace pagoda::services {

struct Executor::Ensemble : Lanes {
  struct Voice {
    std::size_t lane = 0;
    ChatAnswer answer;
    bool weak = false;
  };
  const Selection* selection = nullptr;
  std::size_t quorum = 0;
  std::vector<Voice> voices;  ///< as they come
};

Task<void> Executor::runEnsemble(const Plan& plan, const Selection& selection) {
  Ensemble ensemble;
  ensemble.selection = &selection;
  Plan plain;  // those who answer, one after the other
  for (const PlanStep& step : plan.steps) {
    if (step.judge) continue;
    ensemble.add(step, request_.cancel);
    plain.steps.push_back(step);
  }
  ensemble.quorum = plan.quorum == 0 ? ensemble.all.size()
                                     : std::min<std::size_t>(plan.quorum, ensemble.all.size());
  lastStep_ = true;
  for (std::size_t i = 0; i < ensemble.all.size(); ++i) spawn(runVoice(ensemble, i));
  co_await ensemble.finished();
  // Ties go to the plan's order, whoever was quicker.
  std::ranges::sort(ensemble.voices, {}, &Ensemble::Voice::lane);
  const bool asked = nextNumber_ > firstOwn_;
  if (!ensemble.voices.empty()) {
    co_await combine(plan, selection, ensemble);
  } else if (!asked && !plain.steps.empty()) {
    // Everybody is being left alone: whoever answers is good enough.
    co_await runSteps(plain, selection);
  } else {
    failFromAttempts();
  }
}

Task<void> Executor::runVoice(Ensemble& ensemble, std::size_t at) {
  Lanes::Lane& lane = ensemble.all[at];
  if (ensemble.voices.size() >= ensemble.quorum) {
    ensemble.leave();
    co_return;
  }
  Try one = tryOf(*lane.step, *ensemble.selection);
  one.collect = true;
  one.cancel = &lane.run;
  Next next = co_await attempt(one);
  for (int keys = 1; next == Next::NextKey && keys < kMostKeys; ++keys)
    next = co_await attempt(one);
  if (next == Next::Done) {
    // Nothing else has run on this loop since the attempt ended: both are this lane's.
    Ensemble::Voice voice{at, std::move(outcome_.answer), false};
    outcome_.answer = {};
    std::string weakness = weaknessOf(request_.chat, voice.answer);
    voice.weak = !weakness.empty();
    outcome_.attempts.back().weakness = std::move(weakness);
    ensemble.voices.push_back(std::move(voice));
    if (ensemble.voices.size() >= ensemble.quorum)
      for (Lanes::Lane& other : ensemble.all) other.run.cancel();
  }
  ensemble.leave();
}

Task<void> Executor::combine(const Plan& plan, const Selection& selection, Ensemble& ensemble) {
  std::vector<Ensemble::Voice>& voices = ensemble.voices;
  // Weak answers count only where there is no other.
  const auto weak = [](const Ensemble::Voice& voice) { return voice.weak; };
  if (!std::ranges::all_of(voices, weak)) std::erase_if(voices, weak);
  std::optional<std::size_t> best;
  const auto judge = std::ranges::find(plan.steps, true, &PlanStep::judge);
  if (voices.size() > 1 && plan.combine != Combine::Vote && judge != plan.steps.end()) {
    const bool merge = plan.combine == Combine::Merge;
    std::vector<const ChatAnswer*> answers;
    for (const Ensemble::Voice& voice : voices) answers.push_back(&voice.answer);
    const ChatRequest chat = withAnswers(request_.chat, answers, judge->instruction, merge);
    Staged stage;
    stage.collect = !merge;
    stage.chat = &chat;
    triesLeft_ = std::max(triesLeft_, 1);
    const Next next = co_await runStep(*judge, selection, false, stage);
    if (next == Next::Done && merge) co_return;  // it is on its way, if the client wants a stream
    const bool begun = !outcome_.attempts.empty() && outcome_.attempts.back().delivered;
    if (begun) {
      failFromAttempts();
      co_return;
    }
    if (next == Next::Done && !outcome_.answer.choices.empty())
      best = namedBy(outcome_.answer.choices.front().text, voices.size());
    if (best) --*best;
  }
  if (!best) {
    std::vector<Vote> votes;
    for (const Ensemble::Voice& voice : voices)
      votes.push_back({gistOf(voice.answer), ensemble.all[voice.lane].step->weight});
    best = winnerOf(votes);
  }
  Ensemble::Voice& winner = voices[*best];
  deliver(selection.candidates[ensemble.all[winner.lane].step->candidate],
          std::move(winner.answer));
}

/// An answer that was collected becomes the client's.
void Executor::deliver(const Candidate& candidate, ChatAnswer answer) {
  identify(candidate);
  outcome_.answer = std::move(answer);
  if (stream_ != nullptr) replay(outcome_, *stream_);
}

}  // namespace pagoda::services
