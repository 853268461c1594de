#include "core/services/attempt_runner.h"

#include <algorithm>
#include <optional>

namespace pagoda::services {
namespace {

// A plugin that asks for one request after the other without end is broken, not thorough.
constexpr int kMostExchanges = 64;

tl::unexpected<AttemptFailure> failed(FailureKind kind, std::string message) {
  AttemptFailure failure;
  failure.kind = kind;
  failure.message = std::move(message);
  return tl::unexpected<AttemptFailure>(std::move(failure));
}

void applyLimits(UpstreamRequest& request, const AttemptLimits& limits,
                 const AttemptContext& context) {
  request.connectTimeout = limits.connect;
  // A plugin may ask for shorter waits than the operator allows, not for longer ones.
  request.firstByteTimeout = std::min(request.firstByteTimeout, limits.firstByte);
  request.idleTimeout = std::min(request.idleTimeout, limits.idle);
  request.deadline = context.deadline;
  request.fresh = context.number > 0;
  request.maxBody = limits.maxBody;
  request.maxHead = limits.maxHead;
  request.maxFrame = limits.maxEvent;
}

/// Notes when the model last said something: bytes, comments and empty deltas are no progress.
class WatchedSink final : public EventSink {
 public:
  WatchedSink(EventSink& next, const Clock& clock, TimePoint begun, const AttemptLimits& limits)
      : next_(next), clock_(clock), limits_(limits), due_(begun + limits.firstToken) {}
  bool emit(const Event& event) override {
    if (event.type != EventType::Start && event.type != EventType::Extra &&
        (event.type != EventType::Text || !event.text.empty())) {
      due_ = clock_.now() + limits_.idle;
      said_ = true;
    }
    return next_.emit(event);
  }
  /// The client's slowness is not the model's.
  void pause(Duration time) { due_ += time; }
  /// When the next token is overdue.
  TimePoint due() const { return due_; }
  AttemptFailure overdue() const {
    AttemptFailure failure;
    failure.kind = FailureKind::Timeout;
    failure.message =
        said_
            ? "the model said nothing more within " + std::to_string(limits_.idle.count()) + " ms"
            : "the model said nothing within " + std::to_string(limits_.firstToken.count()) + " ms";
    return failure;
  }

 private:
  EventSink& next_;
  const Clock& clock_;
  const AttemptLimits& limits_;
  TimePoint due_;
  bool said_ = false;
};

Task<AttemptStatus> readAnswer(Exchange& exchange, UpstreamResponse& response, EventSink& sink,
                               const AfterBatch& afterBatch, WatchedSink* watched,
                               const Clock& clock) {
  if (response.status() >= 300) {
    auto body = co_await response.next();
    co_return tl::unexpected<AttemptFailure>(
        exchange.onFailure(response, body ? body->data : std::string_view{}));
  }
  AttemptStatus status = exchange.onHead(response);
  while (status) {
    if (watched != nullptr) response.expectBy(watched->due());
    auto frame = co_await response.next();
    const auto overdue = [&] { return watched != nullptr && clock.now() >= watched->due(); };
    if (!frame && frame.error().kind == FailureKind::Timeout && overdue())
      co_return tl::unexpected<AttemptFailure>(watched->overdue());
    if (!frame) co_return tl::unexpected<AttemptFailure>(std::move(frame).error());
    const bool last = frame->last;
    const bool flush = last || !frame->more;
    status = exchange.onFrame(*frame, sink);
    if (!status || last) break;
    if (overdue()) co_return tl::unexpected<AttemptFailure>(watched->overdue());
    if (!flush) continue;
    const TimePoint before = clock.now();
    const Result<void> drained = co_await afterBatch();
    if (!drained) co_return failed(FailureKind::Cancelled, drained.error().message);
    if (watched != nullptr) watched->pause(clock.now() - before);
  }
  co_return status;
}

using Begun = tl::expected<std::unique_ptr<Exchange>, AttemptFailure>;

Task<AttemptStatus> runExchange(Begun exchange, const AttemptContext& context,
                                const AttemptLimits& limits, EventSink& sink,
                                const AfterBatch& afterBatch, Runtime& runtime,
                                CancelSource* cancel) {
  if (!exchange) co_return tl::unexpected<AttemptFailure>(std::move(exchange).error());
  std::optional<WatchedSink> watched;
  if (context.stream) watched.emplace(sink, runtime.clock(), runtime.clock().now(), limits);
  EventSink& target = watched ? *watched : sink;
  for (int round = 0; round < kMostExchanges; ++round) {
    UpstreamRequest upstream;
    upstream.firstByteTimeout = limits.firstByte;
    upstream.idleTimeout = limits.idle;
    Millis wait{0};
    const auto step = (*exchange)->next(upstream, wait);
    if (!step) co_return tl::unexpected<AttemptFailure>(step.error());
    if (*step == ExchangeStep::Done) co_return AttemptStatus{};
    if (*step == ExchangeStep::Wait) {
      const TimePoint until = std::min(runtime.clock().now() + wait, context.deadline);
      if (!co_await runtime.sleepUntil(until, cancel))
        co_return failed(FailureKind::Cancelled, "the client went away");
      if (until == context.deadline)
        co_return failed(FailureKind::Deadline, "the request's deadline passed");
      continue;
    }
    applyLimits(upstream, limits, context);
    if (watched) upstream.firstByteTimeout = std::min(upstream.firstByteTimeout, limits.firstToken);
    auto response = co_await runtime.http().send(std::move(upstream), cancel);
    if (!response) co_return tl::unexpected<AttemptFailure>(std::move(response).error());
    AttemptStatus status = co_await readAnswer(**exchange, **response, target, afterBatch,
                                               watched ? &*watched : nullptr, runtime.clock());
    if (!status) co_return status;
  }
  co_return failed(FailureKind::Internal, "the provider plugin asked for too many requests");
}

}  // namespace

Task<AttemptStatus> runAttempt(Provider& provider, const AttemptContext& context,
                               const ChatRequest& request, const AttemptLimits& limits,
                               EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                               CancelSource* cancel) {
  if (!provider.native()) {
    Begun exchange = provider.begin(context, request);
    AttemptStatus status = co_await runExchange(std::move(exchange), context, limits, sink,
                                                afterBatch, runtime, cancel);
    co_return status;
  }
  AttemptStatus status =
      co_await provider.invoke(context, request, sink, afterBatch, runtime, cancel);
  co_return status;
}

Task<AttemptStatus> runEmbeddings(Provider& provider, const AttemptContext& context,
                                  const EmbeddingRequest& request, const AttemptLimits& limits,
                                  EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                                  CancelSource* cancel) {
  Begun exchange = provider.beginEmbeddings(context, request);
  AttemptStatus status =
      co_await runExchange(std::move(exchange), context, limits, sink, afterBatch, runtime, cancel);
  co_return status;
}

Task<AttemptStatus> runTokenCount(Provider& provider, const AttemptContext& context,
                                  const ChatRequest& request, const AttemptLimits& limits,
                                  EventSink& sink, Runtime& runtime, CancelSource* cancel) {
  Begun exchange = provider.beginTokenCount(context, request);
  const AfterBatch nothing = []() -> Task<Result<void>> { co_return Result<void>{}; };
  AttemptStatus status =
      co_await runExchange(std::move(exchange), context, limits, sink, nothing, runtime, cancel);
  co_return status;
}

}  // namespace pagoda::services
