#include "core/services/answer_tap.h"

#include <algorithm>

namespace pagoda::services {
namespace {

constexpr std::uint32_t kMostChoices = 128;
constexpr std::uint32_t kMostToolCalls = 512;
constexpr std::uint32_t kMostEmbeddings = 4096;

bool saysSomething(EventType type) {
  switch (type) {
    case EventType::Text:
    case EventType::Reasoning:
    case EventType::ToolBegin:
    case EventType::ToolArgs:
    case EventType::Refusal:
    case EventType::Media:
    case EventType::Embedding:
    case EventType::Finish:
      return true;
    default:
      return false;
  }
}

// A signature ends a block: what was thought since the one before belongs to it.
void addReasoning(AnswerChoice& choice, const Event& event) {
  choice.reasoning += event.text;
  if (event.data.empty()) return;
  choice.signedReasoning.push_back({choice.reasoning.substr(choice.signedBytes),
                                    std::string(event.data), std::string(event.name)});
  choice.signedBytes = choice.reasoning.size();
}

}  // namespace

void appendMembers(std::string& members, std::string_view object) {
  const std::size_t open = object.find('{');
  const std::size_t close = object.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return;
  std::string_view inner = object.substr(open + 1, close - open - 1);
  const std::size_t first = inner.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return;
  inner = inner.substr(first, inner.find_last_not_of(" \t\r\n") - first + 1);
  if (!members.empty()) members += ',';
  members += inner;
}

AnswerTap::AnswerTap(AnswerSink* stream, const Outcome& outcome, const Clock& clock,
                     std::size_t limit, std::function<bool()> mayCommit)
    : stream_(stream),
      outcome_(outcome),
      clock_(clock),
      limit_(limit),
      mayCommit_(std::move(mayCommit)) {}

bool AnswerTap::emit(const Event& event) {
  const std::uint32_t most = event.type == EventType::Embedding ? kMostEmbeddings : kMostToolCalls;
  if (event.choice >= kMostChoices || event.index >= most) {
    overLimit_ = true;
    return false;
  }
  if (event.type != EventType::Start && firstAt_ == TimePoint{}) firstAt_ = clock_.now();
  if (saysSomething(event.type) && event.type != EventType::Finish) {
    const std::size_t bytes = event.text.size() + event.name.size() + event.data.size();
    outputBytes_ += bytes;
    if (bytes > 0) ++deltas_;
  }
  if (stream_ == nullptr) {
    collect(event);
    if (outputBytes_ > limit_) overLimit_ = true;
    return !overLimit_;
  }
  const bool says =
      saysSomething(event.type) && (event.type != EventType::Text || !event.text.empty());
  if (!says && !committed_) {
    // Nothing is said yet, so this attempt may still fail over: keep it back.
    collect(event);
    return true;
  }
  if (!committed_ && mayCommit_ && !mayCommit_()) return false;
  keepFigures(event);
  if (!committed_) commit();
  return stream_->emit(event);
}

void AnswerTap::commit() {
  committed_ = true;
  stream_->begin(outcome_);
  Event start;
  start.type = EventType::Start;
  start.id = answer_.id;
  start.name = answer_.upstreamModel;
  stream_->emit(start);
  const auto passOn = [&](ExtraPlace place, std::uint32_t index, const std::string& members) {
    if (members.empty()) return;
    const std::string object = "{" + members + "}";
    Event extra;
    extra.type = EventType::Extra;
    extra.place = place;
    extra.choice = index;
    extra.text = object;
    stream_->emit(extra);
  };
  passOn(ExtraPlace::Answer, 0, answer_.answerExtra);
  for (std::size_t i = 0; i < answer_.choices.size(); ++i) {
    passOn(ExtraPlace::Choice, static_cast<std::uint32_t>(i), answer_.choices[i].choiceExtra);
    passOn(ExtraPlace::Message, static_cast<std::uint32_t>(i), answer_.choices[i].messageExtra);
  }
}

void AnswerTap::keepFigures(const Event& event) {
  if (event.type == EventType::Usage || event.type == EventType::Finish ||
      event.type == EventType::Start)
    collect(event);
  if (event.type == EventType::Extra && event.place == ExtraPlace::Usage) collect(event);
  if (saysSomething(event.type)) choice(event.choice);
}

void AnswerTap::collect(const Event& event) {
  switch (event.type) {
    case EventType::Start:
      if (!event.id.empty()) answer_.id = event.id;
      if (!event.name.empty()) answer_.upstreamModel = event.name;
      break;
    case EventType::Text:
      choice(event.choice).text += event.text;
      choice(event.choice).hasText = true;
      break;
    case EventType::Reasoning:
      addReasoning(choice(event.choice), event);
      break;
    case EventType::Refusal:
      choice(event.choice).refusal += event.text;
      break;
    case EventType::ToolBegin:
    case EventType::ToolArgs: {
      AnswerToolCall& call = toolCall(event);
      if (!event.id.empty()) call.id = event.id;
      if (!event.name.empty()) call.name = event.name;
      call.custom = call.custom || event.customTool;
      if (event.type == EventType::ToolArgs) call.arguments += event.text;
      break;
    }
    case EventType::Usage:
      if (event.usage != nullptr) answer_.usage = *event.usage;
      break;
    case EventType::Finish: {
      AnswerChoice& ended = choice(event.choice);
      ended.finish = event.finish;
      ended.finishWord = event.text;
      ended.finished = true;
      break;
    }
    case EventType::Extra:
      switch (event.place) {
        case ExtraPlace::Answer:
          appendMembers(answer_.answerExtra, event.text);
          break;
        case ExtraPlace::Choice:
          appendMembers(choice(event.choice).choiceExtra, event.text);
          break;
        case ExtraPlace::Message:
          appendMembers(choice(event.choice).messageExtra, event.text);
          break;
        case ExtraPlace::Usage:
          appendMembers(answer_.usageExtra, event.text);
          break;
        case ExtraPlace::ToolCall:
          appendMembers(toolCall(event).extra, event.text);
          break;
      }
      break;
    case EventType::Embedding:
      if (answer_.embeddings.size() <= event.index) answer_.embeddings.resize(event.index + 1);
      answer_.embeddings[event.index] = {std::string(event.text), std::string(event.data)};
      break;
    case EventType::Media:
      break;  // no dialect that is spoken here carries media in a chat answer
  }
}

AnswerToolCall& AnswerTap::toolCall(const Event& event) {
  std::vector<AnswerToolCall>& calls = choice(event.choice).toolCalls;
  if (calls.size() <= event.index) calls.resize(event.index + 1);
  return calls[event.index];
}

AnswerChoice& AnswerTap::choice(std::uint32_t index) {
  if (answer_.choices.size() <= index) answer_.choices.resize(index + 1);
  return answer_.choices[index];
}

bool AnswerTap::anyFinished() const {
  return std::ranges::any_of(answer_.choices, &AnswerChoice::finished);
}
bool AnswerTap::allFinished() const {
  return !answer_.choices.empty() && std::ranges::all_of(answer_.choices, &AnswerChoice::finished);
}

}  // namespace pagoda::services
