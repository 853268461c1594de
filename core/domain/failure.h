#pragma once
// Why an attempt failed, in the terms that decide what the host does next (pagoda_status of the
// ABI).

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace pagoda {

enum class FailureKind {
  InvalidRequest,
  ContextLength,
  ContentFilter,
  Unsupported,
  TooLarge,  // the request
  Auth,
  Permission,
  Quota,
  Region,  // the credential
  RateLimit,
  Overloaded,
  Unavailable,
  Timeout,
  ModelNotFound,
  Protocol,  // the upstream, for now
  Cancelled,
  Deadline,
  Budget,  // the caller
  Config,
  NotImplemented,
  BadState,
  NoMemory,
  Internal,
  Incompatible,  // the plugin
};

enum class RetryHint { Default, Never, Same, NextKey, Next };

/// `message` is one line, scrubbed of secrets, without the upstream's raw body.
struct AttemptFailure {
  FailureKind kind = FailureKind::Internal;
  RetryHint retry = RetryHint::Default;
  int httpStatus = 0;  ///< upstream's, 0 if none
  std::optional<Millis> retryAfter;
  /// It concerns one of several keys of the provider, and another one is fit: says nothing of the
  /// model.
  bool anotherKey = false;
  std::string code;  ///< the upstream's own, e.g. "insufficient_quota"
  std::string message;
};

std::string_view nameOf(FailureKind kind) noexcept;

}  // namespace pagoda
