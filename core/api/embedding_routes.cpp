// POST /v1/embeddings: read, walk the corridor, write.

#include "core/api/corridor.h"
#include "core/api/embedding_dialect.h"
#include "core/api/rate_gate.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

Task<Result<EmbeddingCall>> readCall(const ApiContext& api, RequestScope& scope) {
  Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) co_return tl::unexpected<Error>(std::move(document).error());
  const TimePoint before = scope.runtime.clock().now();
  Result<EmbeddingCall> call = readEmbeddings(*std::move(document));
  scope.times.parse += scope.runtime.clock().now() - before;
  co_return call;
}

}  // namespace

Task<void> postEmbeddings(const ApiContext& api, RequestScope& scope) {
  Result<EmbeddingCall> call = co_await readCall(api, scope);
  if (!call) {
    co_await refuse(api, scope, call.error());
    co_return;
  }
  const bool base64 = call->base64;
  services::CorridorRequest corridor = beginCorridor(api, scope, false);
  corridor.chat.model = call->model;
  corridor.chat.user = call->request.user;
  corridor.embedding = std::move(call->request);
  std::optional<services::RateTicket> ticket = co_await enterByRate(api, scope, &corridor);
  if (!ticket) co_return;
  const Outcome outcome = co_await api.orchestrator.answer(corridor, nullptr, scope.runtime);
  settleRate(*ticket, outcome);
  if (outcome.error) {
    co_await sendOutcomeError(scope, outcome);
    co_return;
  }
  const std::string body = writeEmbeddings(outcome, base64);
  co_await sendAnswer(scope, outcome, body);
}

}  // namespace pagoda::api
