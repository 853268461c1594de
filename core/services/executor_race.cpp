// Several candidates for one answer: the first to say something has it, the others are stopped and
// billed for what they did. A candidate joins after its delay, or as soon as the one before it has
// failed.

#include "core/services/executor.h"
#include "core/services/executor_lanes.h"
#include "core/services/retry_rules.h"

namespace pagoda::services {

struct Executor::Race : Lanes {
  void claimedBy(std::size_t lane) {
    winner = lane;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i == lane) continue;
      all[i].wait.cancel();
      all[i].run.cancel();
    }
  }
  void startNext() {
    for (Lane& lane : all) {
      if (lane.started) continue;
      lane.started = true;
      lane.wait.cancel();
      return;
    }
  }

  const Selection* selection = nullptr;
  std::optional<std::size_t> winner;
  bool answered = false;
  bool stopped = false;  ///< a failure that no other candidate would mend
  TimePoint begun;
};

Task<void> Executor::runRace(const Plan& plan, const Selection& selection) {
  Race race;
  race.selection = &selection;
  race.begun = runtime_.clock().now();
  for (const PlanStep& step : plan.steps) race.add(step, request_.cancel);
  lastStep_ = true;
  for (std::size_t i = 0; i < race.all.size(); ++i) spawn(runLane(race, i));
  co_await race.finished();
  if (race.answered) co_return;
  // The winner broke off: the others may take up what the client has of it.
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!race.winner || i == *race.winner || !resuming_ || resuming_->diverged()) continue;
    const Staged whole;
    const Next next = co_await runStep(plan.steps[i], selection, false, whole);
    if (next == Next::Done) co_return;
  }
  failFromAttempts();
}

Task<void> Executor::runLane(Race& race, std::size_t at) {
  Race::Lane& lane = race.all[at];
  if (at > 0) {
    const TimePoint start = std::min(race.begun + lane.step->delay, request_.deadline);
    co_await runtime_.sleepUntil(start, &lane.wait);
  }
  lane.started = true;
  const bool gone = request_.cancel != nullptr && request_.cancel->cancelled();
  if (!race.winner && !race.stopped && !gone) {
    Try one = tryOf(*lane.step, *race.selection);
    one.cancel = &lane.run;
    one.claim = [&race, at] {
      if (race.winner) return *race.winner == at;
      race.claimedBy(at);
      return true;
    };
    // The last hope is asked even if it was down.
    one.forced = at + 1 == race.all.size() && outcome_.attempts.size() >= nextNumber_;
    Next next = co_await attempt(one);
    for (int keys = 1; next == Next::NextKey && keys < kMostKeys; ++keys)
      next = co_await attempt(one);
    if (next == Next::Done) race.answered = true;
    if (next == Next::Stop) {
      race.stopped = true;
      for (Race::Lane& other : race.all) other.wait.cancel();
    } else if (next != Next::Done && !race.winner) {
      race.startNext();
    }
  }
  race.leave();
}

}  // namespace pagoda::services
