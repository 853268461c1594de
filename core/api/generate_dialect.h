#pragma once
// The seed's own form: POST /generate with a prompt, one object back.

#include <memory>
#include <string>
#include <string_view>

#include "core/api/json_body.h"
#include "core/api/stream_sink.h"
#include "core/base/result.h"
#include "core/domain/chat.h"

namespace pagoda::api {

/// Reads the body of POST /generate and writes its chat.completions form into rawJson. Errors:
/// InvalidRequest; an unknown member is refused with a near name, since nothing behind this route
/// could read it.
Result<ChatRequest> readGenerateRequest(std::shared_ptr<JsonDocument> document);

/// auto, coding, general, analysis, premium or realtime.
bool isTaskType(std::string_view word);

/// `text`: the answer. `latency`: from the head of the request until now.
std::string writeGenerateAnswer(const Outcome& outcome, std::string_view requestId,
                                std::string_view text, Millis latency);
/// The text of a collected answer.
std::string_view answerText(const ChatAnswer& answer);

/// `data: {"delta":"..."}` for each piece, then `event: done` with the object that a plain answer
/// would be.
class GenerateStream final : public StreamSink {
 public:
  GenerateStream(ResponseWriter& response, StreamHead head, const Clock& clock, TimePoint received);

  bool emit(const Event& event) override;
  void complete(const Outcome& outcome) override;
  void fail(std::string_view errorJson) override;

 private:
  const Clock& clock_;
  const TimePoint received_;
  std::string text_;
  std::string event_;
};

}  // namespace pagoda::api
