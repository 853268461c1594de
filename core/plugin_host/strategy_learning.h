#pragma once
// Lessons and learnt state in the ABI's form.

#include <string>
#include <vector>

#include <pagoda/strategy.h>

#include "core/domain/lesson.h"

namespace pagoda::plugin_host {

/// A lesson as a strategy plugin reads it; valid while both live.
class FeedbackView {
 public:
  explicit FeedbackView(const Lesson& lesson);
  FeedbackView(const FeedbackView&) = delete;
  FeedbackView& operator=(const FeedbackView&) = delete;
  const pagoda_feedback* get() const { return &feedback_; }

 private:
  std::vector<pagoda_step_result> steps_;
  pagoda_feedback feedback_{};
};

/// A buffer of the ABI that grows up to kMost bytes. Does not move.
class StateBuffer {
 public:
  static constexpr std::size_t kMost = 16u << 20;
  StateBuffer();
  StateBuffer(const StateBuffer&) = delete;
  StateBuffer& operator=(const StateBuffer&) = delete;
  pagoda_buf* get() { return &buffer_; }
  /// What was written; ends the buffer.
  std::string take();

 private:
  struct Buffer : pagoda_buf {
    std::string storage;
  };
  static std::int32_t PAGODA_CALL grow(pagoda_buf* buffer, std::size_t need) noexcept;
  Buffer buffer_{};
};

}  // namespace pagoda::plugin_host
