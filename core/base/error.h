#pragma once
// The one error type of the core. `ErrorCode` meets HTTP in core/api/error_table.cpp and nowhere
// else.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pagoda {

/// Why a request cannot be served, in terms of what its caller can do about it.
enum class ErrorCode {
  InvalidRequest,      ///< malformed JSON, wrong types, refused parameters
  PayloadTooLarge,     ///< body, header or answer over a limit
  UnsupportedMedia,    ///< content type or encoding that is not read here
  Unauthenticated,     ///< no key, or a wrong one
  Forbidden,           ///< a known caller who may not do this
  NotFound,            ///< no such route or object
  MethodNotAllowed,    ///< the route exists for another method
  Conflict,            ///< something else changed it, or does so right now
  KeyReused,           ///< an Idempotency-Key that came with another body
  UnknownModel,        ///< the named model is in no catalogue
  NoCandidate,         ///< models exist, but none can serve this request
  BudgetExceeded,      ///< a spending limit forbids the call
  RateLimited,         ///< a limit on rate or concurrency, ours or the upstream's
  ContextLength,       ///< the prompt is too long for every candidate
  ContentFiltered,     ///< refused by a provider's safety system
  UpstreamRejected,    ///< the upstream refused the request as invalid
  UpstreamFailed,      ///< every attempt failed: refused, reset, 5xx
  UpstreamProtocol,    ///< the upstream answered with bytes that make no sense
  UpstreamTimeout,     ///< an upstream limit on time passed
  DeadlineExceeded,    ///< the request's own deadline passed
  Overloaded,          ///< this server sheds load; a later try may do
  StorageUnavailable,  ///< the ledger cannot be written
  PluginFault,         ///< a plugin threw or broke its contract
  Cancelled,           ///< the client went away
  Internal,            ///< a fault of ours
};

/// `message` is for the API's caller: lower case, no full stop, says what to change; it never holds
/// a key, a prompt or an upstream's raw body. `param` names the request member at fault, or is
/// empty.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::string param;
  /// The upstream's own error code where it gave one, for example "context_length_exceeded".
  std::string upstreamCode;
  std::optional<std::chrono::milliseconds> retryAfter;
};

/// Name of a code for logs and records, for example "budget_exceeded".
std::string_view nameOf(ErrorCode code) noexcept;

}  // namespace pagoda
