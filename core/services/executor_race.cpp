// Several candidates for one answer: the first to say something has it, the others are stopped and
// billed for what they did. A candidate joins after its delay, or as soon as the one before it has
// failed.

#include <coroutine>
#include <deque>
#include <utility>

#include "core/services/executor.h"
#include "core/services/retry_rules.h"

namespace pagoda::services {

struct Executor::Race {
  /// One step of the plan. The sources belong to the race, so that whoever is stopped can stop.
  struct Lane {
    explicit Lane(CancelSource* client)
        : clientGone(client, [this] {
            wait.cancel();
            run.cancel();
          }) {}
    const PlanStep* step = nullptr;
    CancelSource wait;  ///< ends the delay
    CancelSource run;   ///< ends the attempt
    CancelRegistration clientGone;
    bool started = false;
  };

  void claimedBy(std::size_t lane) {
    winner = lane;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (i == lane) continue;
      lanes[i].wait.cancel();
      lanes[i].run.cancel();
    }
  }
  void startNext() {
    for (Lane& lane : lanes) {
      if (lane.started) continue;
      lane.started = true;
      lane.wait.cancel();
      return;
    }
  }
  auto finished() {
    struct Awaiter {
      Race& race;
      bool await_ready() const noexcept { return race.running == 0; }
      void await_suspend(std::coroutine_handle<> handle) const noexcept { race.waiter = handle; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

  const Selection* selection = nullptr;
  std::deque<Lane> lanes;
  std::optional<std::size_t> winner;
  bool answered = false;
  bool stopped = false;  ///< a failure that no other candidate would mend
  std::size_t running = 0;
  TimePoint begun;
  std::coroutine_handle<> waiter;
};

Task<void> Executor::runRace(const Plan& plan, const Selection& selection) {
  Race race;
  race.selection = &selection;
  race.begun = runtime_.clock().now();
  for (const PlanStep& step : plan.steps) {
    race.lanes.emplace_back(request_.cancel);
    race.lanes.back().step = &step;
  }
  lastStep_ = true;
  race.running = race.lanes.size();
  for (std::size_t i = 0; i < race.lanes.size(); ++i) spawn(runLane(race, i));
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
  Race::Lane& lane = race.lanes[at];
  if (at > 0) {
    const TimePoint start = std::min(race.begun + lane.step->delay, request_.deadline);
    co_await runtime_.sleepUntil(start, &lane.wait);
  }
  lane.started = true;
  const bool gone = request_.cancel != nullptr && request_.cancel->cancelled();
  if (!race.winner && !race.stopped && !gone) {
    Try one;
    one.candidate = &race.selection->candidates[lane.step->candidate];
    one.maxOutput = race.selection->maxOutput[lane.step->candidate];
    if (lane.step->maxOutputTokens > 0)
      one.maxOutput = std::min(one.maxOutput, lane.step->maxOutputTokens);
    one.timeout = lane.step->timeout;
    one.cancel = &lane.run;
    one.claim = [&race, at] {
      if (race.winner) return *race.winner == at;
      race.claimedBy(at);
      return true;
    };
    // The last hope is asked even if it was down.
    one.forced = at + 1 == race.lanes.size() && outcome_.attempts.size() >= nextNumber_;
    Next next = co_await attempt(one);
    for (int keys = 1; next == Next::NextKey && keys < kMostKeys; ++keys)
      next = co_await attempt(one);
    if (next == Next::Done) race.answered = true;
    if (next == Next::Stop) {
      race.stopped = true;
      for (Race::Lane& other : race.lanes) other.wait.cancel();
    } else if (next != Next::Done && !race.winner) {
      race.startNext();
    }
  }
  if (--race.running == 0 && race.waiter) std::exchange(race.waiter, nullptr).resume();
}

}  // namespace pagoda::services
