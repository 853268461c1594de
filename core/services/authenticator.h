#pragma once
// Key to caller.

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
  /// The caller behind a bearer key. Keys that another process changed are read first, off the
  /// loop, so that a revocation counts from the next request on. Errors: Unauthenticated,
  /// Overloaded (the keys could not be read again).
  Task<Result<Caller>> identify(std::string_view bearer, Runtime& runtime);

 private:
  Task<Result<void>> refresh(Runtime& runtime);

  AuthMode mode_;
  KeyStore& keys_;
  const Clock& clock_;
};

}  // namespace pagoda::services
