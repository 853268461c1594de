#pragma once
// One coroutine that waits for a turn or an answer which other code of the same loop gives.

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/net/event_loop.h"
#include "core/net/stream.h"
#include "core/net/timer_wheel.h"

namespace pagoda::net {

/// `WaitStatus s = co_await waiter->wait(deadline, cancel);` Ready: wake() was called, before or
/// meanwhile. Held by shared_ptr, so that whoever wakes may come late; the coroutine that waits
/// holds a WaitGuard, so that nothing resumes it once it is gone.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  explicit Waiter(EventLoop& loop) : loop_(loop) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Resumes the coroutine in a later round: the caller's own work comes first.
  void wake() {
    if (woken_) return;
    woken_ = true;
    loop_.post([self = shared_from_this()] { self->finish(WaitStatus::Ready); });
  }
  bool woken() const noexcept { return woken_; }

  auto wait(TimePoint deadline, CancelSource* cancel) {
    struct Awaiter {
      Waiter& waiter;
      TimePoint deadline;
      CancelSource* cancel;
      bool await_ready() const noexcept { return waiter.woken_ || (cancel && cancel->cancelled()); }
      void await_suspend(std::coroutine_handle<> handle) const {
        waiter.handle_ = handle;
        waiter.loop_.schedule(waiter.timer_, deadline);
        if (!cancel) return;
        waiter.registration_.emplace(cancel, [w = &waiter] { w->finish(WaitStatus::Cancelled); });
      }
      WaitStatus await_resume() const noexcept {
        waiter.registration_.reset();
        return cancel && cancel->cancelled() ? WaitStatus::Cancelled : waiter.status_;
      }
    };
    return Awaiter{*this, deadline, cancel};
  }
  /// The coroutine is going away: nothing may resume it any more.
  void abandon() noexcept {
    handle_ = nullptr;
    timer_.cancel();
    registration_.reset();
  }

 private:
  void finish(WaitStatus status) {
    if (!handle_) return;
    timer_.cancel();
    status_ = status;
    std::exchange(handle_, nullptr).resume();
  }

  EventLoop& loop_;
  std::coroutine_handle<> handle_;
  std::optional<CancelRegistration> registration_;
  Timer timer_{this, [](void* self) { static_cast<Waiter*>(self)->finish(WaitStatus::TimedOut); }};
  WaitStatus status_ = WaitStatus::Ready;
  bool woken_ = false;
};

class WaitGuard {
 public:
  explicit WaitGuard(Waiter& waiter) : waiter_(waiter) {}
  WaitGuard(const WaitGuard&) = delete;
  WaitGuard& operator=(const WaitGuard&) = delete;
  ~WaitGuard() { waiter_.abandon(); }

 private:
  Waiter& waiter_;
};

}  // namespace pagoda::net
