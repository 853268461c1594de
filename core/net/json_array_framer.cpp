#include "core/net/json_array_framer.h"

#include <utility>

namespace pagoda::net {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

void skipSpace(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

std::string_view trimmedRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

}  // namespace

void JsonArrayFramer::detach() {
  if (state_ == State::Whole) whole_.detach();
  input_ = {};  // next() has read it all
}

bool JsonArrayFramer::readStart() {
  skipSpace(input_);
  if (input_.empty()) return false;
  state_ = input_.front() == '[' ? State::FirstElement : State::Whole;
  if (state_ == State::FirstElement) input_.remove_prefix(1);
  return true;
}

/// The element ends before a comma or a bracket that is its array's own; `length` counts what
/// belongs to it. Reads everything when the end is not there yet.
bool JsonArrayFramer::scan(std::size_t& length) {
  for (length = 0; length < input_.size(); ++length) {
    const char c = input_[length];
    if (inString_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        inString_ = false;
      }
      continue;
    }
    if (c == '"') {
      inString_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (depth_ == 0 && (c == ',' || c == ']')) {
      return true;
    } else if (c == '}' || c == ']') {
      if (depth_ > 0) --depth_;
    }
  }
  return false;
}

FrameStep JsonArrayFramer::takeElement(Frame& frame, std::size_t length) {
  const bool closes = input_[length] == ']';
  std::string& kept = elements_[current_];
  const bool joined = !kept.empty();
  std::string_view element = input_.substr(0, length);
  if (joined) element = kept.append(element);
  element = trimmedRight(element);
  input_.remove_prefix(length + 1);
  state_ = closes ? State::BehindArray : State::Element;
  if (element.size() > maxFrame_) return failTooLarge(maxFrame_);
  frame.data = element;
  if (joined) {
    current_ ^= 1;
    spent_ = true;
  }
  return FrameStep::Frame;
}

FrameStep JsonArrayFramer::readElement(Frame& frame) {
  if (state_ != State::InElement) {
    skipSpace(input_);
    if (input_.empty()) return FrameStep::NeedInput;
    if (state_ == State::FirstElement && input_.front() == ']') {
      input_.remove_prefix(1);
      state_ = State::BehindArray;
      return FrameStep::NeedInput;
    }
    if (input_.front() == ',' || input_.front() == ']') {
      return fail(FailureKind::Protocol, "the streamed array has an element without a value");
    }
    state_ = State::InElement;
  }
  std::size_t length = 0;
  if (scan(length)) return takeElement(frame, length);

  elements_[current_].append(input_);
  input_ = {};
  return elements_[current_].size() > maxFrame_ ? failTooLarge(maxFrame_) : FrameStep::NeedInput;
}

FrameStep JsonArrayFramer::nextOfWhole(Frame& frame) {
  if (!input_.empty()) whole_.feed(std::exchange(input_, {}));
  if (finished_) whole_.finish();
  const FrameStep step = whole_.next(frame);
  return step == FrameStep::Error ? fail(whole_.errorKind(), whole_.error()) : step;
}

FrameStep JsonArrayFramer::next(Frame& frame) {
  if (std::exchange(spent_, false)) elements_[current_].clear();
  if (state_ == State::Start && !readStart()) {
    return finished_ ? fail(FailureKind::Protocol, "the answer is empty") : FrameStep::NeedInput;
  }
  if (state_ == State::Whole) return nextOfWhole(frame);

  if (state_ != State::BehindArray) {
    const FrameStep step = readElement(frame);
    if (step != FrameStep::NeedInput) return step;
  }
  if (state_ == State::BehindArray) {
    skipSpace(input_);
    return input_.empty()
               ? FrameStep::NeedInput
               : fail(FailureKind::Protocol, "there are bytes behind the streamed array");
  }
  return finished_ ? fail(FailureKind::Protocol, "the streamed array ends without its bracket")
                   : FrameStep::NeedInput;
}

}  // namespace pagoda::net
