#pragma once
// Server-sent events. Source: WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6, read 2025-06.
// One departure: an event that the end of the body cuts off before its blank line is delivered,
// since several servers leave out the last line end.

#include <array>
#include <string>
#include <string_view>

#include "core/net/framer.h"

namespace pagoda::net {

class SseFramer final : public Framer {
 public:
  explicit SseFramer(std::size_t maxFrame) : maxFrame_(maxFrame) {}
  void detach() override;
  FrameStep next(Frame& frame) override;
  Framing framing() const override { return Framing::Sse; }

 private:
  /// A value that is a view while it can be, and bytes of our own when its piece goes away.
  struct Text {
    std::string_view view;
    std::string own;
    bool owned = false;
    std::string_view get() const { return owned ? std::string_view(own) : view; }
    void set(std::string_view value, bool stable);
    void keep();
    void clear();
  };
  struct Event {
    Text name;
    Text data;
    bool hasData = false;
  };

  bool takeLine(std::string_view& line, bool& inPiece);
  std::size_t findLineEnd();
  /// True when the line ended an event that has data.
  bool readLine(std::string_view line, bool inPiece);
  void addData(std::string_view value, bool inPiece);
  bool stripMark();
  FrameStep emit(Frame& frame);
  void beginEvent();
  std::size_t held() const { return partial_.size() + events_[current_].data.get().size(); }

  std::size_t maxFrame_;
  std::array<Event, 2> events_;  ///< the one being read, and the one that was handed out
  std::size_t current_ = 0;
  bool spent_ = false;   ///< events_[current_] holds what was handed out before
  std::string partial_;  ///< the start of a line whose end has not come
  std::string line_;     ///< a line that was put together
  std::string mark_;     ///< the first bytes, while they may still be a byte order mark
  const char* nextLf_ =
      nullptr;  ///< the first of its kind in input_, or its end; null: not looked for
  const char* nextCr_ = nullptr;
  bool skipLf_ = false;   ///< the last line ended with CR: an LF right behind belongs to it
  bool started_ = false;  ///< the place for a byte order mark is behind us
};

}  // namespace pagoda::net
