#include <algorithm>

#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kFrame = 512;  // everything around the text

void appendToolCall(std::string& out, const AnswerToolCall& call, std::string_view requestId,
                    std::size_t index) {
  out += R"({"id":)";
  // Some upstreams give none, and the client must name it in its next message.
  appendJsonString(out, call.id.empty()
                            ? "call_" + std::string(requestId) + "_" + std::to_string(index)
                            : call.id);
  out += R"(,"type":"function","function":{"name":)";
  appendJsonString(out, call.name);
  out += R"(,"arguments":)";
  appendJsonString(out, call.arguments);
  out += "}}";
}

void appendMessage(std::string& out, const AnswerChoice& choice, std::string_view requestId) {
  out += R"({"role":"assistant","content":)";
  if (choice.hasText || !choice.text.empty()) {
    appendJsonString(out, choice.text);
  } else {
    out += "null";
  }
  out += R"(,"refusal":)";
  if (choice.refusal.empty()) {
    out += "null";
  } else {
    appendJsonString(out, choice.refusal);
  }
  std::vector<std::string_view> taken{"role", "content", "refusal", "tool_calls"};
  if (!choice.toolCalls.empty()) {
    out += R"(,"tool_calls":[)";
    for (std::size_t i = 0; i < choice.toolCalls.size(); ++i) {
      if (i > 0) out += ',';
      appendToolCall(out, choice.toolCalls[i], requestId, i);
    }
    out += ']';
  }
  if (!choice.reasoning.empty()) {
    out += R"(,"reasoning_content":)";
    appendJsonString(out, choice.reasoning);
    taken.push_back("reasoning_content");
  }
  appendMembers(out, choice.messageExtra, taken);
  out += '}';
}

void appendChoice(std::string& out, const AnswerChoice& choice, std::size_t index,
                  std::string_view requestId) {
  out += R"({"index":)";
  appendInteger(out, static_cast<std::int64_t>(index));
  out += R"(,"message":)";
  appendMessage(out, choice, requestId);
  out += R"(,"finish_reason":")";
  out += finishWord(choice.finish);
  out += '"';
  std::vector<std::string_view> taken{"index", "message", "finish_reason"};
  appendMembers(out, choice.choiceExtra, taken);
  if (std::find(taken.begin(), taken.end(), "logprobs") == taken.end())
    out += R"(,"logprobs":null)";
  out += '}';
}

}  // namespace

std::string writeOpenAiAnswer(const Outcome& outcome, std::string_view requestId,
                              std::int64_t createdUnix) {
  const ChatAnswer& answer = outcome.answer;
  std::size_t size = kFrame + answer.answerExtra.size() + answer.usageExtra.size();
  for (const AnswerChoice& choice : answer.choices)
    size += choice.text.size() + choice.text.size() / 16 + choice.reasoning.size() +
            choice.choiceExtra.size() + choice.messageExtra.size();
  std::string out;
  out.reserve(size);
  out += R"({"id":)";
  appendJsonString(out, answer.id.empty() ? "chatcmpl-" + std::string(requestId) : answer.id);
  out += R"(,"object":"chat.completion","created":)";
  appendInteger(out, createdUnix);
  out += R"(,"model":)";
  appendJsonString(out, answer.upstreamModel.empty() ? outcome.model : answer.upstreamModel);
  out += R"(,"choices":[)";
  for (std::size_t i = 0; i < answer.choices.size(); ++i) {
    if (i > 0) out += ',';
    appendChoice(out, answer.choices[i], i, requestId);
  }
  out += ']';
  if (hasFigures(answer.usage)) {
    out += R"(,"usage":)";
    appendUsage(out, answer.usage, answer.usageExtra);
  }
  std::vector<std::string_view> taken{"id", "object", "created", "model", "choices", "usage"};
  appendMembers(out, answer.answerExtra, taken);
  out += '}';
  return out;
}

}  // namespace pagoda::api
