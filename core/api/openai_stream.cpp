#include "core/api/json_merge.h"
#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {

OpenAiStream::OpenAiStream(ResponseWriter& response, StreamHead head, StreamForm form)
    : StreamSink(response, std::move(head)), form_(form) {}

bool OpenAiStream::emit(const Event& event) {
  if (clientGone()) return false;
  switch (event.type) {
    case EventType::Start:
      if (!event.id.empty()) id_ = event.id;
      if (!event.name.empty()) model_ = event.name;
      break;
    case EventType::Text:
      textDelta(event, "content");
      break;
    case EventType::Reasoning:
      reasoning(event);
      break;
    case EventType::Refusal:
      textDelta(event, "refusal");
      break;
    case EventType::ToolBegin:
      toolBegin(event);
      break;
    case EventType::ToolArgs:
      toolArguments(event);
      break;
    case EventType::Finish:
      finish(event);
      break;
    case EventType::Extra:
      extra(event);
      break;
    // Usage comes at the end with the outcome's figures; media has no place in a chat chunk.
    case EventType::Usage:
    case EventType::Media:
    case EventType::Embedding:
      break;
  }
  return true;
}

OpenAiStream::Choice& OpenAiStream::choiceAt(std::uint32_t index) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  return choices_[index];
}

void OpenAiStream::ensureHead() {
  if (!fragment_.empty()) return;
  fragment_ = R"(data: {"id":)";
  appendJsonString(fragment_, id_.empty() ? "chatcmpl-" + head_.requestId : id_);
  fragment_ += R"(,"object":"chat.completion.chunk","created":)";
  appendInteger(fragment_, head_.createdUnix);
  fragment_ += R"(,"model":)";
  appendJsonString(fragment_, model_.empty() ? modelKey_ : model_);
  fragment_ += R"(,"choices":[)";
}

void OpenAiStream::chunk(std::uint32_t index, std::string_view delta, std::string_view finish,
                         std::string_view choiceMembers) {
  ensureHead();
  chunk_ = fragment_;
  chunk_ += R"({"index":)";
  appendInteger(chunk_, index);
  chunk_ += R"(,"delta":)";
  chunk_ += delta;
  chunk_ += choiceMembers;
  chunk_ += R"(,"finish_reason":)";
  if (finish.empty()) {
    chunk_ += "null";
  } else {
    chunk_.append("\"").append(finish).append("\"");
  }
  chunk_ += '}';
  endChunk(form_.includeUsage ? "null" : "");
}

void OpenAiStream::endChunk(std::string_view usageJson) {
  chunk_ += ']';
  if (!usageJson.empty()) chunk_.append(R"(,"usage":)").append(usageJson);
  chunk_ += topMembers_;
  topMembers_.clear();
  chunk_ += "}\n\n";
  response_.append(chunk_);
}

// OpenAI's first delta of each choice: clients take the role from it.
void OpenAiStream::beginChoice(std::uint32_t index, bool withText) {
  Choice& choice = choiceAt(index);
  if (choice.begun) return;
  choice.begun = true;
  chunk(index,
        withText ? R"({"role":"assistant","content":"","refusal":null})"
                 : R"({"role":"assistant","content":null,"refusal":null})",
        {});
}

void OpenAiStream::textDelta(const Event& event, std::string_view key) {
  beginChoice(event.choice, true);
  if (event.text.empty()) return;
  delta_.assign("{\"").append(key).append("\":");
  appendJsonString(delta_, event.text);
  delta_ += '}';
  chunk(event.choice, delta_, {});
}

void OpenAiStream::reasoning(const Event& event) {
  textDelta(event, "reasoning_content");
  Choice& choice = choiceAt(event.choice);
  choice.reasoning += event.text;
  if (event.data.empty()) return;
  const SignedReasoning block{std::move(choice.reasoning), std::string(event.data),
                              std::string(event.name)};
  choice.reasoning.clear();
  delta_ = R"({"reasoning_details":[)";
  appendReasoningDetail(delta_, block, choice.signatures++);
  delta_ += "]}";
  chunk(event.choice, delta_, {});
}

