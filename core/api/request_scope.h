#pragma once
// One HTTP request on its way through a route, and the answers that all routes share.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/api_context.h"
#include "core/api/json_body.h"
#include "core/domain/http_server.h"
#include "core/services/rate_book.h"

namespace pagoda::api {

struct RequestScope {
  const HttpRequest& http;
  BodyReader& body;
  ResponseWriter& response;
  Runtime& runtime;
  RequestId id;
  std::string idText;
  std::string parameter;   ///< what stands in place of `{id}` in the path, decoded
  std::string corsOrigin;  ///< the page's origin, where it is allowed to read the answer
  Caller caller;
  bool identified = false;  ///< by a key, or because none is needed
  PhaseTimes times;
  std::optional<int> status;                 ///< of an error, where the error table's would mislead
  bool answered = false;                     ///< by a model, in whole
  Money charged{};                           ///< play money left out
  std::optional<services::RateView> rate{};  ///< what is left of the caller's limits

  bool isAdmin() const { return identified && caller.role == KeyRole::Admin; }
};

/// Headers of every answer.
HeaderList baseHeaders(const RequestScope& scope, std::string_view contentType);
/// `x-pagoda-*` and Server-Timing. `streaming`: cost and time of the call are not known yet.
void addOutcomeHeaders(HeaderList& headers, const Outcome& outcome, bool streaming);
/// Only what a header may hold: printable ASCII.
std::string headerText(std::string_view text);

/// Awaited by the caller before `body` or `error` die.
Task<void> sendJson(RequestScope& scope, int status, std::string_view body);
Task<void> sendError(RequestScope& scope, const Error& error);
/// sendError for a request that never reached the corridor; counts it.
Task<void> refuse(const ApiContext& api, RequestScope& scope, const Error& error);
/// Notes in the scope what became of the request.
void note(RequestScope& scope, const Outcome& outcome);
/// With the failed attempts of `outcome`.
Task<void> sendOutcomeError(RequestScope& scope, const Outcome& outcome);

/// The body, if it says that it is JSON. Errors: UnsupportedMedia before a byte of it is taken, and
/// those of BodyReader.
Task<Result<std::string>> readBytes(const ApiContext& api, RequestScope& scope);
/// Reads the body as one JSON document. Errors: those of readBytes and JsonDocument.
Task<Result<std::shared_ptr<JsonDocument>>> readJsonBody(const ApiContext& api,
                                                         RequestScope& scope);

/// Runs `work`, which may block, on a worker. Error: Overloaded when no worker has room.
template <class T>
Task<Result<T>> onWorker(RequestScope& scope, std::function<Result<T>()> work) {
  Completion<Result<T>> done(scope.runtime);
  const bool queued =
      scope.runtime.offload([work = std::move(work), slot = done.slot()] { slot(work()); });
  if (!queued) co_return fail(ErrorCode::Overloaded, "the server is busy; try again");
  Result<T> outcome = co_await done.wait();
  co_return outcome;
}

}  // namespace pagoda::api
