#pragma once
// One event loop as the corridor sees it. A request lives on its loop from parse to respond; all of
// these are called on that loop unless they say otherwise.

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/base/task.h"

namespace pagoda {

class HttpClient;

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual const Clock& clock() const noexcept = 0;
  /// This loop's upstream client: its pools are the loop's own, so the hot path takes no lock.
  virtual HttpClient& http() = 0;
  /// Waits until `when`, or until `cancel` is cancelled; true if the time came.
  virtual Task<bool> sleepUntil(TimePoint when, CancelSource* cancel) = 0;
  /// Runs `work` on this loop, soon. From any thread.
  virtual void post(std::function<void()> work) = 0;
  /// Runs `work` on a bounded pool of workers; it may block there. False: the queue is full and
  /// nothing was done. From any thread.
  virtual bool offload(std::function<void()> work) = 0;
};

/// A slot that is filled once from any thread and awaited on a loop:
/// `Completion<T> done(runtime); startSomething([slot = done.slot()](T v) { slot(std::move(v)); });
///  T v = co_await done.wait();` The slot may outlive the waiter; then its value is dropped.
template <class T>
class Completion {
 public:
  explicit Completion(Runtime& runtime) : state_(std::make_shared<State>(runtime)) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;
  ~Completion() { state_->abandoned = true; }

  std::function<void(T)> slot() {
    return [state = state_](T value) {
      // Even a value that is ready at once goes through the loop: resuming here would run the
      // request inside whoever completes it.
      auto held = std::make_shared<T>(std::move(value));
      state->runtime.post([state, held] {
        if (state->abandoned || state->value) return;
        state->value.emplace(std::move(*held));
        if (state->waiter) std::exchange(state->waiter, nullptr).resume();
      });
    };
  }

  auto wait() {
    struct Awaiter {
      State* state;
      bool await_ready() const noexcept { return state->value.has_value(); }
      void await_suspend(std::coroutine_handle<> handle) const noexcept { state->waiter = handle; }
      T await_resume() const { return std::move(*state->value); }
    };
    return Awaiter{state_.get()};
  }

 private:
  struct State {
    explicit State(Runtime& r) : runtime(r) {}
    Runtime& runtime;
    bool abandoned = false;  // loop only
    std::optional<T> value;  // loop only
    std::coroutine_handle<> waiter;
  };
  std::shared_ptr<State> state_;
};

}  // namespace pagoda
