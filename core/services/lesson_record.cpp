#include "core/services/lesson_record.h"

#include <algorithm>
#include <charconv>

#include <pagoda/json.hpp>

#include "core/services/answer_checks.h"
#include "core/services/decision_record.h"

namespace pagoda::services {
namespace {

constexpr int kKinds = static_cast<int>(FailureKind::Incompatible) + 1;

std::optional<FailureKind> failureNamed(std::string_view name) {
  for (int i = 0; i < kKinds; ++i)
    if (nameOf(static_cast<FailureKind>(i)) == name) return static_cast<FailureKind>(i);
  return std::nullopt;
}

std::optional<std::uint32_t> stepOf(const Plan& plan, const Selection& selection,
                                    std::string_view model) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (selection.candidates[plan.steps[i].candidate].model->key == model)
      return static_cast<std::uint32_t>(i);
  return std::nullopt;
}

std::optional<double> scoreOf(const ChatRequest& request, const Outcome& outcome,
                              const AttemptRecord& attempt, bool winner) {
  if (attempt.failure) return std::nullopt;
  if (!attempt.weakness.empty()) return 0;
  // Of a stream there is no text to check.
  if (!winner || outcome.answer.choices.empty()) return std::nullopt;
  return weaknessOf(request, outcome.answer).empty() ? 1 : 0;
}

Money moneyOf(std::string_view dollars) {
  return Money::parseUsd(dollars).value_or(Money{});
}

std::string textOf(json::Reader& value) {
  std::string buffer;
  return std::string(value.string(buffer).value_or(""));
}

LessonStep readStep(json::Reader& object, const std::vector<std::string>& models) {
  LessonStep step;
  std::string provider, upstream, model;
  bool weak = false;
  object.object([&](std::string_view key, json::Reader& value) {
    if (key == "model") model = textOf(value);
    if (key == "provider") provider = textOf(value);
    if (key == "upstream_model") upstream = textOf(value);
    if (key == "failure")
      step.failure = failureNamed(textOf(value)).value_or(FailureKind::Internal);
    if (key == "weakness") weak = true;
    if (key == "cost_usd") step.cost = moneyOf(value.raw());
    if (key == "first_byte_ms") step.firstToken = Millis(value.integer().value_or(-1));
    if (key == "total_ms") step.total = Millis(value.integer().value_or(0));
  });
  if (weak) step.score = 0;
  step.candidate = provider + "/" + upstream;
  const auto found = std::ranges::find(models, model);
  if (found != models.end()) step.step = static_cast<std::uint32_t>(found - models.begin());
  return step;
}

void readPlan(json::Reader& object, Lesson& lesson, std::vector<std::string>& models) {
  object.object([&](std::string_view key, json::Reader& value) {
    if (key == "strategy") lesson.strategy = textOf(value);
    if (key == "slot") lesson.slot = textOf(value);
    if (key == "memo") {
      const std::string digits = textOf(value);
      std::from_chars(digits.data(), digits.data() + digits.size(), lesson.memo);
    }
    if (key == "steps") value.array([&](json::Reader& step) { models.push_back(textOf(step)); });
  });
}

}  // namespace

Lesson lessonOf(const ChatRequest& request, const Plan& plan, const Selection& selection,
                const Outcome& outcome, std::size_t first, Millis total) {
  Lesson lesson;
  lesson.decision = outcome.id;
  lesson.slot = plan.slot;
  lesson.strategy = plan.strategy;
  lesson.memo = plan.memo;
  lesson.total = total;
  const std::optional<std::size_t> winner = winnerOf(outcome);
  for (std::size_t i = first; i < outcome.attempts.size(); ++i) {
    const AttemptRecord& attempt = outcome.attempts[i];
    const auto place = stepOf(plan, selection, attempt.model);
    if (!place) continue;  // of the plan that answered from this one's data
    if (winner == i) lesson.winner = lesson.steps.size();
    LessonStep step;
    step.step = *place;
    step.candidate = attempt.provider + "/" + attempt.upstreamModel;
    if (attempt.failure) step.failure = attempt.failure->kind;
    step.promptTokens = attempt.usage.prompt.value_or(-1);
    step.completionTokens = attempt.usage.completion.value_or(-1);
    step.cost = attempt.cost;
    step.firstToken = attempt.firstByte;
    step.total = attempt.total;
    step.score = scoreOf(request, outcome, attempt, winner == i);
    lesson.cost += attempt.cost;
    lesson.steps.push_back(std::move(step));
  }
  if (outcome.error)
    lesson.failure = lesson.steps.empty()
                         ? FailureKind::Internal
                         : lesson.steps.back().failure.value_or(FailureKind::Internal);
  return lesson;
}

std::optional<Lesson> lessonOf(std::string_view decisionJson) {
  Lesson lesson;
  std::vector<std::string> models;
  try {
    json::Reader reader(decisionJson);
    std::optional<std::int64_t> winner;
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "plan") readPlan(value, lesson, models);
      if (key == "attempts")
        value.array([&](json::Reader& one) { lesson.steps.push_back(readStep(one, models)); });
      if (key == "winner") winner = value.integer();
      if (key == "cost_usd") lesson.cost = moneyOf(value.raw());
      if (key == "error") lesson.failure = FailureKind::Internal;
    });
    if (winner && *winner >= 0 && static_cast<std::size_t>(*winner) < lesson.steps.size())
      lesson.winner = static_cast<std::size_t>(*winner);
  } catch (const json::Malformed&) {
    return std::nullopt;
  }
  if (lesson.slot.empty()) return std::nullopt;
  return lesson;
}

}  // namespace pagoda::services
