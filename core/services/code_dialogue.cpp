#include "core/services/code_dialogue.h"

#include <algorithm>
#include <cctype>

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

/// A file's name in a line such as "**`src/main.py`**:" or "FILE: main.py"; empty: there is none.
std::string fileNameIn(std::string_view line) {
  constexpr std::string_view kAround = "*`#:\"' \t\r";
  if (const std::size_t word = line.find("FILE:"); word != std::string_view::npos)
    line.remove_prefix(word + 5);
  const std::size_t begin = line.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  line = line.substr(begin, line.find_last_not_of(kAround) - begin + 1);
  const std::size_t dot = line.rfind('.');
  const bool plain = std::ranges::all_of(line, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '/';
  });
  const bool named = plain && dot != std::string_view::npos && dot > 0 && dot + 1 < line.size();
  return named ? std::string(line) : std::string();
}

}  // namespace

std::vector<CodeBlock> codeBlocks(std::string_view answer) {
  std::vector<CodeBlock> blocks;
  std::string_view before;  // the last line with text, above the fence
  for (std::size_t at = 0; at < answer.size();) {
    const std::string_view line = lineAt(answer, at);
    at += line.size() + 1;
    if (!trimmed(line).starts_with(kFence)) {
      if (!trimmed(line).empty()) before = line;
      continue;
    }
    CodeBlock block;
    const std::string_view head = trimmed(trimmed(line).substr(kFence.size()));
    const std::size_t space = std::min(head.find(' '), head.size());
    block.language = std::string(head.substr(0, space));
    block.name = fileNameIn(head.substr(space));
    if (block.name.empty()) block.name = fileNameIn(before);
    before = {};
    while (at < answer.size()) {
      const std::string_view code = lineAt(answer, at);
      at += code.size() + 1;
      if (trimmed(code) == kFence) break;
      block.code.append(code).append("\n");
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

CodeDialogue::CodeDialogue(DialogueFrame& frame, std::string system)
    : frame_(frame), texts_(std::make_shared<std::deque<std::string>>()) {
  add(Role::System, std::move(system));
}

void CodeDialogue::add(Role role, std::string text) {
  texts_->push_back(std::move(text));
  turns_.push_back({role, texts_->back()});
}

Task<Result<std::string>> CodeDialogue::ask(std::optional<int> preferredTier) {
  if (frame_.mostCost && cost_ >= *frame_.mostCost)
    co_return fail(ErrorCode::BudgetExceeded, "max_cost_usd is spent: $" + cost_.toString() +
                                                  " of $" + frame_.mostCost->toString());
  CorridorRequest request = frame_.begin();
  request.chat.model = frame_.model;
  request.chat.taskType = "coding";
  request.chat.preferredTier = preferredTier;
  request.chat.storage = texts_;
  for (const Turn& turn : turns_) {
    Message& message = request.chat.messages.emplace_back();
    message.role = turn.role;
    message.parts.emplace_back().text = turn.text;
  }
  last_ = co_await frame_.orchestrator.answer(request, nullptr, frame_.runtime);
  ++calls_;
  cost_ += last_.cost;
  if (last_.error) co_return tl::unexpected<Error>(*last_.error);
  std::string text = last_.answer.choices.empty() ? "" : last_.answer.choices.front().text;
  add(Role::Assistant, text);
  co_return text;
}

}  // namespace pagoda::services
