#include "core/base/error.h"

namespace pagoda {

std::string_view nameOf(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidRequest:
      return "invalid_request";
    case ErrorCode::PayloadTooLarge:
      return "payload_too_large";
    case ErrorCode::UnsupportedMedia:
      return "unsupported_media_type";
    case ErrorCode::Unauthenticated:
      return "invalid_api_key";
    case ErrorCode::Forbidden:
      return "permission_denied";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::MethodNotAllowed:
      return "method_not_allowed";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::KeyReused:
      return "idempotency_key_reused";
    case ErrorCode::UnknownModel:
      return "model_not_found";
    case ErrorCode::NoCandidate:
      return "no_candidate";
    case ErrorCode::BudgetExceeded:
      return "budget_exceeded";
    case ErrorCode::RateLimited:
      return "rate_limit_exceeded";
    case ErrorCode::ContextLength:
      return "context_length_exceeded";
    case ErrorCode::ContentFiltered:
      return "content_filter";
    case ErrorCode::UpstreamRejected:
      return "upstream_rejected";
    case ErrorCode::UpstreamFailed:
      return "upstream_failed";
    case ErrorCode::UpstreamProtocol:
      return "upstream_protocol_error";
    case ErrorCode::UpstreamTimeout:
      return "upstream_timeout";
    case ErrorCode::DeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::Overloaded:
      return "overloaded";
    case ErrorCode::StorageUnavailable:
      return "storage_unavailable";
    case ErrorCode::PluginFault:
      return "plugin_fault";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Internal:
      return "internal_error";
  }
  return "internal_error";
}

}  // namespace pagoda
