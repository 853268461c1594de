#pragma once
// The simple cuts: everything at once, line by line, and as it comes.

#include <array>
#include <string>

#include "core/net/framer.h"

namespace pagoda::net {

/// One frame with everything. A body that came in one piece is not copied.
class WholeFramer final : public Framer {
 public:
  WholeFramer(std::size_t maxBody, std::size_t sizeHint) : maxBody_(maxBody), sizeHint_(sizeHint) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::Whole; }

 private:
  std::size_t maxBody_;
  std::size_t sizeHint_;
  std::string kept_;
  bool delivered_ = false;
};

/// The first `limit` bytes of the body of a failure; the rest is dropped without an error.
class FailureFramer final : public Framer {
 public:
  explicit FailureFramer(std::size_t limit) : limit_(limit) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::Whole; }
  std::size_t dropped() const { return dropped_; }

 private:
  std::size_t limit_;
  std::string kept_;
  std::size_t dropped_ = 0;
  bool delivered_ = false;
};

/// Each line that is not empty, without its LF or CRLF (NDJSON).
class LinesFramer final : public Framer {
 public:
  explicit LinesFramer(std::size_t maxFrame) : maxFrame_(maxFrame) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::Lines; }

 private:
  std::size_t maxFrame_;
  std::array<std::string, 2> lines_;  ///< the line being put together, and the one handed out
  std::size_t current_ = 0;
  bool spent_ = false;  ///< lines_[current_] was handed out before
};

/// The pieces as they come.
class RawFramer final : public Framer {
 public:
  void detach() override { input_ = {}; }
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::Raw; }
};

}  // namespace pagoda::net
