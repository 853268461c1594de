#include "core/services/authenticator.h"

namespace pagoda::services {
namespace {

Caller callerOf(const std::shared_ptr<const ApiKey>& key) {
  return {key->id,          key->name,        key->role, key->monthlyBudget,
          key->dailyBudget, key->totalBudget, key->team, {key, &key->grants}};
}

}  // namespace

Authenticator::Authenticator(AuthMode mode, KeyStore& keys, const Clock& clock)
    : mode_(mode), keys_(keys), clock_(clock) {}

Task<Result<Caller>> Authenticator::identify(std::string_view bearer, Runtime& runtime) {
  if (mode_ == AuthMode::None)
    co_return Caller{{}, "anonymous", KeyRole::Admin, {}, {}, {}, {}, nullptr};
  if (bearer.empty())
    co_return fail(ErrorCode::Unauthenticated,
                   "send an API key as 'Authorization: Bearer <key>' or 'x-api-key'");
  if (keys_.stale()) {
    Result<void> fresh = co_await refresh(runtime);
    if (!fresh) co_return tl::unexpected<Error>(std::move(fresh).error());
  }
  const std::shared_ptr<const ApiKey> key = keys_.find(bearer);
  if (!key || !key->usable(clock_.unixNow()))
    co_return fail(
        ErrorCode::Unauthenticated,
        "the API key is unknown, expired or revoked; create one with 'pagoda keys create'");
  co_return callerOf(key);
}

Task<Result<void>> Authenticator::refresh(Runtime& runtime) {
  Completion<bool> done(runtime);
  const bool queued = runtime.offload([this, slot = done.slot()] {
    // Requests that came meanwhile find the work done.
    if (keys_.stale()) keys_.refresh();
    slot(!keys_.stale());
  });
  const bool fresh = queued && co_await done.wait();
  // With keys of yesterday a revoked one would still open the door.
  if (!fresh)
    co_return fail(ErrorCode::Overloaded,
                   "the API keys changed and cannot be read right now; try again in a moment");
  co_return Result<void>{};
}

}  // namespace pagoda::services
