// One attempt of a plan's run: its hold, the call, its account, and what follows from its end.

#include <algorithm>

#include "core/domain/parameter.h"
#include "core/services/answer_tap.h"
#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/executor.h"
#include "core/services/health_board.h"
#include "core/services/retry_rules.h"

namespace pagoda::services {
namespace {

Millis since(TimePoint start, TimePoint end) {
  return std::chrono::duration_cast<Millis>(end - start);
}

/// A place for an attempt at a model; without an attempt it goes back.
class Place {
 public:
  Place(HealthBoard& health, const std::string& model, bool forced)
      : health_(health),
        model_(model),
        admission_(forced ? Admission::Open : health.admit(model)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (!used_) health_.giveBack(model_, admission_);
  }
  bool refused() const { return admission_ == Admission::Refused; }
  Admission use() {
    used_ = true;
    health_.started(model_);
    return admission_;
  }

 private:
  HealthBoard& health_;
  const std::string& model_;
  const Admission admission_;
  bool used_ = false;
};

AttemptStatus failedWith(FailureKind kind, std::string message) {
  AttemptFailure failure;
  failure.kind = kind;
  failure.message = std::move(message);
  return tl::unexpected<AttemptFailure>(std::move(failure));
}

/// Where a delta is about a token, as most upstreams send them, their number is nearer than what
/// the bytes tell.
Tokens saidTokens(const AnswerTap& tap) {
  constexpr Tokens kEnough = 8;
  const Tokens byBytes = estimatedTokens(tap.outputBytes());
  const auto deltas = static_cast<Tokens>(tap.deltas());
  return deltas >= kEnough && byBytes < 2 * deltas ? deltas : byBytes;
}

}  // namespace

Money Executor::worstCaseOf(const Candidate& candidate, const ChatRequest* chat) const {
  const Price& price = candidate.model->priceAt(parts_.budgets.today());
  if (batch_) return embeddingCost(price, *batch_);
  if (chat == nullptr) return candidate.expectedCost;
  // Drafts and answers of others that it is shown are paid for, too.
  const std::size_t shown = textBytes(*chat);
  const std::size_t asked = textBytes(request_.chat);
  const auto more = static_cast<Tokens>(shown > asked ? shown - asked : 0);
  return candidate.expectedCost + costOf(more, price.input);
}

Result<Hold> Executor::setAside(const Candidate& candidate, const ChatRequest* chat,
                                AttemptRecord& record) {
  const Model& model = *candidate.model;
  // Play money is held and charged nowhere.
  const Money amount = model.simulated ? Money{} : worstCaseOf(candidate, chat);
  const Money spent = outcome_.cost + heldNow_;
  if (spent + amount > envelope_ && !model.simulated)
    return pagoda::fail(ErrorCode::BudgetExceeded,
                        "Budget exceeded and no fallback available: this attempt may cost up to $" +
                            amount.toString() + " and the request has spent $" + spent.toString() +
                            " of max_request_cost_usd $" + envelope_.toString() +
                            "; lower max_tokens or raise it");
  Result<Hold> hold = parts_.budgets.hold(request_.caller, model.tier, amount);
  if (!hold) return hold;
  record.held = amount;
  record.day = hold->day();
  if (amount > Money{}) {
    HoldRow row{request_.id, record.number, request_.caller.key,   model.key, model.provider,
                model.tier,  amount,        parts_.clock.unixNow()};
    row.clientRequestId = request_.clientRequestId;
    row.day = record.day;
    row.team = request_.caller.team;
    PAGODA_CHECK(parts_.ledger.hold(std::move(row)));
  }
  return hold;
}

Task<Executor::Next> Executor::attempt(const Try& one) {
  const Candidate& candidate = *one.candidate;
  const Model& model = *candidate.model;
  const std::shared_ptr<Provider> provider = serving_.providers->find(model.provider);
  if (!provider) {
    refusal_ = Error{ErrorCode::NoCandidate,
                     "the provider '" + model.provider + "' is not available",
                     {},
                     {},
                     {}};
    co_return Next::NextStep;
  }
  Place place(parts_.health, model.key, one.forced);
  if (place.refused()) co_return Next::Resting;
  AttemptRecord record;
  record.number = nextNumber_;
  record.provider = model.provider;
  record.model = model.key;
  record.upstreamModel = model.upstreamId;
  record.tier = model.tier;
  Result<Hold> hold = setAside(candidate, one.chat, record);
  if (!hold) {
    refusal_ = hold.error();
    co_return hold.error().code == ErrorCode::StorageUnavailable ? Next::Stop : Next::NextStep;
  }
  ++nextNumber_;
  heldNow_ += record.held;

  // Data that another model answers from is collected; so is an answer to a client that waits.
  AnswerSink* const stream = (model.then && !request_.withData) || one.collect ? nullptr : stream_;
  AttemptContext context;
  context.request = request_.id;
  context.number = record.number;
  context.upstreamModel = model.upstreamId;
  context.maxOutputTokens = one.maxOutput;
  context.stream = stream != nullptr;
  context.extraJson = model.extraJson;
  const TimePoint start = runtime_.clock().now();
  context.deadline = request_.deadline;
  if (one.timeout > Millis{0}) context.deadline = std::min(context.deadline, start + one.timeout);
  if (stream == nullptr && serving_.limits.attempt > Millis{0})
    context.deadline = std::min(context.deadline, start + serving_.limits.attempt);

  const auto claim = [&] {
    if (one.claim && !one.claim()) return false;
    identify(candidate);
    return true;
  };
  if (!one.claim) identify(candidate);
  AnswerTap tap(stream, outcome_, runtime_.clock(), serving_.limits.maxBody, claim);
  const AfterBatch afterBatch = [stream, &tap]() -> Task<Result<void>> {
    if (stream == nullptr || !tap.committed()) co_return Result<void>{};
    Result<void> drained = co_await stream->drain();
    co_return drained;
  };
  const Admission admission = place.use();
  std::optional<ChatRequest> less;
  const ChatRequest& asked = one.chat != nullptr ? *one.chat : request_.chat;
  if (candidate.dropped != 0) less = without(asked, candidate.dropped);
  const ChatRequest& chat = less ? *less : asked;
  AttemptStatus status;
  if (batch_)
    status = co_await runEmbeddings(*provider, context, *batch_, serving_.limits, tap, afterBatch,
                                    runtime_, one.cancel);
  else
    status = co_await runAttempt(*provider, context, chat, serving_.limits, tap, afterBatch,
                                 runtime_, one.cancel);
  status = judged(std::move(status), tap, stream != nullptr, context.deadline);
  if (status && !tap.committed() && !claim())
    status = failedWith(FailureKind::Cancelled, "another attempt has answered");

  const TimePoint end = runtime_.clock().now();
  record.total = since(start, end);
  record.firstByte = tap.firstAt() == TimePoint{} ? Millis{-1} : since(start, tap.firstAt());
  record.delivered = tap.committed();
  outcome_.times.upstream += end - start;
  if (!status) record.failure = std::move(status).error();
  const bool cancelled = record.failure && record.failure->kind == FailureKind::Cancelled;
  account(record, tap, std::move(*hold), cancelled);
  heldNow_ -= record.held;
  parts_.health.finished(record, admission);
  outcome_.cost += record.cost;
  outcome_.attempts.push_back(record);
  if (!record.failure || !one.claim) {
    outcome_.answer = std::move(tap.answer());
    outcome_.answer.usage = record.usage;
  }
  co_return record.failure ? after(record) : Next::Done;
}

void Executor::identify(const Candidate& candidate) {
  outcome_.model = candidate.model->key;
  outcome_.provider = candidate.model->provider;
  outcome_.tier = candidate.model->tier;
  outcome_.simulated = candidate.model->simulated;
  outcome_.dropped = candidate.dropped;
}

// What the provider's end means, seen from the host.
AttemptStatus Executor::judged(AttemptStatus status, const AnswerTap& tap, bool streaming,
                               TimePoint deadline) const {
  if (tap.overLimit())
    return failedWith(FailureKind::TooLarge, "the answer is larger than upstream.max_body_bytes");
  if (status && !batch_ && !tap.anyFinished())
    return failedWith(FailureKind::Protocol, "the answer ended without a finish reason");
  if (status) return status;
  const FailureKind kind = status.error().kind;
  // The model had said all that it had to say when the connection broke.
  if (streaming && tap.committed() && tap.allFinished() && kind != FailureKind::Cancelled)
    return {};
  // The attempt's own limit, and not the request's.
  if (kind == FailureKind::Deadline && deadline < request_.deadline &&
      runtime_.clock().now() < request_.deadline)
    status.error().kind = FailureKind::Timeout;
  return status;
}

Executor::Next Executor::after(const AttemptRecord& record) const {
  const AttemptFailure& failure = *record.failure;
  if (resuming_ && resuming_->begun()) {
    const bool another = !resuming_->diverged() && brokenUpstream(failure.kind);
    return another ? Next::NextStep : Next::Stop;
  }
  if (failure.kind == FailureKind::ContentFilter && filterElsewhere_ && !record.delivered)
    return Next::NextStep;
  switch (
      afterFailure(failure, record.delivered, lastStep_, triesLeft_, serving_.limits.retryAfter)) {
    case AfterFailure::NextKey:
      return Next::NextKey;
    case AfterFailure::Retry:
      return Next::Retry;
    case AfterFailure::NextStep:
      return Next::NextStep;
    case AfterFailure::Stop:
      break;
  }
  return Next::Stop;
}

// Figures that the upstream did not give.
void Executor::estimate(AttemptRecord& record, const AnswerTap& tap) const {
  Usage& usage = record.usage;
  const std::size_t sent = batch_ ? textBytes(*batch_) : textBytes(request_.chat);
  if (batch_) usage.completion = usage.completion.value_or(0);
  const bool said = tap.outputBytes() > 0;
  const bool nothingCounted = said && (batch_ ? usage.prompt : usage.completion).value_or(0) == 0;
  if (usage.prompt && usage.completion && !nothingCounted) return;
  if (!usage.prompt || nothingCounted)
    usage.prompt = std::max(usage.prompt.value_or(0), estimatedTokens(sent));
  if (!batch_ && (!usage.completion || nothingCounted)) usage.completion = saidTokens(tap);
  usage.estimated = true;
  record.basis = CostBasis::Estimated;
}

void Executor::account(AttemptRecord& record, const AnswerTap& tap, Hold hold,
                       bool cancelled) const {
  record.usage = tap.answer().usage;
  const Model* known = serving_.catalogue->find(record.model);
  const Price price = known != nullptr ? known->priceAt(record.day)
                                       : serving_.catalogue->unpriced.value_or(Price{});
  record.priceBook = price.book();
  const bool said = tap.outputBytes() > 0;
  // Who failed before saying anything used nothing; a call that the client gave up was billed.
  if (record.failure && !said && !cancelled && !record.usage.statedCost) {
    hold.settle({});
    return;
  }
  record.basis = CostBasis::Exact;
  estimate(record, tap);
  Money cost = costOf(record.usage, price);
  if (record.usage.statedCost) {
    // The provider's word wins; what the price book makes of its figures is kept beside it.
    if (cost != *record.usage.statedCost) record.reported = cost;
    cost = *record.usage.statedCost;
    record.basis = CostBasis::Stated;
  }
  if (cost == Money{}) record.basis = CostBasis::Free;
  if (known != nullptr && known->simulated) {
    record.cost = cost;
    hold.settle({});
    return;
  }
  record.overage = cost > hold.amount();
  if (record.overage) {
    record.reported = cost;
    cost = hold.amount();
    record.basis = CostBasis::WorstCase;
  }
  record.cost = cost;
  hold.settle(cost);
}

}  // namespace pagoda::services
