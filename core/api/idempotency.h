#pragma once
// A request with an Idempotency-Key is served once: whoever repeats it gets the first one's answer,
// byte for byte, and pays nothing. The first runs to its end even if its client goes away, since
// the client that comes back finds the answer then.

#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {

/// Serves a request that has the header by `handler`, by what is kept, or by a refusal.
Task<void> answerOnce(const ApiContext& api, RequestScope& scope, RouteHandler handler);

/// A generating route: with the header once, without it as it is.
template <RouteHandler handler>
Task<void> once(const ApiContext& api, RequestScope& scope) {
  if (api.answers == nullptr || scope.http.count("idempotency-key") == 0)
    return handler(api, scope);
  return answerOnce(api, scope, handler);
}

}  // namespace pagoda::api
