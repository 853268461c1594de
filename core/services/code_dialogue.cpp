#include "core/services/code_dialogue.h"

namespace pagoda::services {
namespace {

constexpr std::string_view kFence = "```";

std::string_view lineAt(std::string_view text, std::size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::optional<std::string> firstCodeBlock(std::string_view answer) {
  std::optional<std::string> code;
  for (std::size_t at = 0; at < answer.size();) {
    const std::string_view line = lineAt(answer, at);
    at += line.size() + 1;
    if (!code) {
      if (trimmed(line).starts_with(kFence)) code.emplace();
    } else if (trimmed(line) == kFence) {
      break;
    } else {
      code->append(line).append("\n");
    }
  }
  return code;
}

CodeDialogue::CodeDialogue(DialogueFrame& frame, std::string system)
    : frame_(frame), texts_(std::make_shared<std::deque<std::string>>()) {
  add(Role::System, std::move(system));
}

void CodeDialogue::add(Role role, std::string text) {
  texts_->push_back(std::move(text));
  turns_.push_back({role, texts_->back()});
}

Task<Result<std::string>> CodeDialogue::ask() {
  if (frame_.mostCost && frame_.cost >= *frame_.mostCost)
    co_return fail(ErrorCode::BudgetExceeded, "max_cost_usd is spent: $" + frame_.cost.toString() +
                                                  " of $" + frame_.mostCost->toString());
  CorridorRequest request = frame_.begin();
  request.chat.model = frame_.model;
  request.chat.taskType = "coding";
  request.chat.storage = texts_;
  for (const Turn& turn : turns_) {
    Message& message = request.chat.messages.emplace_back();
    message.role = turn.role;
    message.parts.emplace_back().text = turn.text;
  }
  last_ = co_await frame_.orchestrator.answer(request, nullptr, frame_.runtime);
  ++frame_.calls;
  frame_.cost += last_.cost;
  for (const AttemptRecord& attempt : last_.attempts)
    frame_.tokens += attempt.usage.prompt.value_or(0) + attempt.usage.completion.value_or(0);
  if (last_.error) co_return tl::unexpected<Error>(*last_.error);
  std::string text = last_.answer.choices.empty() ? "" : last_.answer.choices.front().text;
  add(Role::Assistant, text);
  co_return text;
}

}  // namespace pagoda::services
