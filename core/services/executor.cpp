#include "core/services/executor.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <span>

#include "core/services/health_board.h"
#include "core/services/retry_rules.h"

namespace pagoda::services {
namespace {

constexpr Millis kLongestWait = std::chrono::seconds(10);

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

bool tellsWhen(const AttemptFailure& failure) {
  return failure.retryAfter &&
         (failure.kind == FailureKind::RateLimit || failure.kind == FailureKind::Quota);
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
      triesLeft_(serving.maxAttempts),
      firstOwn_(outcome.attempts.size()),
      nextNumber_(static_cast<std::uint32_t>(outcome.attempts.size())) {}

Task<void> Executor::run(const Plan& plan, const Selection& selection) {
  envelope_ = std::min(plan.maxCost, serving_.maxRequestCost);
  filterElsewhere_ = plan.filterElsewhere;
  if (stream_ != nullptr && plan.onBreak == OnBreak::Restart && plan.steps.size() > 1) {
    resuming_.emplace(*stream_);
    stream_ = &*resuming_;
  }
  if (request_.embedding) {
    co_await runBatches(plan, selection);
  } else if (plan.mode == PlanMode::Race && plan.steps.size() > 1) {
    co_await runRace(plan, selection);
  } else if (plan.mode == PlanMode::Ensemble && plan.steps.size() > 1) {
    co_await runEnsemble(plan, selection);
  } else if (plan.mode == PlanMode::Cascade || plan.mode == PlanMode::Refine) {
    co_await runStaged(plan, selection);
  } else {
    co_await runSteps(plan, selection);
  }
  if (resuming_ && !outcome_.error) addBrokenUsage();
}

// The client's usage is that of the whole answer: what broke off was billed as well.
void Executor::addBrokenUsage() {
  Usage& sum = outcome_.answer.usage;
  const auto add = [](std::optional<Tokens>& to, const std::optional<Tokens>& more) {
    if (more) to = to.value_or(0) + *more;
  };
  for (const AttemptRecord& one : outcome_.attempts) {
    if (!one.failure || !one.delivered) continue;
    add(sum.prompt, one.usage.prompt);
    add(sum.completion, one.usage.completion);
    add(sum.cacheRead, one.usage.cacheRead);
    add(sum.cacheWrite, one.usage.cacheWrite);
    add(sum.reasoning, one.usage.reasoning);
    sum.estimated = sum.estimated || one.usage.estimated;
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
  const Staged kWhole;
  std::vector<std::size_t> resting;
  Tokens tooSmall = -1;
  for (std::size_t at = 0; at < plan.steps.size(); ++at) {
    const Model& model = *selection.candidates[plan.steps[at].candidate].model;
    // Where the prompt did not fit, a window that is no larger need not be tried.
    if (model.contextTokens > 0 && model.contextTokens <= tooSmall) continue;
    lastStep_ = at + 1 == plan.steps.size();
    const std::size_t before = outcome_.attempts.size();
    const Next next = co_await runStep(plan.steps[at], selection, false, kWhole);
    if (next == Next::Done) co_return true;
    if (next == Next::Stop) {
      failFromAttempts();
      co_return false;
    }
    if (next == Next::Resting) {
      resting.push_back(at);
    } else if (outcome_.attempts.size() > before && outcome_.attempts.back().failure &&
               outcome_.attempts.back().failure->kind == FailureKind::ContextLength) {
      tooSmall = std::max(tooSmall, model.contextTokens);
    }
    if (triesLeft_ <= 0 || runtime_.clock().now() >= request_.deadline) break;
  }
  // Nobody is left: to ask once who was down is better than to refuse.
  for (std::size_t i = 0; i < resting.size() && triesLeft_ > 0; ++i) {
    lastStep_ = i + 1 == resting.size();
    const Next next = co_await runStep(plan.steps[resting[i]], selection, true, kWhole);
    if (next == Next::Done) co_return true;
    if (next == Next::Stop || runtime_.clock().now() >= request_.deadline) break;
  }
  failFromAttempts();
  co_return false;
}

Executor::Try Executor::tryOf(const PlanStep& step, const Selection& selection) {
  Try one;
  one.candidate = &selection.candidates[step.candidate];
  one.maxOutput = selection.maxOutput[step.candidate];
  if (step.maxOutputTokens > 0) one.maxOutput = std::min(one.maxOutput, step.maxOutputTokens);
  one.timeout = step.timeout;
  return one;
}

// One candidate, until it has answered or has had its tries. `forced`: though its breaker is open,
// and once.
Task<Executor::Next> Executor::runStep(const PlanStep& step, const Selection& selection,
                                       bool forced, const Staged& stage) {
  Try one = tryOf(step, selection);
  one.forced = forced;
  one.collect = stage.collect;
  one.chat = stage.chat;
  one.cancel = request_.cancel;
  const std::string& model = one.candidate->model->key;
  int keysLeft = kMostKeys;
  for (int tries = 1; triesLeft_ > 0; ++tries) {
    if (resuming_ && resuming_->begun()) resuming_->restart();
    --triesLeft_;
    const Next next = co_await attempt(one);
    if (next == Next::Resting) {
      ++triesLeft_;
      co_return tries == 1 ? Next::Resting : Next::NextStep;
    }
    // Another key costs the model none of its tries.
    if (next == Next::NextKey && keysLeft-- > 0) {
      ++triesLeft_;
      --tries;
      continue;
    }
    if (next != Next::Retry) co_return next == Next::NextKey ? Next::NextStep : next;
    if (forced || tries >= serving_.triesPerCandidate || triesLeft_ == 0) break;
    if (!parts_.health.takeRetry(model)) break;
    const bool timeLeft = co_await backOff(tries, outcome_.attempts.back().failure->retryAfter);
    if (!timeLeft) break;
  }
  co_return Next::NextStep;
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

// Of several failures the one that helps the client most: when to come back, else the last one
// that is not a consequence of another attempt's success or of what was delivered before.
const AttemptRecord* Executor::tellingAttempt() const {
  const std::span own = std::span(outcome_.attempts).subspan(firstOwn_);
  const bool gone = request_.cancel != nullptr && request_.cancel->cancelled();
  const AttemptRecord* telling = nullptr;
  for (const AttemptRecord& one : own) {
    if (!one.failure || (one.failure->kind == FailureKind::Cancelled && !gone)) continue;
    const bool comesBack = telling != nullptr && tellsWhen(*telling->failure);
    if (!comesBack || tellsWhen(*one.failure) || !brokenUpstream(one.failure->kind)) telling = &one;
  }
  if (telling == nullptr && !own.empty() && own.back().failure) telling = &own.back();
  return telling;
}

void Executor::failFromAttempts() {
  const AttemptRecord* told = tellingAttempt();
  const bool notStored = refusal_ && refusal_->code == ErrorCode::StorageUnavailable;
  if (told == nullptr || notStored) {
    outcome_.error = refusal_.value_or(
        Error{ErrorCode::NoCandidate, "the plan has no step that could be tried", {}, {}, {}});
    return;
  }
  const AttemptFailure& failure = *told->failure;
  std::string message = told->model + " failed: " + failure.message;
  if (outcome_.attempts.size() > 1)
    message += " (after " + std::to_string(outcome_.attempts.size()) + " attempts)";
  if (resuming_ && resuming_->diverged())
    message += "; another model's answer did not begin with what was delivered";
  fail(errorCodeOf(failure.kind), std::move(message));
  outcome_.error->upstreamCode = failure.code;
  outcome_.error->retryAfter = failure.retryAfter;
}

}  // namespace pagoda::services
