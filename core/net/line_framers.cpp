#include "core/net/line_framers.h"

#include <algorithm>
#include <utility>

namespace pagoda::net {

void WholeFramer::detach() {
  if (input_.empty() || delivered_) return;
  if (kept_.empty()) kept_.reserve(std::clamp(sizeHint_, input_.size(), maxBody_));
  kept_.append(input_);
  input_ = {};
}

FrameStep WholeFramer::next(Frame& frame) {
  if (kept_.size() + input_.size() > maxBody_) {
    return fail(FailureKind::TooLarge,
                "the answer is larger than " + std::to_string(maxBody_) + " bytes");
  }
  if (!finished_ || delivered_) return FrameStep::NeedInput;
  if (!kept_.empty()) detach();
  frame.data = kept_.empty() ? input_ : std::string_view(kept_);
  delivered_ = true;
  return FrameStep::Frame;
}

void FailureFramer::detach() {
  if (delivered_) return;
  const std::size_t room = std::min(limit_ - kept_.size(), input_.size());
  kept_.append(input_.substr(0, room));
  dropped_ += input_.size() - room;
  input_ = {};
}

FrameStep FailureFramer::next(Frame& frame) {
  if (delivered_) return FrameStep::NeedInput;
  detach();
  if (!finished_) return FrameStep::NeedInput;
  frame.data = kept_;
  delivered_ = true;
  return FrameStep::Frame;
}

void LinesFramer::detach() {
  if (!input_.empty()) {
    if (std::exchange(spent_, false)) lines_[current_].clear();
    lines_[current_].append(input_);
  }
  input_ = {};
}

FrameStep LinesFramer::next(Frame& frame) {
  if (std::exchange(spent_, false)) lines_[current_].clear();
  while (!input_.empty() || (finished_ && !lines_[current_].empty())) {
    std::string& kept = lines_[current_];
    const std::size_t end = input_.find('\n');
    if (end == std::string_view::npos && !finished_) break;

    std::string_view line = input_.substr(0, end);
    input_.remove_prefix(std::min(input_.size(), line.size() + 1));
    const bool joined = !kept.empty();
    if (joined) line = kept.append(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > maxFrame_) return failTooLarge(maxFrame_);
    if (line.empty()) {
      kept.clear();
      continue;
    }
    frame.data = line;
    if (joined) {
      current_ ^= 1;
      spent_ = true;
    }
    return FrameStep::Frame;
  }
  const std::size_t held = lines_[current_].size() + input_.size();
  return held > maxFrame_ + 1 ? failTooLarge(maxFrame_) : FrameStep::NeedInput;
}

FrameStep RawFramer::next(Frame& frame) {
  if (input_.empty()) return FrameStep::NeedInput;
  frame.data = std::exchange(input_, {});
  return FrameStep::Frame;
}

}  // namespace pagoda::net
