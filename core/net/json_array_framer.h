#pragma once
// The elements of one top-level JSON array as they arrive: Gemini's streamGenerateContent without
// alt=sse answers so. A document that does not begin with "[" comes Whole instead.

#include <array>
#include <string>

#include "core/net/line_framers.h"

namespace pagoda::net {

/// Looks for the ends of elements and no more: whether an element is JSON is its reader's to say.
class JsonArrayFramer final : public Framer {
 public:
  JsonArrayFramer(std::size_t maxFrame, std::size_t maxBody)
      : maxFrame_(maxFrame), whole_(maxBody, 0) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override {
    return state_ == State::Whole ? Framing::Whole : Framing::JsonArray;
  }

 private:
  enum class State { Start, FirstElement, Element, InElement, BehindArray, Whole };

  bool readStart();
  FrameStep readElement(Frame& frame);
  /// Reads to the end of the element; true when its last byte is there.
  bool scan(std::size_t& length);
  FrameStep takeElement(Frame& frame, std::size_t length);
  FrameStep nextOfWhole(Frame& frame);

  std::size_t maxFrame_;
  WholeFramer whole_;
  State state_ = State::Start;
  std::array<std::string, 2> elements_;  ///< the element being put together, and the one handed out
  std::size_t current_ = 0;
  bool spent_ = false;
  std::size_t depth_ = 0;
  bool inString_ = false;
  bool escaped_ = false;
};

}  // namespace pagoda::net
