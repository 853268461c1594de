#pragma once
// The limits on rate, as routes that call models see them.

#include "core/api/request_scope.h"
#include "core/services/orchestrator.h"
#include "core/services/rate_limiter.h"

namespace pagoda::api {

/// The address that a request counts against.
services::AddressBytes addressOf(const services::RateLimiter& rates, const HttpRequest& request);

/// Lets the request in, or answers it with an error and returns nothing. What is left goes into the
/// headers of the answer. `corridor` says how many tokens are set aside; null: no model is called.
/// The ticket lives until the answer has been sent.
Task<std::optional<services::RateTicket>> enterByRate(const ApiContext& api, RequestScope& scope,
                                                      const services::CorridorRequest* corridor);

/// The tokens that the request used in truth, in place of those that were set aside.
void settleRate(services::RateTicket& ticket, const Outcome& outcome);

/// 401 becomes 429 for an address that sent too many wrong keys; the right key is not held up.
Error countWrongKey(const ApiContext& api, const HttpRequest& request, Error error);

/// `x-ratelimit-*` in OpenAI's form, "6m0s" for a duration.
void addRateHeaders(HeaderList& headers, const services::RateView& view);

}  // namespace pagoda::api
