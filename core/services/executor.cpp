#include "core/services/executor.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "core/domain/parameter.h"
#include "core/services/answer_tap.h"
#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/health_board.h"
#include "core/services/retry_rules.h"

namespace pagoda::services {
namespace {

Millis since(TimePoint start, TimePoint end) {
  return std::chrono::duration_cast<Millis>(end - start);
}

constexpr Millis kLongestWait = std::chrono::seconds(10);

/// Of one provider that are tried for one request.
constexpr int kMostKeys = 16;

/// Of one call; beyond it an answer would pass the limits on its size.
constexpr std::size_t kMostInputs = 128;

std::size_t mostInputs(const Plan& plan, const Selection& selection, const ProviderSet& providers) {
  std::size_t most = kMostInputs;
  for (const PlanStep& step : plan.steps) {
    const auto provider = providers.find(selection.candidates[step.candidate].model->provider);
    const std::size_t limit = provider ? provider->mostEmbeddings().value_or(0) : 0;
    if (limit > 0) most = std::min(most, limit);
  }
  return most;
}

}  // namespace

Executor::Executor(Orchestrator::Parts& parts, const Serving& serving, CorridorRequest& request,
                   AnswerSink* stream, Runtime& runtime, Outcome& outcome)
    : parts_(parts),
      serving_(serving),
      request_(request),
      stream_(stream),
      runtime_(runtime),
      outcome_(outcome),
      triesLeft_(serving.maxAttempts) {}

Task<void> Executor::run(const Plan& plan, const Selection& selection) {
  if (request_.embedding) {
    co_await runBatches(plan, selection);
  } else {
    co_await runSteps(plan, selection);
  }
}

// One provider takes fewer inputs at a time than another; the vectors of all batches make one
// answer.
Task<void> Executor::runBatches(const Plan& plan, const Selection& selection) {
  const EmbeddingRequest& whole = *request_.embedding;
  const std::size_t most = mostInputs(plan, selection, *serving_.providers);
  std::vector<Embedding> vectors;
  Usage sum;
  for (std::size_t first = 0; first < whole.size(); first += most) {
    batch_ = partOf(whole, first, std::min(most, whole.size() - first));
    triesLeft_ = serving_.maxAttempts;
    const bool answered = co_await runSteps(plan, selection);
    if (!answered) co_return;
    ChatAnswer& answer = outcome_.answer;
    std::ranges::move(answer.embeddings, std::back_inserter(vectors));
    sum.prompt = sum.prompt.value_or(0) + answer.usage.prompt.value_or(0);
    sum.estimated = sum.estimated || answer.usage.estimated;
  }
  outcome_.answer.embeddings = std::move(vectors);
  sum.completion = 0;
  outcome_.answer.usage = sum;
}

// True: answered. False: outcome_.error says why not.
Task<bool> Executor::runSteps(const Plan& plan, const Selection& selection) {
  for (std::size_t at = 0; at < plan.steps.size(); ++at) {
    const PlanStep& step = plan.steps[at];
    lastStep_ = at + 1 == plan.steps.size();
    const Candidate& candidate = selection.candidates[step.candidate];
    Tokens maxOutput = selection.maxOutput[step.candidate];
    if (step.maxOutputTokens > 0) maxOutput = std::min(maxOutput, step.maxOutputTokens);
    int keysLeft = kMostKeys;
    for (int tries = 1; triesLeft_ > 0; ++tries) {
      --triesLeft_;
      const Next next = co_await attempt(candidate, maxOutput, step.timeout);
      if (next == Next::Done) co_return true;
      if (next == Next::Stop) {
        failFromLast();
        co_return false;
      }
      // Another key costs the model none of its tries.
      if (next == Next::NextKey && keysLeft-- > 0) {
        ++triesLeft_;
        --tries;
        continue;
      }
      if (next != Next::Retry || tries >= serving_.triesPerCandidate || triesLeft_ == 0) break;
      const bool timeLeft = co_await backOff(tries, outcome_.attempts.back().failure->retryAfter);
      if (!timeLeft) break;
    }
    if (runtime_.clock().now() >= request_.deadline) break;
  }
  failFromLast();
  co_return false;
}

Money Executor::worstCaseOf(const Candidate& candidate) const {
  return batch_ ? embeddingCost(candidate.model->price, *batch_) : candidate.expectedCost;
}

Task<Executor::Next> Executor::attempt(const Candidate& candidate, Tokens maxOutput,
                                       Millis timeout) {
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
  // Play money is held and charged nowhere.
  const Money amount = model.simulated ? Money{} : worstCaseOf(candidate);
  if (outcome_.cost + amount > serving_.maxRequestCost && !model.simulated) {
    refusal_ = Error{ErrorCode::BudgetExceeded,
                     "Budget exceeded and no fallback available: this attempt may cost up to $" +
                         amount.toString() + " and the request has spent $" +
                         outcome_.cost.toString() + " of max_request_cost_usd $" +
                         serving_.maxRequestCost.toString() + "; lower max_tokens or raise it",
                     {},
                     {},
                     {}};
    co_return Next::NextStep;
  }
  Result<Hold> hold = parts_.budgets.hold(request_.caller, model.tier, amount);
  if (!hold) {
    refusal_ = hold.error();
    co_return Next::NextStep;
  }

  AttemptRecord record;
  record.number = static_cast<std::uint32_t>(outcome_.attempts.size());
  record.provider = model.provider;
  record.model = model.key;
  record.upstreamModel = model.upstreamId;
  record.tier = model.tier;
  record.held = amount;
  record.day = hold->day();
  if (amount > Money{}) {
    HoldRow row{request_.id, record.number, request_.caller.key,   model.key, model.provider,
                model.tier,  amount,        parts_.clock.unixNow()};
    row.clientRequestId = request_.clientRequestId;
    row.day = record.day;
    row.team = request_.caller.team;
    Result<void> written = parts_.ledger.hold(std::move(row));
    if (!written) {
      refusal_ = written.error();
      co_return Next::Stop;
    }
  }
  outcome_.model = model.key;
  outcome_.provider = model.provider;
  outcome_.tier = model.tier;
  outcome_.simulated = model.simulated;

  AttemptContext context;
  context.request = request_.id;
  context.number = record.number;
  context.upstreamModel = model.upstreamId;
  context.maxOutputTokens = maxOutput;
  // Data that another model answers from is collected; so is an answer to a client that waits.
  AnswerSink* const stream = model.then && !request_.withData ? nullptr : stream_;
  context.stream = stream != nullptr;
  context.extraJson = model.extraJson;
  const TimePoint start = runtime_.clock().now();
  context.deadline = request_.deadline;
  if (timeout > Millis{0}) context.deadline = std::min(context.deadline, start + timeout);

  AnswerTap tap(stream, outcome_, runtime_.clock(), serving_.limits.maxBody);
  const AfterBatch afterBatch = [stream, &tap]() -> Task<Result<void>> {
    if (stream == nullptr || !tap.committed()) co_return Result<void>{};
    Result<void> drained = co_await stream->drain();
    co_return drained;
  };
  parts_.health.started(model.key);
  outcome_.dropped = candidate.dropped;
  std::optional<ChatRequest> less;
  if (candidate.dropped != 0) less = without(request_.chat, candidate.dropped);
  const ChatRequest& chat = less ? *less : request_.chat;
  AttemptStatus status;
  if (batch_)
    status = co_await runEmbeddings(*provider, context, *batch_, serving_.limits, tap, afterBatch,
                                    runtime_, request_.cancel);
  else
    status = co_await runAttempt(*provider, context, chat, serving_.limits, tap, afterBatch,
                                 runtime_, request_.cancel);

  if (tap.overLimit()) {
    AttemptFailure tooLarge;
    tooLarge.kind = FailureKind::TooLarge;
    tooLarge.message = "the answer is larger than upstream.max_body_bytes";
    status = tl::unexpected<AttemptFailure>(std::move(tooLarge));
  } else if (status && !batch_ && !tap.anyFinished()) {
    AttemptFailure cut;
    cut.kind = FailureKind::Protocol;
    cut.message = "the answer ended without a finish reason";
    status = tl::unexpected<AttemptFailure>(std::move(cut));
  } else if (!status && stream != nullptr && tap.committed() && tap.allFinished() &&
             status.error().kind != FailureKind::Cancelled) {
    // The model had said all that it had to say when the connection broke.
    status = AttemptStatus{};
  }

  const TimePoint end = runtime_.clock().now();
  record.total = since(start, end);
  record.firstByte = tap.firstAt() == TimePoint{} ? Millis{-1} : since(start, tap.firstAt());
  record.delivered = tap.committed();
  outcome_.times.upstream += end - start;
  if (!status) record.failure = std::move(status).error();
  const bool cancelled = record.failure && record.failure->kind == FailureKind::Cancelled;
  account(record, tap, std::move(*hold), cancelled);
  parts_.health.finished(record);
  outcome_.cost += record.cost;
  outcome_.attempts.push_back(record);
  outcome_.answer = std::move(tap.answer());
  outcome_.answer.usage = record.usage;
  if (!record.failure) co_return Next::Done;
  switch (afterFailure(*record.failure, record.delivered, lastStep_, triesLeft_)) {
    case AfterFailure::NextKey:
      co_return Next::NextKey;
    case AfterFailure::Retry:
      co_return Next::Retry;
    case AfterFailure::NextStep:
      co_return Next::NextStep;
    case AfterFailure::Stop:
      break;
  }
  co_return Next::Stop;
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
  if (!batch_ && (!usage.completion || nothingCounted))
    usage.completion = estimatedTokens(tap.outputBytes());
  usage.estimated = true;
  record.basis = CostBasis::Estimated;
}

void Executor::account(AttemptRecord& record, const AnswerTap& tap, Hold hold,
                       bool cancelled) const {
  record.usage = tap.answer().usage;
  const Model* known = serving_.catalogue->find(record.model);
  const Price price =
      known != nullptr ? known->price : serving_.catalogue->unpriced.value_or(Price{});
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
    cost = *record.usage.statedCost;
    record.basis = CostBasis::Stated;
  }
  if (cost == Money{}) record.basis = CostBasis::Free;
  if (outcome_.simulated) {
    record.cost = cost;
    hold.settle({});
    return;
  }
  record.overage = cost > hold.amount();
  if (record.overage) {
    cost = hold.amount();
    record.basis = CostBasis::WorstCase;
  }
  record.cost = cost;
  hold.settle(cost);
}

