#include "core/domain/failure.h"

namespace pagoda {

std::string_view nameOf(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::InvalidRequest:
      return "invalid_request";
    case FailureKind::ContextLength:
      return "context_length";
    case FailureKind::ContentFilter:
      return "content_filter";
    case FailureKind::Unsupported:
      return "unsupported";
    case FailureKind::TooLarge:
      return "too_large";
    case FailureKind::Auth:
      return "auth";
    case FailureKind::Permission:
      return "permission";
    case FailureKind::Quota:
      return "quota";
    case FailureKind::Region:
      return "region";
    case FailureKind::RateLimit:
      return "rate_limit";
    case FailureKind::Overloaded:
      return "overloaded";
    case FailureKind::Unavailable:
      return "unavailable";
    case FailureKind::Timeout:
      return "timeout";
    case FailureKind::ModelNotFound:
      return "model_not_found";
    case FailureKind::Protocol:
      return "protocol";
    case FailureKind::Cancelled:
      return "cancelled";
    case FailureKind::Deadline:
      return "deadline";
    case FailureKind::Budget:
      return "budget";
    case FailureKind::Config:
      return "config";
    case FailureKind::NotImplemented:
      return "not_implemented";
    case FailureKind::BadState:
      return "bad_state";
    case FailureKind::NoMemory:
      return "no_memory";
    case FailureKind::Internal:
      return "internal";
    case FailureKind::Incompatible:
      return "incompatible";
  }
  return "internal";
}

}  // namespace pagoda
