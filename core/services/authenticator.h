#pragma once
// Key to caller.

#include <atomic>
#include <string_view>

#include "core/domain/keys.h"
#include "core/domain/runtime.h"

namespace pagoda::services {

enum class AuthMode { None, ApiKey };

/// Thread-safe.
class Authenticator {
 public:
  Authenticator(AuthMode mode, KeyStore& keys, const Clock& clock);

  AuthMode mode() const { return mode_; }
  /// The caller behind a bearer key. An unknown key makes the store look once more for keys that
  /// another process created (at most every 100 ms, off the loop). Errors: Unauthenticated.
  Task<Result<Caller>> identify(std::string_view bearer, Runtime& runtime);

 private:
  AuthMode mode_;
  KeyStore& keys_;
  const Clock& clock_;
  std::atomic<std::int64_t> lastRefresh_{0};
};

}  // namespace pagoda::services
