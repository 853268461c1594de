#include "core/services/answer_checks.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <pagoda/json.hpp>

namespace pagoda::services {
namespace {

/// How refusals begin, in lower case. Only the beginning counts: an answer may well speak of what
/// somebody cannot do.
constexpr std::string_view kRefusals[] = {
    "i'm sorry, but i can", "i’m sorry, but i can",    "i am sorry, but i can",
    "sorry, but i can",     "i cannot help with",      "i can't help with",
    "i can’t help with",    "i cannot assist",         "i can't assist",
    "i can’t assist",       "i'm unable to",           "i’m unable to",
    "i am unable to",       "as an ai language model", "申し訳ありませんが",
    "申し訳ございませんが",
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool refuses(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  std::string begin(text.substr(0, kLongest));
  std::ranges::transform(begin, begin.begin(), [](unsigned char c) {
    return static_cast<char>(c < 0x80 ? std::tolower(c) : c);
  });
  return std::ranges::any_of(kRefusals,
                             [&](std::string_view refusal) { return begin.starts_with(refusal); });
}

bool isJson(std::string_view text) {
  try {
    json::Reader reader(text);
    reader.raw();
    reader.finish();
    return true;
  } catch (const json::Malformed&) {
    return false;
  }
}

std::string weaknessOf(const ChatRequest& request, const AnswerChoice& choice) {
  if (choice.finish == FinishReason::ContentFilter || !choice.refusal.empty()) return "refused";
  if (choice.finish == FinishReason::Length) return "cut off by max_tokens";
  for (const AnswerToolCall& call : choice.toolCalls)
    if (!call.custom && !isJson(call.arguments.empty() ? "{}" : std::string_view(call.arguments)))
      return "a tool call whose arguments are not JSON";
  const std::string_view text = trimmed(choice.text);
  if (text.empty()) return choice.toolCalls.empty() ? "empty" : "";
  if (request.format != Format::Text && !isJson(text)) return "not the JSON that was asked for";
  return refuses(text) ? "refused" : "";
}

}  // namespace

std::string weaknessOf(const ChatRequest& request, const ChatAnswer& answer) {
  if (answer.choices.empty()) return "empty";
  for (const AnswerChoice& choice : answer.choices)
    if (std::string why = weaknessOf(request, choice); !why.empty()) return why;
  return {};
}

}  // namespace pagoda::services
