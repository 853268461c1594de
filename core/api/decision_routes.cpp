// GET /v1/decisions/{id}: why a past request went where it went, for its owner and for admins.

#include <pagoda/json.hpp>

#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

// Whether a decision record is the caller's own.
bool owns(const Caller& caller, std::string_view decision) {
  bool own = false;
  try {
    json::Reader reader(decision);
    std::string buffer;
    reader.object([&](std::string_view member, json::Reader& value) {
      if (member == "key") own = !caller.key.empty() && value.string(buffer) == caller.key.value();
    });
  } catch (const json::Malformed&) {
    return false;
  }
  return own;
}

}  // namespace

Task<void> getDecision(const ApiContext& api, RequestScope& scope) {
  const Error absent{
      ErrorCode::NotFound, "there is no decision record of this request id", {}, {}, {}};
  const std::optional<RequestId> id = RequestId::parse(scope.parameter);
  if (!id) {
    co_await sendError(scope, absent);
    co_return;
  }
  std::function<Result<std::string>()> look = [&ledger = api.ledger, request = *id] {
    return ledger.decision(request);
  };
  const Result<std::string> decision = co_await onWorker<std::string>(scope, std::move(look));
  if (!decision && decision.error().code != ErrorCode::NotFound) {
    co_await sendError(scope, decision.error());
    co_return;
  }
  // Another caller's record is answered like one that is not there.
  if (!decision || (!scope.isAdmin() && !owns(scope.caller, *decision))) {
    co_await sendError(scope, absent);
    co_return;
  }
  co_await sendJson(scope, 200, *decision);
}

}  // namespace pagoda::api
