#pragma once
// Between a provider and the client: collects an answer or passes it on, watches what was
// delivered, and owns the rule of the commit point: after the first delta nothing falls back
// silently.

#include <functional>
#include <string>

#include "core/domain/answer.h"
#include "core/services/orchestrator.h"

namespace pagoda::services {

/// One attempt's events. Lives on the request's loop.
class AnswerTap final : public EventSink {
 public:
  /// With `stream` events go there once something was said; without, they are collected, up to
  /// `limit` bytes.
  /// `mayCommit`, if any, is asked once before the client gets the first of a stream: false ends
  /// the attempt.
  AnswerTap(AnswerSink* stream, const Outcome& outcome, const Clock& clock, std::size_t limit,
            std::function<bool()> mayCommit = {});

  bool emit(const Event& event) override;

  bool committed() const { return committed_; }  ///< the client got something
  bool anyFinished() const;
  bool allFinished() const;
  bool overLimit() const { return overLimit_; }
  std::size_t outputBytes() const { return outputBytes_; }
  std::size_t deltas() const { return deltas_; }  ///< in which they came
  TimePoint firstAt() const { return firstAt_; }  ///< TimePoint{} : nothing came
  ChatAnswer& answer() { return answer_; }
  const ChatAnswer& answer() const { return answer_; }

 private:
  void keepFigures(const Event& event);
  void collect(const Event& event);
  void commit();
  AnswerChoice& choice(std::uint32_t index);
  AnswerToolCall& toolCall(const Event& event);

  AnswerSink* stream_;
  const Outcome& outcome_;
  const Clock& clock_;
  std::size_t limit_;
  std::function<bool()> mayCommit_;
  ChatAnswer answer_;
  std::size_t outputBytes_ = 0;
  std::size_t deltas_ = 0;
  TimePoint firstAt_{};
  bool committed_ = false;
  bool overLimit_ = false;
};

/// Appends the members of the JSON object `object` to `members` ("a":1,"b":2), if it has any.
void appendMembers(std::string& members, std::string_view object);

}  // namespace pagoda::services
