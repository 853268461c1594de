#include "core/api/corridor.h"

#include <algorithm>

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestClientId = 128;

// A client may name its request too; the ledger keeps that name if it is a short plain one.
std::string clientRequestId(const HttpRequest& request) {
  std::string_view id = request.header("x-client-request-id");
  if (id.empty()) id = request.header("x-request-id");
  const bool plain = std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7F; });
  return plain && id.size() <= kLongestClientId ? std::string(id) : std::string{};
}

}  // namespace

services::CorridorRequest beginCorridor(const ApiContext& api, RequestScope& scope,
                                        bool streaming) {
  services::CorridorRequest corridor;
  corridor.id = scope.id;
  corridor.caller = scope.caller;
  corridor.route = scope.http.path;
  corridor.clientRequestId = clientRequestId(scope.http);
  corridor.received = scope.http.received;
  const Millis limit = streaming ? api.limits.streamDeadline : api.limits.deadline;
  if (limit != Millis::max()) corridor.deadline = scope.http.received + limit;
  corridor.cancel = &scope.response.clientGone();
  corridor.times = scope.times;
  return corridor;
}

Task<void> sendAnswer(RequestScope& scope, const Outcome& outcome, std::string_view body) {
  note(scope, outcome);
  HeaderList headers = baseHeaders(scope, "application/json");
  addOutcomeHeaders(headers, outcome, false);
  co_await scope.response.send(200, headers, body);
}

}  // namespace pagoda::api
