#include "core/services/orchestrator.h"

#include <algorithm>

#include "core/services/answer_tap.h"
#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/decision_record.h"
#include "core/services/executor.h"
#include "core/services/feedback_desk.h"
#include "core/services/hand_over.h"
#include "core/services/health_board.h"
#include "core/services/lesson_record.h"
#include "core/services/metrics.h"
#include "core/services/planning.h"
#include "core/services/selector.h"

namespace pagoda::services {
namespace {

AttemptRow rowOf(const AttemptRecord& attempt) {
  AttemptRow row;
  row.attempt = attempt.number;
  row.state =
      attempt.failure && attempt.cost == Money{} ? AttemptState::Void : AttemptState::Settled;
  row.model = attempt.model;
  row.provider = attempt.provider;
  row.upstreamModel = attempt.upstreamModel;
  row.tier = attempt.tier;
  row.held = attempt.held;
  row.cost = attempt.cost;
  row.costBasis = nameOf(attempt.basis);
  row.overage = attempt.overage;
  row.promptTokens = attempt.usage.prompt.value_or(-1);
  row.completionTokens = attempt.usage.completion.value_or(-1);
  row.cacheReadTokens = attempt.usage.cacheRead.value_or(-1);
  row.cacheWriteTokens = attempt.usage.cacheWrite.value_or(-1);
  row.reasoningTokens = attempt.usage.reasoning.value_or(-1);
  if (attempt.failure) {
    row.failure = pagoda::nameOf(attempt.failure->kind);
    row.httpStatus = attempt.failure->httpStatus;
  }
  row.day = attempt.day;
  row.priceBook = attempt.priceBook;
  if (attempt.reported) row.reported = *attempt.reported;
  row.cacheWriteHourTokens = attempt.usage.cacheWriteHour.value_or(-1);
  row.searches = attempt.usage.searches.value_or(-1);
  row.firstByteMs = attempt.firstByte.count();
  row.totalMs = attempt.total.count();
  return row;
}

void teach(FeedbackDesk* desk, Strategy* strategy, const ChatRequest& request, const Plan& plan,
           const Selection& selection, const Outcome& outcome, std::size_t first, Millis total) {
  if (desk == nullptr || strategy == nullptr || !strategy->learns()) return;
  desk->tell(lessonOf(request, plan, selection, outcome, first, total));
}

/// Counts a request as in flight while it lives.
class InFlight {
 public:
  explicit InFlight(Metrics& metrics) : metrics_(metrics) { metrics_.enter(); }
  ~InFlight() { metrics_.leave(); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Metrics& metrics_;
};

}  // namespace

Orchestrator::Orchestrator(Parts parts, std::shared_ptr<const Serving> serving)
    : parts_(std::move(parts)), serving_(nullptr) {
  swap(std::move(serving));
}

Task<Outcome> Orchestrator::answer(CorridorRequest& request, AnswerSink* stream, Runtime& runtime) {
  const std::shared_ptr<const Serving> serving = serving_.load();
  const InFlight inFlight(parts_.metrics);
  const Clock& clock = runtime.clock();
  Outcome outcome;
  outcome.id = request.id;
  outcome.times = request.times;
  const Millis limit = stream != nullptr ? serving->limits.streamTotal : serving->limits.total;
  request.deadline = std::min(request.deadline, request.received + limit);

  TimePoint mark = clock.now();
  const auto lap = [&](Duration& phase) {
    const TimePoint now = clock.now();
    phase += now - mark;
    mark = now;
  };
  const RequestClass requestClass = classOf(*serving, request);
  outcome.taskType = requestClass.task;
  lap(outcome.times.classify);

  const Purse purse = parts_.budgets.purse(request.caller);
  Result<Selection> selection = select(request, requestClass, *serving, parts_.health, purse);
  if (!selection) {
    outcome.error = selection.error();
    parts_.metrics.add(parts_.metrics.countersOf(outcome), outcome, Millis{0});
    co_return outcome;
  }
  outcome.clamped = selection->clamped;
  const Features features = featuresOf(request, requestClass, *selection, purse, mark);
  Result<Plan> plan = planFor(*serving, request, features, *selection);
  if (!plan) {
    outcome.error = plan.error();
    parts_.metrics.add(parts_.metrics.countersOf(outcome), outcome, Millis{0});
    co_return outcome;
  }
  if (selection->clamped) outcome.clampedTo = selection->maxOutput[plan->steps.front().candidate];
  lap(outcome.times.plan);

  Executor executor(parts_, *serving, request, stream, runtime, outcome);
  co_await executor.run(*plan, *selection);
  std::string handedOver;
  co_await handOver(request, *serving, stream, runtime, outcome, handedOver);
  mark = clock.now();

  const Millis total = std::chrono::duration_cast<Millis>(mark - request.received);
  teach(parts_.feedback, strategyOf(*serving, plan->slot), request.chat, *plan, *selection, outcome,
        0, total);
  co_await account(request, requestClass, *selection, *plan, handedOver, outcome, runtime);
  outcome.ended = true;
  lap(outcome.times.account);
  co_return outcome;
}

// The answer of a model with `then` is data: a model of the tier that it names answers from it. If
// none can, the data itself is a better answer than none.
Task<void> Orchestrator::handOver(CorridorRequest& request, const Serving& serving,
                                  AnswerSink* stream, Runtime& runtime, Outcome& outcome,
                                  std::string& record) {
  const Model* source = outcome.error ? nullptr : serving.catalogue->find(outcome.model);
  if (source == nullptr || !source->then || request.embedding) co_return;
  const Outcome data = outcome;
  const std::string sources = sourcesOf(data.answer);
  const std::string pool = "tier" + std::to_string(*source->then);

  CorridorRequest second;
  second.id = request.id;
  second.caller = request.caller;
  second.route = request.route;
  second.clientRequestId = request.clientRequestId;
  second.received = request.received;
  second.deadline = request.deadline;
  second.cancel = request.cancel;
  second.withData = true;
  second.chat = withData(request.chat, data.model, data.answer);
  second.chat.model = pool;
  const RequestClass requestClass = serving.classifier->describe(second.chat);
  const Purse purse = parts_.budgets.purse(second.caller);
  Result<Selection> selection = select(second, requestClass, serving, parts_.health, purse);
  Result<Plan> plan = tl::unexpected<Error>(Error{});
  if (selection) {
    const Features features =
        featuresOf(second, requestClass, *selection, purse, runtime.clock().now());
    plan = planFor(serving, second, features, *selection);
  }
  if (plan) {
    record = decisionJson(second, requestClass, *selection, &*plan, nullptr);
    std::optional<SourcedSink> sourced;
    if (stream != nullptr) sourced.emplace(*stream, sources);
    const std::size_t first = outcome.attempts.size();
    Executor executor(parts_, serving, second, sourced ? &*sourced : nullptr, runtime, outcome);
    co_await executor.run(*plan, *selection);
    const Duration taken = runtime.clock().now() - second.received;
    teach(parts_.feedback, strategyOf(serving, plan->slot), second.chat, *plan, *selection, outcome,
          first, std::chrono::duration_cast<Millis>(taken));
  }
  const bool answered = plan && !outcome.error;
  const bool begun = plan && !outcome.attempts.empty() && outcome.attempts.back().delivered;
  if (answered) {
    if (stream == nullptr && !sources.empty()) appendMembers(outcome.answer.answerExtra, sources);
  } else if (!begun) {
    const std::vector<AttemptRecord> attempts = std::move(outcome.attempts);
    const Money cost = outcome.cost;
    const PhaseTimes times = outcome.times;
    outcome = data;
    outcome.attempts = attempts;
    outcome.cost = cost;
    outcome.times = times;
    if (stream != nullptr) replay(outcome, *stream);
  }
}

Task<void> Orchestrator::account(const CorridorRequest& request, const RequestClass& requestClass,
                                 const Selection& selection, const Plan& plan,
                                 std::string_view handedOver, Outcome& outcome, Runtime& runtime) {
  const Millis total = std::chrono::duration_cast<Millis>(runtime.clock().now() - request.received);
  std::map<CounterKey, std::int64_t> counters = parts_.metrics.countersOf(outcome);
  parts_.metrics.add(counters, outcome, total);

  RequestRow row;
  row.request = request.id;
  row.team = request.caller.team;
  row.clientRequestId = request.clientRequestId;
  row.key = request.caller.key;
  row.route = request.route;
  row.task = requestClass.task;
  if (!outcome.error) row.model = outcome.model;
  row.tier = outcome.tier;
  row.httpStatus = outcome.error ? parts_.statusOf(outcome.error->code) : 200;
  if (outcome.error) row.error = nameOf(outcome.error->code);
  row.cost = outcome.cost;
  row.stream = request.chat.stream;
  row.aborted = outcome.error && outcome.error->code == ErrorCode::Cancelled;
  row.simulated = outcome.simulated;
  row.time = parts_.clock.unixNow();
  row.totalMs = total.count();
  for (const AttemptRecord& attempt : outcome.attempts) row.attempts.push_back(rowOf(attempt));
  row.decisionJson = decisionJson(request, requestClass, selection, &plan, &outcome, handedOver);

  Result<void> settled =
      co_await settleDurably(parts_.ledger, runtime, std::move(row), std::move(counters));
  // The money is spent and counted in memory; the client learns that its record is in doubt.
  if (!settled && !outcome.error) outcome.error = settled.error();
}

Result<std::string> Orchestrator::explain(const CorridorRequest& request) {
  const std::shared_ptr<const Serving> serving = serving_.load();
  const RequestClass requestClass = classOf(*serving, request);
  const Purse purse = parts_.budgets.purse(request.caller);
  PAGODA_TRY(const Selection selection,
             select(request, requestClass, *serving, parts_.health, purse));
  Features features = featuresOf(request, requestClass, selection, purse, request.received);
  features.shadow = true;
  PAGODA_TRY(const Plan plan, planFor(*serving, request, features, selection));
  return decisionJson(request, requestClass, selection, &plan, nullptr);
}

std::shared_ptr<const Serving> Orchestrator::serving() const {
  return serving_.load();
}
void Orchestrator::swap(std::shared_ptr<const Serving> serving) {
  if (parts_.feedback != nullptr && serving) parts_.feedback->seat(*serving);
  serving_.exchange(std::move(serving));
}

}  // namespace pagoda::services
