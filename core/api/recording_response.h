#pragma once
// A writer that records what it passes on. To the route its client never goes away; the real one
// may.

#include <string>

#include "core/domain/answer_store.h"
#include "core/domain/http_server.h"

namespace pagoda::api {

/// Holds the end of the answer back until release(): by then the answer is kept.
class RecordingResponse final : public ResponseWriter {
 public:
  explicit RecordingResponse(ResponseWriter& client) : client_(client) {}

  Task<void> send(int status, const HeaderList& headers, std::string_view body) override;
  void start(int status, const HeaderList& headers) override;
  void append(std::string_view bytes) override;
  Task<Result<void>> flush() override;
  Task<void> finish() override;
  void abort() override { aborted_ = true; }
  bool started() const override { return state_ != State::Unsent; }
  CancelSource& clientGone() override { return never_; }

  /// The answer ended as it should, and is short enough to be kept.
  bool complete() const { return finished_ && !aborted_ && !overLimit_; }
  /// A copy of what was answered, without the headers that belong to one delivery.
  StoredAnswer recorded(RequestId request) const;
  /// Sends what was held back.
  Task<void> release();

 private:
  enum class State { Unsent, Whole, Streaming };

  bool clientLeft() { return left_ || client_.clientGone().cancelled(); }

  ResponseWriter& client_;
  CancelSource never_;
  State state_ = State::Unsent;
  int status_ = 0;
  HeaderList headers_;
  std::string body_;
  std::string unsent_;  ///< of a stream
  bool finished_ = false;
  bool aborted_ = false;
  bool overLimit_ = false;
  bool left_ = false;
};

}  // namespace pagoda::api
