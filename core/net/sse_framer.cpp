#include "core/net/sse_framer.h"

#include <cstring>
#include <utility>

namespace pagoda::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

const char* findByte(std::string_view text, char byte) {
  const void* found = text.empty() ? nullptr : std::memchr(text.data(), byte, text.size());
  return found ? static_cast<const char*>(found) : text.data() + text.size();
}

}  // namespace

void SseFramer::Text::set(std::string_view value, bool stable) {
  owned = !stable;
  if (stable) {
    view = value;
  } else {
    own.assign(value);
  }
}

void SseFramer::Text::keep() {
  if (owned) return;
  own.assign(view);
  owned = true;
}

void SseFramer::Text::clear() {
  view = {};
  owned = false;
  own.clear();
}

void SseFramer::detach() {
  partial_.append(input_);
  input_ = {};
  nextLf_ = nextCr_ = nullptr;
  if (spent_) return;
  Event& event = events_[current_];
  event.name.keep();
  event.data.keep();
}

/// Swallows a byte order mark, which may come in pieces. False: more bytes decide.
bool SseFramer::stripMark() {
  while (!started_ && !input_.empty()) {
    if (input_.front() != kByteOrderMark[mark_.size()]) break;
    mark_ += input_.front();
    input_.remove_prefix(1);
    if (mark_ == kByteOrderMark) {
      mark_.clear();
      started_ = true;
    }
  }
  if (!started_ && input_.empty() && !finished_) return false;
  if (!started_) {
    partial_.swap(mark_);  // it was none, or half of one: those bytes begin the first line
    started_ = true;
  }
  return true;
}

/// Length of the next line in input_, or npos. Remembers what it found, so that a body full of CR
/// is not searched for its next LF again and again.
std::size_t SseFramer::findLineEnd() {
  const char* begin = input_.data();
  const char* end = begin + input_.size();
  if (!nextLf_ || nextLf_ < begin) nextLf_ = findByte(input_, '\n');
  if (!nextCr_ || nextCr_ < begin) nextCr_ = findByte(input_, '\r');
  const char* first = nextLf_ < nextCr_ ? nextLf_ : nextCr_;
  return first == end ? std::string_view::npos : static_cast<std::size_t>(first - begin);
}

bool SseFramer::takeLine(std::string_view& line, bool& inPiece) {
  if (skipLf_ && !input_.empty()) {
    if (input_.front() == '\n') input_.remove_prefix(1);
    skipLf_ = false;
  }
  const std::size_t length = input_.empty() ? std::string_view::npos : findLineEnd();
  if (length == std::string_view::npos) return false;

  line = input_.substr(0, length);
  skipLf_ = input_[length] == '\r';
  input_.remove_prefix(length + 1);
  inPiece = partial_.empty();
  if (!inPiece) {
    line_.assign(partial_).append(line);
    partial_.clear();
    line = line_;
  }
  return true;
}

void SseFramer::addData(std::string_view value, bool inPiece) {
  Event& event = events_[current_];
  if (!event.hasData) {
    event.data.set(value, inPiece);
    event.hasData = true;
    return;
  }
  event.data.keep();
  event.data.own += '\n';
  event.data.own += value;
}

bool SseFramer::readLine(std::string_view line, bool inPiece) {
  Event& event = events_[current_];
  if (line.empty()) {
    if (!event.hasData) event.name.clear();
    return event.hasData;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);

  if (field == "data") {
    addData(value, inPiece);
  } else if (field == "event") {
    event.name.set(value, inPiece);
  }
  return false;  // comments, id, retry and unknown fields are nothing to us
}

FrameStep SseFramer::emit(Frame& frame) {
  const Event& event = events_[current_];
  frame.event = event.name.get();
  frame.data = event.data.get();
  current_ ^= 1;
  spent_ = true;
  return FrameStep::Frame;
}

/// Makes room for the event to be read, once the event that was there may be forgotten.
void SseFramer::beginEvent() {
  if (!std::exchange(spent_, false)) return;
  Event& event = events_[current_];
  event.name.clear();
  event.data.clear();
  event.hasData = false;
}

FrameStep SseFramer::next(Frame& frame) {
  beginEvent();
  if (!stripMark()) return FrameStep::NeedInput;
  std::string_view line;
  bool inPiece = false;
  while (takeLine(line, inPiece)) {
    if (line.size() + events_[current_].data.get().size() > maxFrame_) {
      return failTooLarge(maxFrame_);
    }
    if (readLine(line, inPiece)) return emit(frame);
  }
  if (held() + input_.size() > maxFrame_) return failTooLarge(maxFrame_);
  if (!finished_) return FrameStep::NeedInput;

  detach();
  line_.swap(partial_);
  partial_.clear();
  if (!line_.empty()) readLine(line_, false);
  line_.clear();
  return readLine({}, false) ? emit(frame) : FrameStep::NeedInput;
}

}  // namespace pagoda::net
