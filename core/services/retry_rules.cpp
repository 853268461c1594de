#include "core/services/retry_rules.h"

namespace pagoda::services {

ErrorCode errorCodeOf(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::InvalidRequest:
    case FailureKind::Unsupported:
      return ErrorCode::UpstreamRejected;
    case FailureKind::ModelNotFound:
      return ErrorCode::UnknownModel;
    case FailureKind::ContextLength:
      return ErrorCode::ContextLength;
    case FailureKind::ContentFilter:
      return ErrorCode::ContentFiltered;
    case FailureKind::RateLimit:
    case FailureKind::Quota:
      return ErrorCode::RateLimited;
    case FailureKind::Overloaded:
      return ErrorCode::Overloaded;
    case FailureKind::Timeout:
      return ErrorCode::UpstreamTimeout;
    case FailureKind::TooLarge:
    case FailureKind::Protocol:
      return ErrorCode::UpstreamProtocol;
    case FailureKind::Cancelled:
      return ErrorCode::Cancelled;
    case FailureKind::Deadline:
      return ErrorCode::DeadlineExceeded;
    case FailureKind::Budget:
      return ErrorCode::BudgetExceeded;
    case FailureKind::Config:
    case FailureKind::NotImplemented:
    case FailureKind::BadState:
    case FailureKind::NoMemory:
    case FailureKind::Internal:
    case FailureKind::Incompatible:
      return ErrorCode::PluginFault;
    default:
      return ErrorCode::UpstreamFailed;
  }
}

bool brokenUpstream(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::Auth:
    case FailureKind::Permission:
    case FailureKind::Quota:
    case FailureKind::RateLimit:
    case FailureKind::Overloaded:
    case FailureKind::Unavailable:
    case FailureKind::Timeout:
    case FailureKind::ModelNotFound:
    case FailureKind::Protocol:
    case FailureKind::Internal:
      return true;
    default:
      return false;
  }
}

AfterFailure afterFailure(const AttemptFailure& failure, bool delivered, bool lastStep,
                          int triesLeft, Millis patience) noexcept {
  if (delivered) return AfterFailure::Stop;
  // A key that is spent is never tried again, but the one beside it is.
  if (failure.anotherKey) return AfterFailure::NextKey;
  switch (failure.retry) {
    case RetryHint::Never:
      return AfterFailure::Stop;
    case RetryHint::Same:
      return triesLeft > 0 ? AfterFailure::Retry : AfterFailure::NextStep;
    case RetryHint::NextKey:
    case RetryHint::Next:
      return AfterFailure::NextStep;
    case RetryHint::Default:
      break;
  }
  switch (failure.kind) {
    case FailureKind::InvalidRequest:
    case FailureKind::ContentFilter:
    case FailureKind::TooLarge:
    case FailureKind::Cancelled:
    case FailureKind::Deadline:
    case FailureKind::Budget:
      return AfterFailure::Stop;
    case FailureKind::Unavailable:
      return triesLeft > 0 ? AfterFailure::Retry : AfterFailure::NextStep;
    // A limit that resets in a moment is waited for; for longer only where no other model is left.
    case FailureKind::RateLimit:
      return failure.retryAfter && (lastStep || *failure.retryAfter <= patience) && triesLeft > 0
                 ? AfterFailure::Retry
                 : AfterFailure::NextStep;
    default:
      return AfterFailure::NextStep;
  }
}

}  // namespace pagoda::services
