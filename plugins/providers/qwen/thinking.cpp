#include "thinking.h"

#include <cctype>

#include "chat_completions/json_text.h"

namespace pagoda::qwen {

namespace {

using chat_completions::eachMember;
using chat_completions::stringOf;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Models that always think, and answer in streams only.
// Source: Model Studio, deep thinking, read 2026-11-25.
bool onlyThinks(std::string_view model) {
  return model.starts_with("qwq") || model.starts_with("qvq") || contains(model, "-thinking") ||
         model.starts_with("deepseek-r1");
}

// Open weights that think unless told not to: qwen3-235b-a22b, qwen3.5-397b-a17b and the like, but
// not their -instruct and -coder kinds.
bool thinksByDefault(std::string_view model) {
  if (!model.starts_with("qwen3") || contains(model, "instruct") || contains(model, "coder"))
    return false;
  for (std::size_t dash = model.find('-'); dash != std::string_view::npos;
       dash = model.find('-', dash + 1)) {
    std::size_t at = dash + 1;
    while (at < model.size() &&
           (std::isdigit(static_cast<unsigned char>(model[at])) != 0 || model[at] == '.'))
      ++at;
    const bool size = at > dash + 1 && at < model.size() && model[at] == 'b';
    if (size && (at + 1 == model.size() || model[at + 1] == '-')) return true;
  }
  return false;
}

// A budget for each degree of effort, in tokens; the models know budgets only.
std::int64_t budgetFor(std::string_view effort) {
  if (effort == "minimal") return 1024;
  if (effort == "low") return 2048;
  if (effort == "medium") return 8192;
  return -1;  // high and above: the model's own limit
}

}  // namespace

Thinking thinkingOf(const pagoda_chat_request& request, const Settings& settings) {
  Thinking thinking;
  std::string effort;
  eachMember(sdk::view(request.raw_json), [&](std::string_view key, std::string_view raw) {
    if (key == "enable_thinking" && (raw == "true" || raw == "false"))
      thinking.enable = raw == "true";
    if (key == "thinking_budget") thinking.budget = json::Reader(raw).integer().value_or(-1);
    if (key == "reasoning_effort") effort = stringOf(raw);
  });
  const std::string_view model = sdk::view(request.model);
  const bool always = onlyThinks(model);
  if (!thinking.enable && !always) {
    if (effort == "none" || request.reasoning_tokens == 0) {
      thinking.enable = false;
    } else if (!effort.empty() || request.reasoning_tokens > 0) {
      thinking.enable = true;
    } else {
      thinking.enable = settings.thinking;
    }
    // A forced tool and thinking exclude each other.
    const bool forced =
        request.tool_choice == PAGODA_TOOL_NAMED || request.tool_choice == PAGODA_TOOL_REQUIRED;
    if (forced && (thinking.enable == true || thinksByDefault(model))) thinking.enable = false;
  }
  const bool thinks = always || thinking.enable.value_or(thinksByDefault(model));
  if (thinks && thinking.budget < 0) {
    thinking.budget = request.reasoning_tokens > 0 ? request.reasoning_tokens
                      : effort.empty()             ? settings.thinkingBudget
                                                   : budgetFor(effort);
  }
  if (!thinks) thinking.budget = -1;
  thinking.streams = thinks;
  return thinking;
}

}  // namespace pagoda::qwen
