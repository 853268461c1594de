#pragma once
// Attempts that run at the same time on one loop, and the wait for all of them.

#include <coroutine>
#include <cstddef>
#include <deque>
#include <utility>

#include "core/base/cancel.h"
#include "core/domain/routing.h"

namespace pagoda::services {

/// Lives until finished() has been awaited.
struct Lanes {
  /// One step of the plan. The sources belong to the lanes, so that whoever is stopped can stop.
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

  void add(const PlanStep& step, CancelSource* client) {
    all.emplace_back(client);
    all.back().step = &step;
    ++running;
  }
  /// A lane's last act.
  void leave() {
    if (--running == 0 && waiter) std::exchange(waiter, nullptr).resume();
  }
  auto finished() {
    struct Awaiter {
      Lanes& lanes;
      bool await_ready() const noexcept { return lanes.running == 0; }
      void await_suspend(std::coroutine_handle<> handle) const noexcept { lanes.waiter = handle; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

  std::deque<Lane> all;
  std::size_t running = 0;
  std::coroutine_handle<> waiter;
};

}  // namespace pagoda::services
