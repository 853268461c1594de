#include <algorithm>

#include "core/api/json_merge.h"
#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kFrame = 512;  // everything around the text

// What a tool's call holds besides name and arguments: `function` or `custom` without braces.
void appendCalled(std::string& out, const AnswerToolCall& call, std::string_view extra) {
  const std::string_view holder = call.custom ? "custom" : "function";
  out += R"("name":)";
  appendJsonString(out, call.name);
  out += call.custom ? R"(,"input":)" : R"(,"arguments":)";
  appendJsonString(out, call.arguments);
  const std::string_view inside = insideOf(memberOf(extra, holder), '{');
  std::vector<std::string_view> taken{"name", "arguments", "input"};
  appendMembers(out, inside, taken);
}

void appendToolCall(std::string& out, const AnswerToolCall& call, std::string_view requestId,
                    std::size_t index) {
  const std::string extra = mergedMembers(call.extra, Repeated::Merged);
  out += R"({"id":)";
  // Some upstreams give none, and the client must name it in its next message.
  appendJsonString(out, call.id.empty()
                            ? "call_" + std::string(requestId) + "_" + std::to_string(index)
                            : call.id);
  out += call.custom ? R"(,"type":"custom","custom":{)" : R"(,"type":"function","function":{)";
  appendCalled(out, call, extra);
  out += '}';
  std::vector<std::string_view> taken{"index", "id", "type", "function", "custom"};
  appendMembers(out, extra, taken);
  out += '}';
}

// A client of `functions` reads one call, the first; those beside it, which it did not ask for, are
// shown where others look for them.
void appendCalls(std::string& out, const std::vector<AnswerToolCall>& calls,
                 std::string_view requestId, bool legacy) {
  std::size_t first = 0;
  if (legacy && !calls.empty()) {
    out += R"(,"function_call":{)";
    appendCalled(out, calls.front(), mergedMembers(calls.front().extra, Repeated::Merged));
    out += '}';
    first = 1;
  }
  if (first == calls.size()) return;
  out += R"(,"tool_calls":[)";
  for (std::size_t i = first; i < calls.size(); ++i) {
    if (i > first) out += ',';
    appendToolCall(out, calls[i], requestId, i);
  }
  out += ']';
}

void appendMessage(std::string& out, const AnswerChoice& choice, std::string_view requestId,
                   bool legacy) {
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
  appendCalls(out, choice.toolCalls, requestId, legacy);
  if (legacy && !choice.toolCalls.empty()) taken.push_back("function_call");
  if (!choice.reasoning.empty()) {
    out += R"(,"reasoning_content":)";
    appendJsonString(out, choice.reasoning);
    taken.push_back("reasoning_content");
  }
  if (!choice.signedReasoning.empty()) {
    out += R"(,"reasoning_details":[)";
    for (std::size_t i = 0; i < choice.signedReasoning.size(); ++i) {
      if (i > 0) out += ',';
      appendReasoningDetail(out, choice.signedReasoning[i], i);
    }
    out += ']';
    taken.push_back("reasoning_details");
  }
  const std::string extra = mergedMembers(choice.messageExtra, Repeated::Merged);
  appendMembers(out, extra, taken);
  out += '}';
}

void appendChoice(std::string& out, const AnswerChoice& choice, std::size_t index,
                  std::string_view requestId, bool legacy) {
  out += R"({"index":)";
  appendInteger(out, static_cast<std::int64_t>(index));
  out += R"(,"message":)";
  appendMessage(out, choice, requestId, legacy);
  out += R"(,"finish_reason":")";
  out += finishWord(choice.finish, legacy);
  out += '"';
  std::vector<std::string_view> taken{"index", "message", "finish_reason"};
  const std::string extra = mergedMembers(choice.choiceExtra, Repeated::Merged);
  appendMembers(out, extra, taken);
  if (std::find(taken.begin(), taken.end(), "logprobs") == taken.end())
    out += R"(,"logprobs":null)";
  out += '}';
}

}  // namespace

std::string writeOpenAiAnswer(const Outcome& outcome, std::string_view requestId,
                              std::int64_t createdUnix, bool legacyFunctions) {
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
    appendChoice(out, answer.choices[i], i, requestId, legacyFunctions);
  }
  out += ']';
  if (hasFigures(answer.usage)) {
    out += R"(,"usage":)";
    appendUsage(out, answer.usage, answer.usageExtra);
  }
  std::vector<std::string_view> taken{"id", "object", "created", "model", "choices", "usage"};
  const std::string extra = mergedMembers(answer.answerExtra, Repeated::Replaced);
  appendMembers(out, extra, taken);
  out += '}';
  return out;
}

}  // namespace pagoda::api
