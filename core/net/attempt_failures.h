#pragma once
// AttemptFailures as this module makes them.

#include <algorithm>
#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "core/base/clock.h"
#include "core/domain/failure.h"

namespace pagoda::net {

inline tl::unexpected<AttemptFailure> failAttempt(FailureKind kind, std::string message,
                                                  int httpStatus = 0) {
  AttemptFailure failure;
  failure.kind = kind;
  failure.httpStatus = httpStatus;
  failure.message = std::move(message);
  return tl::unexpected<AttemptFailure>(std::move(failure));
}

/// A limit of one wait inside the deadline of the whole: the earlier of both, and which it was.
class TimeLimit {
 public:
  TimeLimit(TimePoint now, Millis allowed, TimePoint deadline)
      : at_(std::min(now + allowed, deadline)),
        allowed_(allowed),
        whole_(deadline <= now + allowed) {}

  TimePoint at() const { return at_; }
  /// "no answer" becomes "no answer within 60000 ms", of kind Timeout, or Deadline.
  tl::unexpected<AttemptFailure> passed(std::string_view what, int httpStatus = 0) const {
    std::string message(what);
    message += whole_ ? " before the request's deadline"
                      : " within " + std::to_string(allowed_.count()) + " ms";
    return failAttempt(whole_ ? FailureKind::Deadline : FailureKind::Timeout, std::move(message),
                       httpStatus);
  }

 private:
  TimePoint at_;
  Millis allowed_;
  bool whole_;
};

}  // namespace pagoda::net
