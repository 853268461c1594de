#pragma once
// What follows from a failed attempt: for the request, and for the client.

#include "core/base/error.h"
#include "core/domain/failure.h"

namespace pagoda::services {

/// What the client is told.
ErrorCode errorCodeOf(FailureKind kind) noexcept;

enum class AfterFailure {
  NextKey,  ///< the same model, at once
  Retry,    ///< the same model, after a while
  NextStep,
  Stop
};

/// True for what says that the upstream broke: another one may do what it could not.
bool brokenUpstream(FailureKind kind) noexcept;

/// `delivered`: the client has something of the answer. `lastStep`: no other model is left; while
/// one is, a rate limit that resets within `patience` is waited for.
AfterFailure afterFailure(const AttemptFailure& failure, bool delivered, bool lastStep,
                          int triesLeft, Millis patience) noexcept;

}  // namespace pagoda::services
