#include "core/services/authenticator.h"

namespace pagoda::services {
namespace {

constexpr std::int64_t kRefreshEveryMs = 100;

bool usable(const ApiKey& key, UnixMillis now) {
  return !key.revoked && (!key.expires || now < *key.expires);
}

Caller callerOf(const ApiKey& key) {
  return {key.id,          key.name,        key.role, key.monthlyBudget,
          key.dailyBudget, key.totalBudget, key.team};
}

}  // namespace

Authenticator::Authenticator(AuthMode mode, KeyStore& keys, const Clock& clock)
    : mode_(mode), keys_(keys), clock_(clock) {}

Task<Result<Caller>> Authenticator::identify(std::string_view bearer, Runtime& runtime) {
  if (mode_ == AuthMode::None) co_return Caller{{}, "anonymous", KeyRole::Admin, {}, {}, {}, {}};
  if (bearer.empty())
    co_return fail(ErrorCode::Unauthenticated,
                   "send an API key as 'Authorization: Bearer <key>' or 'x-api-key'");

  std::shared_ptr<const ApiKey> key = keys_.find(bearer);
  const UnixMillis now = clock_.unixNow();
  std::int64_t last = lastRefresh_.load(std::memory_order_relaxed);
  // A burst of wrong keys must not become a burst of database reads.
  if (!key && now - last >= kRefreshEveryMs && lastRefresh_.compare_exchange_strong(last, now)) {
    Completion<bool> done(runtime);
    const bool queued = runtime.offload([this, slot = done.slot()] { slot(keys_.refresh()); });
    if (queued && co_await done.wait()) key = keys_.find(bearer);
  }
  if (!key || !usable(*key, now))
    co_return fail(
        ErrorCode::Unauthenticated,
        "the API key is unknown, expired or revoked; create one with 'pagoda keys create'");
  co_return callerOf(*key);
}

}  // namespace pagoda::services
