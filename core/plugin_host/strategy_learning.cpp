#include "core/plugin_host/strategy_learning.h"

#include <algorithm>
#include <limits>

#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kSmallest = 4096;

pagoda_step_result resultOf(const LessonStep& step) {
  pagoda_step_result result{};
  result.struct_size = sizeof result;
  result.step = step.step;
  result.candidate_id = strOf(step.candidate);
  result.status = step.failure ? statusOf(*step.failure) : PAGODA_OK;
  result.input_tokens = step.promptTokens;
  result.output_tokens = step.completionTokens;
  result.cost_nusd = step.cost.nanoUsd();
  result.first_token_ms = step.firstToken.count();
  result.total_ms = step.total.count();
  result.score = step.score.value_or(kNotKnown);
  result.mean_logprob = kNotKnown;
  return result;
}

pagoda_feedback_source sourceOf(Lesson::Source source) {
  switch (source) {
    case Lesson::Source::Outcome:
      return PAGODA_FEEDBACK_OUTCOME;
    case Lesson::Source::Rating:
      return PAGODA_FEEDBACK_RATING;
    case Lesson::Source::Evaluation:
      return PAGODA_FEEDBACK_EVAL;
  }
  return PAGODA_FEEDBACK_OUTCOME;
}

}  // namespace

FeedbackView::FeedbackView(const Lesson& lesson) {
  steps_.reserve(lesson.steps.size());
  for (const LessonStep& step : lesson.steps) steps_.push_back(resultOf(step));
  feedback_.struct_size = sizeof feedback_;
  feedback_.source = sourceOf(lesson.source);
  feedback_.decision_id = static_cast<std::uint64_t>(lesson.decision.number());
  feedback_.memo = lesson.memo;
  feedback_.status = lesson.failure ? statusOf(*lesson.failure) : PAGODA_OK;
  feedback_.winner = lesson.winner ? static_cast<std::int32_t>(*lesson.winner) : -1;
  feedback_.steps = {steps_.data(), static_cast<std::uint32_t>(steps_.size()),
                     sizeof(pagoda_step_result)};
  feedback_.total_ms = lesson.total.count();
  feedback_.cost_nusd = lesson.cost.nanoUsd();
  feedback_.rating = lesson.rating.value_or(kNotKnown);
  feedback_.comment_label = strOf(lesson.label);
}

StateBuffer::StateBuffer() {
  buffer_.grow = grow;
}

std::int32_t PAGODA_CALL StateBuffer::grow(pagoda_buf* buffer, std::size_t need) noexcept {
  auto& self = *static_cast<Buffer*>(buffer);
  const auto* begin = reinterpret_cast<std::uint8_t*>(self.storage.data());
  const std::size_t used = self.pos == nullptr ? 0 : static_cast<std::size_t>(self.pos - begin);
  if (used > self.storage.size()) return PAGODA_E_BAD_STATE;
  if (need > kMost - used) return PAGODA_E_TOO_LARGE;
  try {
    const std::size_t wanted = std::max({self.storage.size() * 2, used + need, kSmallest});
    self.storage.resize(std::min(kMost, wanted));
  } catch (...) {
    return PAGODA_E_NO_MEMORY;
  }
  auto* data = reinterpret_cast<std::uint8_t*>(self.storage.data());
  self.pos = data + used;
  self.end = data + self.storage.size();
  return PAGODA_OK;
}

std::string StateBuffer::take() {
  if (buffer_.pos == nullptr) return {};
  const auto used =
      static_cast<std::size_t>(reinterpret_cast<char*>(buffer_.pos) - buffer_.storage.data());
  buffer_.storage.resize(std::min(used, buffer_.storage.size()));
  return std::move(buffer_.storage);
}

}  // namespace pagoda::plugin_host
