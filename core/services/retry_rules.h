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

/// `delivered`: the client has something of the answer. `lastStep`: no other model is left.
AfterFailure afterFailure(const AttemptFailure& failure, bool delivered, bool lastStep,
                          int triesLeft) noexcept;

}  // namespace pagoda::services
