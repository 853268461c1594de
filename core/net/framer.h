#pragma once
// Cuts a body, which arrives in pieces cut anywhere, into the frames that a plugin sees. A framer
// is pulled: feed() a piece, take frames with next() until NeedInput, feed() the next one.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/domain/failure.h"
#include "core/domain/http_client.h"

namespace pagoda::net {

enum class FrameStep { Frame, NeedInput, Error };

/// Frames are views into the piece that was fed, or into the framer where a frame was cut in two. A
/// frame stays valid while one more frame is taken; it dies with the one after that, and with
/// detach().
class Framer {
 public:
  virtual ~Framer() = default;

  /// `piece` must stay valid until detach() or the next feed(); the one before has been used up.
  void feed(std::string_view piece) {
    detach();
    input_ = piece;
  }
  /// The body has ended, properly. What is left may be one more frame, or an error.
  void finish() { finished_ = true; }
  /// The bytes of the last piece are about to go: copies what is still needed of them.
  virtual void detach() = 0;
  /// Fills event and data. After finish(), NeedInput means that nothing is left.
  virtual FrameStep next(Frame& frame) = 0;

  /// How the body is cut; a JSON array turns into Whole when something else arrives.
  virtual Framing framing() const = 0;
  FailureKind errorKind() const { return errorKind_; }
  const std::string& error() const { return error_; }

 protected:
  FrameStep fail(FailureKind kind, std::string message) {
    errorKind_ = kind;
    error_ = std::move(message);
    return FrameStep::Error;
  }
  FrameStep failTooLarge(std::size_t limit);

  std::string_view input_;  ///< not used yet
  bool finished_ = false;

 private:
  FailureKind errorKind_ = FailureKind::Protocol;
  std::string error_;
};

/// `maxBody` bounds Whole, `maxFrame` one frame of the others; `sizeHint` is the length of the body
/// where it is known, else 0.
std::unique_ptr<Framer> makeFramer(Framing framing, std::size_t maxFrame, std::size_t maxBody,
                                   std::size_t sizeHint);

/// How the answer is cut: what was asked, unless the content type says otherwise (HttpClient).
Framing framingFor(Framing asked, std::string_view contentType, bool lengthKnown);

}  // namespace pagoda::net
