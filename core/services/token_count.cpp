#include <memory>

#include "core/services/budget_ledger.h"
#include "core/services/classifier.h"
#include "core/services/orchestrator.h"
#include "core/services/planning.h"
#include "core/services/retry_rules.h"
#include "core/services/selector.h"

namespace pagoda::services {
namespace {

class CountSink final : public EventSink {
 public:
  bool emit(const Event& event) override {
    if (event.usage != nullptr) counted_ = event.usage->prompt;
    return true;
  }
  std::optional<Tokens> counted() const { return counted_; }

 private:
  std::optional<Tokens> counted_;
};

}  // namespace

Task<Result<TokenCount>> Orchestrator::countTokens(CorridorRequest& request, Runtime& runtime) {
  const std::shared_ptr<const Serving> serving = serving_.load();
  request.deadline = std::min(request.deadline, request.received + serving->limits.total);
  const RequestClass requestClass = classOf(*serving, request);
  // Whether an answer could be paid is no question here.
  Purse purse;
  purse.byTier.fill(Money::max());
  Result<Selection> selection = select(request, requestClass, *serving, parts_.health, purse);
  if (!selection) co_return tl::unexpected<Error>(std::move(selection).error());
  const Features features =
      featuresOf(request, requestClass, *selection, purse, runtime.clock().now());
  Result<Plan> plan = planFor(*serving, request, features, *selection);
  if (!plan) co_return tl::unexpected<Error>(std::move(plan).error());

  const Model& model = *selection->candidates[plan->steps.front().candidate].model;
  TokenCount count;
  count.model = model.key;
  count.provider = model.provider;
  const std::shared_ptr<Provider> provider = serving->providers->find(model.provider);
  if (!provider || !provider->countsTokens()) {
    count.prompt = estimatedTokens(textBytes(request.chat));
    count.estimated = true;
    co_return count;
  }
  AttemptContext context;
  context.request = request.id;
  context.deadline = request.deadline;
  context.upstreamModel = model.upstreamId;
  context.extraJson = model.extraJson;
  CountSink sink;
  const AttemptStatus status = co_await runTokenCount(
      *provider, context, request.chat, serving->limits, sink, runtime, request.cancel);
  if (!status) {
    const AttemptFailure& failure = status.error();
    Error error{errorCodeOf(failure.kind), model.key + " failed: " + failure.message, {}, {}, {}};
    error.upstreamCode = failure.code;
    error.retryAfter = failure.retryAfter;
    co_return tl::unexpected<Error>(std::move(error));
  }
  count.prompt = sink.counted().value_or(0);
  co_return count;
}

}  // namespace pagoda::services
