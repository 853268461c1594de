#include "core/plugin_host/native_call.h"

#include <utility>

#include "core/plugin_host/provider_instance.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"
#include "core/plugin_host/work_queue.h"

namespace pagoda::plugin_host {
namespace {

using Invoke = pagoda_status(pagoda_provider*, const pagoda_call*, const pagoda_chat_request*,
                             pagoda_error*);
using Cancel = void(pagoda_provider*, std::uint64_t);

std::uint64_t nextCallId() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

OwnedEvent::OwnedEvent(const Event& event)
    : event_(event), text_(event.text), id_(event.id), name_(event.name), data_(event.data) {
  if (event.usage != nullptr) usage_ = *event.usage;
}

Event OwnedEvent::view() const {
  Event event = event_;
  event.text = text_;
  event.id = id_;
  event.name = name_;
  event.data = data_;
  if (event.usage != nullptr) event.usage = &usage_;
  return event;
}

std::size_t OwnedEvent::size() const {
  return sizeof(OwnedEvent) + text_.size() + id_.size() + name_.size() + data_.size();
}

/// What the plugin calls, from any thread; lets no exception out.
struct NativeCall::Calls {
  static std::int32_t PAGODA_CALL cancelled(const pagoda_call* call) noexcept {
    return static_cast<NativeCall*>(call->impl)->cancelled_.load(std::memory_order_relaxed) ? 1 : 0;
  }
  static void PAGODA_CALL finish(const pagoda_call* call, pagoda_status status,
                                 const pagoda_error* error) noexcept {
    try {
      static_cast<NativeCall*>(call->impl)->finish(status < 0 ? status : PAGODA_OK, error);
    } catch (...) {  // out of memory: the deadline ends the attempt
    }
  }
  static pagoda_status PAGODA_CALL emit(const pagoda_event_sink* sink,
                                        const pagoda_event* event) noexcept {
    try {
      return static_cast<NativeCall*>(sink->impl)->emit(event);
    } catch (...) {
      return PAGODA_E_NO_MEMORY;
    }
  }
};

NativeCall::NativeCall(std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
                       const ChatRequest& request, Runtime& runtime)
    : instance_(std::move(instance)),
      view_(context, request, instance_->baseUrl()),
      loop_(std::this_thread::get_id()),
      runtime_(&runtime),
      gate_(instance_->limits(), request.choices, instance_->library().figures()) {
  sink_.struct_size = sizeof sink_;
  sink_.impl = this;
  sink_.emit = Calls::emit;
  call_.struct_size = sizeof call_;
  call_.impl = this;
  call_.id = nextCallId();
  call_.attempt = view_.attempt();
  call_.events = &sink_;
  call_.cancelled = Calls::cancelled;
  call_.finish = Calls::finish;
}

bool NativeCall::start() {
  {
    const std::scoped_lock lock(mutex_);
    self_ = shared_from_this();
  }
  WorkQueue* pool = instance_->blockingPool();
  if (pool == nullptr) {
    run();
    return true;
  }
  if (pool->post(Duration::zero(), [call = shared_from_this()] { call->run(); }) != 0) return true;
  const std::scoped_lock lock(mutex_);
  self_.reset();
  finished_ = true;
  return false;
}

void NativeCall::run() {
  // Given up while it waited for a worker: the plugin need not hear of it.
  if (cancelled_.load(std::memory_order_relaxed)) {
    finish(PAGODA_E_CANCELLED, nullptr);
    return;
  }
  pagoda_error error = freshError();
  const pagoda_status status = callPlugin(instance_->callee(), "invoke", &error,
                                          static_cast<Invoke*>(instance_->api().invoke),
                                          instance_->plugin(), &call_, view_.request(), &error);
  if (status != PAGODA_PENDING) finish(status < 0 ? status : PAGODA_OK, &error);
}

void NativeCall::finish(pagoda_status status, const pagoda_error* error) {
  std::shared_ptr<NativeCall> self;
  bool toWorker = false;
  {
    const std::scoped_lock lock(mutex_);
    if (finished_) {  // twice, or after invoke said that it was done
      instance_->library().figures().errors.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    finished_ = true;
    self = std::move(self_);
    toWorker = runtime_ == nullptr || std::this_thread::get_id() != loop_;
    if (std::exchange(countedStuck_, false)) {
      instance_->stuck().fetch_sub(1, std::memory_order_relaxed);
      // Released: who reads that nothing is stuck may rely on the plugin being done.
      instance_->library().figures().stuckCalls.fetch_sub(1, std::memory_order_release);
    }
    if (!outcome_) {
      auto failed = gate_.failure();
      if (!failed && status < 0)
        failed = failureOf(status, error == nullptr ? freshError() : *error, instance_->secrets());
      if (!failed) failed = gate_.checkEnd();
      outcome_.emplace();
      if (failed) *outcome_ = tl::unexpected<AttemptFailure>(std::move(*failed));
    }
    schedule();
  }
  release(std::move(self), toWorker);
}

// The plugin's last reference may be the last of all, and the instance's destroy() may wait for the
// very thread that is calling us.
void NativeCall::release(std::shared_ptr<NativeCall> self, bool toWorker) {
  if (!toWorker || !self) return;
  WorkQueue& work = instance_->parts().work;
  work.post(Duration::zero(), [held = std::move(self)] {});
}

pagoda_status NativeCall::emit(const pagoda_event* event) {
  std::unique_lock lock(mutex_);
  if (givenUp_)
    return outcome_->error().kind == FailureKind::Deadline ? PAGODA_E_DEADLINE : PAGODA_E_CANCELLED;
  if (finished_) return PAGODA_E_BAD_STATE;
  std::optional<Event> checked;
  if (const pagoda_status status = gate_.check(event, checked); status < 0) return status;
  if (!checked) return PAGODA_OK;
  OwnedEvent owned(*checked);
  const std::size_t size = owned.size();
  // Back-pressure, except on the loop, which would wait for itself.
  const std::size_t limit = instance_->limits().nativeQueue;
  if (std::this_thread::get_id() != loop_)
    room_.wait(lock,
               [&] { return givenUp_ || finished_ || queue_.empty() || queued_ + size <= limit; });
  if (givenUp_ || finished_) return PAGODA_E_CANCELLED;
  queued_ += size;
  queue_.push_back(std::move(owned));
  schedule();
  return PAGODA_OK;
}

void NativeCall::schedule() {
  if (runtime_ == nullptr || scheduled_) return;
  // On the loop with nobody waiting, the corridor will look by itself.
  if (!waiter_ && std::this_thread::get_id() == loop_) return;
  scheduled_ = true;
  runtime_->post([call = shared_from_this()] { call->wake(); });
}

void NativeCall::wake() {
  std::coroutine_handle<> waiter;
  {
    const std::scoped_lock lock(mutex_);
    scheduled_ = false;
    if (queue_.empty() && !outcome_) return;
    waiter = std::exchange(waiter_, nullptr);
  }
  if (waiter) waiter.resume();
}

bool NativeCall::ready() const {
  const std::scoped_lock lock(mutex_);
  return !queue_.empty() || outcome_;
}

bool NativeCall::suspend(std::coroutine_handle<> waiter) {
  const std::scoped_lock lock(mutex_);
  if (!queue_.empty() || outcome_) return false;
  waiter_ = waiter;
  return true;
}

NativeBatch NativeCall::take() {
  NativeBatch batch;
  const std::scoped_lock lock(mutex_);
  batch.events = std::exchange(queue_, {});
  queued_ = 0;
  room_.notify_all();
  if (outcome_) {
    batch.ended = true;
    batch.status = *outcome_;
  }
  return batch;
}

bool NativeCall::ended() const {
  const std::scoped_lock lock(mutex_);
  return outcome_.has_value();
}

void NativeCall::giveUp(FailureKind kind, std::string message) {
  bool ask = false;
  std::coroutine_handle<> waiter;
  {
    const std::scoped_lock lock(mutex_);
    if (outcome_) return;
    givenUp_ = true;
    cancelled_.store(true, std::memory_order_relaxed);
    outcome_ = tl::unexpected<AttemptFailure>(failure(kind, std::move(message)));
    queue_.clear();
    queued_ = 0;
    ask = !finished_;
    waiter = std::exchange(waiter_, nullptr);
    room_.notify_all();
  }
  const auto self = shared_from_this();
  if (ask) {
    if (instance_->api().cancel != nullptr)
      tellPlugin(instance_->callee(), "cancel", static_cast<Cancel*>(instance_->api().cancel),
                 instance_->plugin(), call_.id);
    watchStuck();
  }
  if (waiter) waiter.resume();
}

void NativeCall::watchStuck() {
  {
    const std::scoped_lock lock(mutex_);
    if (finished_) return;  // cancel() ended it at once
  }
  const auto count = [call = shared_from_this()] {
    const std::scoped_lock lock(call->mutex_);
    if (call->finished_) return;
    call->countedStuck_ = true;
    call->instance_->stuck().fetch_add(1, std::memory_order_relaxed);
    call->instance_->library().figures().stuckCalls.fetch_add(1, std::memory_order_relaxed);
  };
  if (instance_->limits().stuckAfter <= Millis::zero()) {
    count();
  } else {
    instance_->parts().work.post(instance_->limits().stuckAfter, count);
  }
}

void NativeCall::detach() {
  watch_.cancel();
  giveUp(FailureKind::Cancelled, "the attempt was abandoned");
  const std::scoped_lock lock(mutex_);
  runtime_ = nullptr;
  waiter_ = nullptr;
}

namespace {

Task<void> watchDeadline(std::shared_ptr<NativeCall> call, Runtime& runtime, TimePoint deadline) {
  const bool due = co_await runtime.sleepUntil(deadline, &call->watch());
  if (due) call->giveUp(FailureKind::Deadline, "the request's deadline passed");
}

/// Leaves the call however the coroutine ends, also when its frame is destroyed while it waits.
struct Leave {
  NativeCall& call;
  ~Leave() { call.detach(); }
};

tl::unexpected<AttemptFailure> failed(FailureKind kind, std::string message) {
  return tl::unexpected<AttemptFailure>(failure(kind, std::move(message)));
}

}  // namespace

Task<AttemptStatus> invokeNative(std::shared_ptr<ProviderInstance> instance,
                                 const AttemptContext& context, const ChatRequest& request,
                                 EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                                 CancelSource* cancel) {
  if (instance->stuck().load(std::memory_order_relaxed) >= instance->mostStuck())
    co_return failed(FailureKind::Unavailable, "the plugin holds " +
                                                   std::to_string(instance->mostStuck()) +
                                                   " calls that it does not end");
  if (cancel != nullptr && cancel->cancelled())
    co_return failed(FailureKind::Cancelled, "the client went away");

  const auto call = std::make_shared<NativeCall>(instance, context, request, runtime);
  const Leave leave{*call};
  const CancelRegistration onCancel(cancel, [gone = call.get()] {
    gone->giveUp(FailureKind::Cancelled, "the client went away");
  });
  if (!call->start())
    co_return failed(FailureKind::Overloaded, "too many requests wait for the plugin");
  if (!call->ended() && context.deadline != TimePoint::max())
    spawn(watchDeadline(call, runtime, context.deadline));

  for (;;) {
    NativeBatch batch = co_await call->next();
    for (const OwnedEvent& event : batch.events) {
      if (!sink.emit(event.view()))
        co_return failed(FailureKind::Cancelled, "the caller stopped the answer");
    }
    if (!batch.events.empty()) {
      const Result<void> drained = co_await afterBatch();
      if (!drained) co_return failed(FailureKind::Cancelled, drained.error().message);
    }
    if (batch.ended) co_return std::move(batch.status);
  }
}

}  // namespace pagoda::plugin_host
