#include "core/api/error_table.h"

#include <array>

#include "core/api/json_out.h"

namespace pagoda::api {
namespace {

constexpr std::string_view kRequest = "invalid_request_error";
constexpr std::string_view kUpstream = "upstream_error";
constexpr std::string_view kServer = "server_error";

constexpr std::array kRows = std::to_array<ErrorRow>({
    {ErrorCode::InvalidRequest, 400, kRequest, ""},
    {ErrorCode::PayloadTooLarge, 413, kRequest, "payload_too_large"},
    {ErrorCode::UnsupportedMedia, 415, kRequest, "unsupported_media_type"},
    {ErrorCode::Unauthenticated, 401, "authentication_error", "invalid_api_key"},
    {ErrorCode::Forbidden, 403, "permission_error", "permission_denied"},
    {ErrorCode::NotFound, 404, kRequest, "not_found"},
    {ErrorCode::MethodNotAllowed, 405, kRequest, "method_not_allowed"},
    {ErrorCode::Conflict, 409, kRequest, "conflict"},
    {ErrorCode::KeyReused, 422, kRequest, "idempotency_key_reused"},
    {ErrorCode::UnknownModel, 404, kRequest, "model_not_found"},
    {ErrorCode::NoCandidate, 422, kRequest, "no_candidate"},
    {ErrorCode::BudgetExceeded, 402, "insufficient_quota", "budget_exceeded"},
    {ErrorCode::RateLimited, 429, "rate_limit_error", "rate_limit_exceeded"},
    {ErrorCode::ContextLength, 400, kRequest, "context_length_exceeded"},
    {ErrorCode::ContentFiltered, 400, kRequest, "content_policy_violation"},
    {ErrorCode::UpstreamRejected, 400, kRequest, "upstream_rejected"},
    {ErrorCode::UpstreamFailed, 502, kUpstream, "upstream_failed"},
    {ErrorCode::UpstreamProtocol, 502, kUpstream, "upstream_protocol_error"},
    {ErrorCode::UpstreamTimeout, 504, kUpstream, "upstream_timeout"},
    {ErrorCode::DeadlineExceeded, 504, kUpstream, "deadline_exceeded"},
    {ErrorCode::Overloaded, 503, kServer, "overloaded"},
    {ErrorCode::StorageUnavailable, 503, kServer, "storage_unavailable"},
    {ErrorCode::PluginFault, 502, kUpstream, "plugin_fault"},
    {ErrorCode::Cancelled, 499, kRequest, "client_closed_request"},
    {ErrorCode::Internal, 500, kServer, "internal_error"},
});

constexpr bool inOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  return kRows.size() == static_cast<std::size_t>(ErrorCode::Internal) + 1;
}
static_assert(inOrder(), "rowOf finds a code's row by its number");

void appendNullable(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    appendJsonString(out, text);
  }
}

// An upstream's own code is passed on only if it looks like one: it is a foreigner's text.
bool isWord(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void appendAttempt(std::string& out, const AttemptRecord& attempt) {
  out += R"({"model":)";
  appendJsonString(out, attempt.model);
  out += R"(,"upstream_model":)";
  appendJsonString(out, attempt.upstreamModel);
  out += R"(,"provider":)";
  appendJsonString(out, attempt.provider);
  out += R"(,"failure":)";
  appendJsonString(out, nameOf(attempt.failure->kind));
  out += R"(,"http_status":)";
  if (attempt.failure->httpStatus > 0) {
    appendInteger(out, attempt.failure->httpStatus);
  } else {
    out += "null";
  }
  out += '}';
}

}  // namespace

const ErrorRow& rowOf(ErrorCode code) noexcept {
  return kRows[static_cast<std::size_t>(code)];
}

int httpStatusOf(ErrorCode code) noexcept {
  return rowOf(code).status;
}

void appendErrorJson(std::string& out, const Error& error, std::string_view requestId,
                     const std::vector<AttemptRecord>& attempts) {
  const ErrorRow& row = rowOf(error.code);
  out += R"({"error":{"message":)";
  appendJsonString(out,
                   error.message.empty() ? nameOf(error.code) : std::string_view(error.message));
  out += R"(,"type":")";
  out += row.type;
  out += R"(","param":)";
  appendNullable(out, error.param);
  out += R"(,"code":)";
  const bool upstreams = error.code == ErrorCode::UpstreamRejected && isWord(error.upstreamCode);
  appendNullable(out, upstreams ? std::string_view(error.upstreamCode) : row.openAiCode);
  out += R"(},"request_id":)";
  appendJsonString(out, requestId);
  bool any = false;
  for (const AttemptRecord& attempt : attempts) {
    if (!attempt.failure) continue;
    out += any ? "," : R"(,"attempts":[)";
    any = true;
    appendAttempt(out, attempt);
  }
  if (any) out += ']';
  out += '}';
}

ErrorCode codeOfStatus(int status) noexcept {
  switch (status) {
    case 401:
      return ErrorCode::Unauthenticated;
    case 403:
      return ErrorCode::Forbidden;
    case 404:
      return ErrorCode::NotFound;
    case 405:
      return ErrorCode::MethodNotAllowed;
    case 409:
      return ErrorCode::Conflict;
    case 413:
      return ErrorCode::PayloadTooLarge;
    case 415:
      return ErrorCode::UnsupportedMedia;
    case 429:
      return ErrorCode::RateLimited;
    case 503:
      return ErrorCode::Overloaded;
    default:
      return status >= 500 && status != 501 && status != 505 ? ErrorCode::Internal
                                                             : ErrorCode::InvalidRequest;
  }
}

}  // namespace pagoda::api