void OpenAiStream::toolBegin(const Event& event) {
  beginChoice(event.choice, false);
  if (form_.legacyFunctions && event.index == 0) {
    delta_ = R"({"function_call":{"name":)";
    appendJsonString(delta_, event.name);
    delta_ += R"(,"arguments":""}})";
    chunk(event.choice, delta_, {});
    return;
  }
  std::vector<bool>& custom = choiceAt(event.choice).customTools;
  if (custom.size() <= event.index) custom.resize(event.index + 1);
  custom[event.index] = event.customTool;
  delta_ = R"({"tool_calls":[{"index":)";
  appendInteger(delta_, event.index);
  delta_ += R"(,"id":)";
  appendJsonString(delta_, event.id.empty()
                               ? "call_" + head_.requestId + "_" + std::to_string(event.index)
                               : std::string(event.id));
  delta_ += event.customTool ? R"(,"type":"custom","custom":{"name":)"
                             : R"(,"type":"function","function":{"name":)";
  appendJsonString(delta_, event.name);
  delta_ += event.customTool ? R"(,"input":""}}]})" : R"(,"arguments":""}}]})";
  chunk(event.choice, delta_, {});
}

void OpenAiStream::toolArguments(const Event& event) {
  if (event.text.empty()) return;
  beginChoice(event.choice, false);
  if (form_.legacyFunctions && event.index == 0) {
    delta_ = R"({"function_call":{"arguments":)";
    appendJsonString(delta_, event.text);
    delta_ += "}}";
    chunk(event.choice, delta_, {});
    return;
  }
  const std::vector<bool>& custom = choiceAt(event.choice).customTools;
  const bool isCustom = event.index < custom.size() && custom[event.index];
  delta_ = R"({"tool_calls":[{"index":)";
  appendInteger(delta_, event.index);
  delta_ += isCustom ? R"(,"custom":{"input":)" : R"(,"function":{"arguments":)";
  appendJsonString(delta_, event.text);
  delta_ += "}}]}";
  chunk(event.choice, delta_, {});
}

void OpenAiStream::finish(const Event& event) {
  beginChoice(event.choice, true);
  Choice& choice = choiceAt(event.choice);
  if (choice.ended) return;
  choice.ended = true;
  chunk(event.choice, "{}", finishWord(event.finish, form_.legacyFunctions));
}

void OpenAiStream::extra(const Event& event) {
  std::vector<std::string_view> taken;
  switch (event.place) {
    case ExtraPlace::Answer:
      taken = {"id", "object", "created", "model", "choices", "usage"};
      topMembers_.clear();  // of two values for one moment the later one counts
      appendMembers(topMembers_, event.text, taken);
      break;
    case ExtraPlace::Choice: {
      taken = {"index", "delta", "finish_reason"};
      std::string members;
      appendMembers(members, event.text, taken);
      if (members.empty()) break;
      beginChoice(event.choice, true);
      chunk(event.choice, "{}", {}, members);
      break;
    }
    case ExtraPlace::Message: {
      taken = {"role", "content", "refusal", "tool_calls"};
      std::string members;
      appendMembers(members, event.text, taken);
      if (members.empty()) break;
      members.front() = '{';  // in place of the comma
      members += '}';
      beginChoice(event.choice, true);
      chunk(event.choice, members, {});
      break;
    }
    case ExtraPlace::Usage:
      break;  // comes with the outcome's figures
    case ExtraPlace::ToolCall:
      toolExtra(event);
      break;
  }
}

void OpenAiStream::toolExtra(const Event& event) {
  // A function_call has no room for them, and a client of that age no use.
  if (form_.legacyFunctions && event.index == 0) return;
  const std::string_view members = insideOf(event.text, '{');
  std::string others;
  for (const std::string_view holder : {"function", "custom"}) {
    std::vector<std::string_view> taken{"name", "arguments", "input"};
    std::string inner;
    appendMembers(inner, insideOf(memberOf(members, holder), '{'), taken);
    if (inner.empty()) continue;
    inner.front() = '{';  // in place of the comma
    others.append(",\"").append(holder).append("\":").append(inner).append("}");
  }
  std::vector<std::string_view> taken{"index", "id", "type", "function", "custom"};
  appendMembers(others, members, taken);
  if (others.empty()) return;
  beginChoice(event.choice, false);
  delta_ = R"({"tool_calls":[{"index":)";
  appendInteger(delta_, event.index);
  delta_.append(others).append("}]}");
  chunk(event.choice, delta_, {});
}

void OpenAiStream::complete(const Outcome& outcome) {
  if (form_.includeUsage && hasFigures(outcome.answer.usage)) {
    ensureHead();
    chunk_ = fragment_;
    std::string usage;
    appendUsage(usage, outcome.answer.usage, outcome.answer.usageExtra);
    endChunk(usage);
  } else if (!topMembers_.empty()) {
    chunk(0, "{}", {});
  }
  response_.append("data: [DONE]\n\n");
}

void OpenAiStream::fail(std::string_view errorJson) {
  chunk_ = "data: ";
  chunk_ += errorJson;
  chunk_ += "\n\n";
  response_.append(chunk_);
}

}  // namespace pagoda::api
