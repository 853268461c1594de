#pragma once
// A Runtime without sockets: work posted from any thread runs in run(), sleeping moves a fake
// clock.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "core/domain/http_client.h"
#include "core/domain/runtime.h"

namespace pagoda::testing {

class FakeClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint{} + std::chrono::hours(1) + elapsed_; }
  /// 2026-11-25T00:00:00Z and whatever was advanced.
  UnixMillis unixNow() const noexcept override {
    return 1'795'564'800'000 + std::chrono::duration_cast<Millis>(elapsed_).count();
  }
  void advance(Duration by) { elapsed_ += by; }

 private:
  Duration elapsed_{};
};

class FakeRuntime final : public Runtime {
 public:
  explicit FakeRuntime(FakeClock& clock, HttpClient* http = nullptr) : clock_(clock), http_(http) {}

  const Clock& clock() const noexcept override { return clock_; }
  HttpClient& http() override {
    if (http_ == nullptr) throw std::logic_error("this test has no HTTP client");
    return *http_;
  }
  /// Time passes at once.
  Task<bool> sleepUntil(TimePoint when, CancelSource* cancel) override {
    if (cancel != nullptr && cancel->cancelled()) co_return false;
    if (when > clock_.now()) clock_.advance(when - clock_.now());
    co_return true;
  }
  void post(std::function<void()> work) override {
    {
      const std::scoped_lock lock(mutex_);
      queue_.push_back(std::move(work));
    }
    arrived_.notify_one();
  }
  /// The test's thread is the pool.
  bool offload(std::function<void()> work) override {
    post(std::move(work));
    return true;
  }

  /// Runs `task` to its end, with all work that it waits for, and returns what it returned.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    const auto keep = [](Task<T> owned, std::optional<T>& out) -> Task<void> {
      out.emplace(co_await owned);
    };
    spawn(keep(std::move(task), result));
    while (!result) runOne();
    return std::move(*result);
  }

 private:
  void runOne() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(20), [this] { return !queue_.empty(); }))
      throw std::runtime_error("the task waits for something that nobody does");
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
  }

  FakeClock& clock_;
  HttpClient* http_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> queue_;
};

}  // namespace pagoda::testing
