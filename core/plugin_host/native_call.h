#pragma once
// A NATIVE provider's attempt. The plugin may answer on the loop, on a worker or from a thread of
// its own, may be late, and may never come back: so the call is shared between the corridor and the
// plugin, and whoever comes last lets it go.

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <pagoda/provider.h>

#include "core/base/cancel.h"
#include "core/domain/provider.h"
#include "core/plugin_host/event_gate.h"
#include "core/plugin_host/request_view.h"

namespace pagoda::plugin_host {

class ProviderInstance;

/// A copy of an event, on its way to the loop.
struct OwnedEvent {
  explicit OwnedEvent(const Event& event);
  Event view() const;
  std::size_t size() const;

 private:
  Event event_;
  std::string text_, id_, name_, data_;
  Usage usage_;
};

/// What arrived since the loop last looked. `ended`: `status` is the attempt's, and nothing
/// follows.
struct NativeBatch {
  std::vector<OwnedEvent> events;
  bool ended = false;
  AttemptStatus status;
};

class NativeCall : public std::enable_shared_from_this<NativeCall> {
 public:
  NativeCall(std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
             const ChatRequest& request, Runtime& runtime);
  NativeCall(const NativeCall&) = delete;
  NativeCall& operator=(const NativeCall&) = delete;

  // ---- the loop ----

  /// Calls the plugin, here or on the instance's workers. False: too many calls wait for a worker.
  bool start();
  /// `NativeBatch batch = co_await call.next();`
  auto next() {
    struct Awaiter {
      NativeCall* call;
      bool await_ready() const { return call->ready(); }
      bool await_suspend(std::coroutine_handle<> waiter) const { return call->suspend(waiter); }
      NativeBatch await_resume() const { return call->take(); }
    };
    return Awaiter{this};
  }
  bool ended() const;
  /// Ends the attempt with a failure and asks the plugin to stop; the call lives on until the
  /// plugin is done. May resume the waiter.
  void giveUp(FailureKind kind, std::string message);
  /// The corridor leaves: nothing is posted to the loop any more.
  void detach();
  /// Cancelled by detach(); for the watch over the deadline.
  CancelSource& watch() { return watch_; }

 private:
  struct Calls;

  void run();
  void finish(pagoda_status status, const pagoda_error* error);
  pagoda_status emit(const pagoda_event* event);
  bool ready() const;
  bool suspend(std::coroutine_handle<> waiter);
  NativeBatch take();
  void schedule();  // with mutex_
  void wake();
  void watchStuck();
  void release(std::shared_ptr<NativeCall> self, bool toWorker);

  const std::shared_ptr<ProviderInstance> instance_;
  const RequestView view_;
  const std::thread::id loop_;
  pagoda_event_sink sink_{};
  pagoda_call call_{};
  CancelSource watch_;  ///< loop only
  std::atomic<bool> cancelled_{false};

  mutable std::mutex mutex_;      ///< guards what follows
  std::condition_variable room_;  ///< the queue got shorter, or the call was given up
  Runtime* runtime_;              ///< null once detached
  EventGate gate_;
  std::vector<OwnedEvent> queue_;
  std::size_t queued_ = 0;  ///< bytes
  std::optional<AttemptStatus> outcome_;
  std::coroutine_handle<> waiter_;
  std::shared_ptr<NativeCall> self_;  ///< while the plugin holds the call
  bool scheduled_ = false;
  bool finished_ = false;  ///< the plugin is done with the call
  bool givenUp_ = false;
  bool countedStuck_ = false;
};

/// The whole attempt, as Provider::invoke().
Task<AttemptStatus> invokeNative(std::shared_ptr<ProviderInstance> instance,
                                 const AttemptContext& context, const ChatRequest& request,
                                 EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                                 CancelSource* cancel);

}  // namespace pagoda::plugin_host
