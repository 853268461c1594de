#pragma once
// A real event loop on a thread of its own, with a clock that the test moves.

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/net/event_loop_group.h"
#include "core/net/worker_pool.h"

namespace pagoda::testing {

/// Thread-safe.
class ManualClock final : public Clock {
 public:
  TimePoint now() const noexcept override {
    return TimePoint{} + std::chrono::hours(1) + elapsed();
  }
  UnixMillis unixNow() const noexcept override {
    return 1'795'564'800'000 + std::chrono::duration_cast<Millis>(elapsed()).count();
  }
  void advance(Duration by) { elapsed_ += by.count(); }

 private:
  Duration elapsed() const noexcept { return Duration(elapsed_.load()); }
  std::atomic<Duration::rep> elapsed_{0};
};

class TestLoop {
 public:
  TestLoop() { group_.start(); }
  ~TestLoop() { stop(); }

  net::EventLoopGroup& group() { return group_; }
  net::EventLoop& loop() { return group_[0]; }
  ManualClock& clock() { return clock_; }
  void stop() {
    group_.stop();
    workers_.close();  // what runs there may post to the loop until now
  }

  /// Runs `work` on the loop and waits for it.
  void run(std::function<void()> work) {
    std::promise<void> done;
    loop().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  /// Runs a task on the loop to its end. `make` is called on the loop.
  template <class Make>
  auto await(Make make) {
    using T = decltype(std::declval<Make&>()().operator co_await().await_resume());
    std::promise<T> done;
    loop().post([&] { spawn(fulfil<T>(make, done)); });
    return done.get_future().get();
  }

  /// Returns when the loop has served all that had been sent to it before.
  void settle() {
    // Each round polls after it has taken what was posted, so its events come before that.
    for (int round = 0; round < 3; ++round) run([] {});
  }

  /// Moves the clock, and waits for the timers that are due.
  void advance(Duration by) {
    settle();
    clock_.advance(by);
    settle();
  }

 private:
  template <class T, class Make>
  static Task<void> fulfil(Make& make, std::promise<T>& done) {
    auto task = make();
    if constexpr (std::is_void_v<T>) {
      co_await task;
      done.set_value();
    } else {
      T value = co_await task;
      done.set_value(std::move(value));
    }
  }

  ManualClock clock_;
  net::WorkerPool workers_{2, 16};
  net::EventLoopGroup group_{1, clock_, workers_};
};

}  // namespace pagoda::testing