Task<bool> Executor::backOff(int tries, std::optional<Millis> told) {
  // Full jitter: clients that failed together must not come back together.
  thread_local std::minstd_rand engine(
      static_cast<std::minstd_rand::result_type>(request_.id.number()));
  const auto ceiling = serving_.limits.retryBase * (1 << std::min(tries - 1, 6));
  std::uniform_int_distribution<std::int64_t> spread(0, std::max<std::int64_t>(1, ceiling.count()));
  // Whoever is told to come back in a minute is told so: its client may know better what to do.
  if (told && *told > kLongestWait) co_return false;
  const TimePoint until =
      runtime_.clock().now() + told.value_or(Millis{0}) + Millis(spread(engine));
  if (until >= request_.deadline) co_return false;
  const bool slept = co_await runtime_.sleepUntil(until, request_.cancel);
  co_return slept;
}

void Executor::fail(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  outcome_.error = std::move(error);
}

void Executor::failFromLast() {
  if (outcome_.attempts.empty()) {
    outcome_.error = refusal_.value_or(
        Error{ErrorCode::NoCandidate, "the plan has no step that could be tried", {}, {}, {}});
    return;
  }
  if (refusal_ && refusal_->code == ErrorCode::StorageUnavailable) {
    outcome_.error = refusal_;
    return;
  }
  const AttemptRecord& last = outcome_.attempts.back();
  const AttemptFailure& failure = *last.failure;
  std::string message = last.model + " failed: " + failure.message;
  if (outcome_.attempts.size() > 1)
    message += " (after " + std::to_string(outcome_.attempts.size()) + " attempts)";
  fail(errorCodeOf(failure.kind), std::move(message));
  outcome_.error->upstreamCode = failure.code;
  outcome_.error->retryAfter = failure.retryAfter;
}

}  // namespace pagoda::services
