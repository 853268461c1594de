#pragma once
// Amazon's binary event stream, one frame for each message: `event` is :event-type (or
// :exception-type, :error-code), `data` the payload. Both checksums are verified.
// Source: AWS "Amazon Transcribe: event stream encoding", read 2025-06.

#include <array>
#include <cstdint>
#include <string>

#include "core/net/framer.h"

namespace pagoda::net {

class AwsFramer final : public Framer {
 public:
  explicit AwsFramer(std::size_t maxFrame) : maxFrame_(maxFrame) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::AwsEventStream; }

 private:
  FrameStep readMessage(std::string_view message, Frame& frame);
  /// Size of the message that begins with these twelve bytes; 0 when they are no beginning.
  std::size_t messageSize(std::string_view prelude) const;
  FrameStep fillUp(Frame& frame);

  std::size_t maxFrame_;
  std::array<std::string, 2> messages_;  ///< the message being put together, and the one handed out
  std::size_t current_ = 0;
  bool spent_ = false;
};

}  // namespace pagoda::net
