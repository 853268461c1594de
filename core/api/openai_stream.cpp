#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"

namespace pagoda::api {

OpenAiStream::OpenAiStream(ResponseWriter& response, StreamHead head, bool includeUsage)
    : StreamSink(response, std::move(head)), includeUsage_(includeUsage) {}

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
      textDelta(event, "reasoning_content");
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
  endChunk(includeUsage_ ? "null" : "");
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

void OpenAiStream::toolBegin(const Event& event) {
  beginChoice(event.choice, false);
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
  delta_ = R"({"tool_calls":[{"index":)";
  appendInteger(delta_, event.index);
  delta_ += R"(,"function":{"arguments":)";
  appendJsonString(delta_, event.text);
  delta_ += "}}]}";
  chunk(event.choice, delta_, {});
}

void OpenAiStream::finish(const Event& event) {
  beginChoice(event.choice, true);
  Choice& choice = choiceAt(event.choice);
  if (choice.ended) return;
  choice.ended = true;
  chunk(event.choice, "{}", finishWord(event.finish));
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
  }
}

void OpenAiStream::complete(const Outcome& outcome) {
  if (includeUsage_ && hasFigures(outcome.answer.usage)) {
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
