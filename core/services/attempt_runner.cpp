#include "core/services/attempt_runner.h"

#include <algorithm>

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

Task<AttemptStatus> readAnswer(Exchange& exchange, UpstreamResponse& response, EventSink& sink,
                               const AfterBatch& afterBatch) {
  if (response.status() >= 300) {
    auto body = co_await response.next();
    co_return tl::unexpected<AttemptFailure>(
        exchange.onFailure(response, body ? body->data : std::string_view{}));
  }
  AttemptStatus status = exchange.onHead(response);
  while (status) {
    auto frame = co_await response.next();
    if (!frame) co_return tl::unexpected<AttemptFailure>(std::move(frame).error());
    const bool last = frame->last;
    const bool flush = last || !frame->more;
    status = exchange.onFrame(*frame, sink);
    if (!status || last) break;
    if (!flush) continue;
    const Result<void> drained = co_await afterBatch();
    if (!drained) co_return failed(FailureKind::Cancelled, drained.error().message);
  }
  co_return status;
}

using Begun = tl::expected<std::unique_ptr<Exchange>, AttemptFailure>;

Task<AttemptStatus> runExchange(Begun exchange, const AttemptContext& context,
                                const AttemptLimits& limits, EventSink& sink,
                                const AfterBatch& afterBatch, Runtime& runtime,
                                CancelSource* cancel) {
  if (!exchange) co_return tl::unexpected<AttemptFailure>(std::move(exchange).error());
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
    auto response = co_await runtime.http().send(std::move(upstream), cancel);
    if (!response) co_return tl::unexpected<AttemptFailure>(std::move(response).error());
    AttemptStatus status = co_await readAnswer(**exchange, **response, sink, afterBatch);
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
