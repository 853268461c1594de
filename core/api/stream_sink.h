#pragma once
// What the dialects' streams share: the head of the answer, back-pressure, and one way to end.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/domain/answer.h"
#include "core/domain/http_server.h"
#include "core/services/orchestrator.h"

namespace pagoda::api {

/// What a stream says before its first event.
struct StreamHead {
  std::string requestId;
  std::int64_t createdUnix = 0;
  /// Headers of the answer, made when the model that answers is known.
  std::function<HeaderList(const Outcome&)> headers;
};

/// A stream to a client. Calls match `begin emit* (complete | fail)`; after a failed drain none is
/// needed.
class StreamSink : public services::AnswerSink {
 public:
  StreamSink(ResponseWriter& response, StreamHead head);

  void begin(const Outcome& outcome) override;
  Task<Result<void>> drain() override;
  /// The answer is whole and accounted for: the last events.
  virtual void complete(const Outcome& outcome) = 0;
  /// The answer broke off after its start: an error event instead of an end.
  virtual void fail(std::string_view errorJson) = 0;

 protected:
  bool clientGone() { return response_.clientGone().cancelled(); }

  ResponseWriter& response_;
  const StreamHead head_;
  std::string modelKey_;
};

}  // namespace pagoda::api
