#include "core/services/resuming_sink.h"

#include <algorithm>

namespace pagoda::services {

void ResumingSink::begin(const Outcome& outcome) {
  if (begun_) return;
  begun_ = true;
  client_.begin(outcome);
}

void ResumingSink::restart() {
  restarted_ = true;
  diverged_ = false;
  for (Choice& choice : choices_) {
    choice.text.seen = choice.reasoning.seen = choice.refusal.seen = 0;
    for (ToolCall& call : choice.toolCalls) {
      call.seen = false;
      call.arguments.seen = 0;
    }
  }
}

bool ResumingSink::emit(const Event& event) {
  Choice& choice = choiceAt(event.choice);
  switch (event.type) {
    case EventType::Text:
      return piece(choice, choice.text, event);
    case EventType::Reasoning:
      return piece(choice, choice.reasoning, event);
    case EventType::Refusal:
      return piece(choice, choice.refusal, event);
    case EventType::ToolBegin:
      return toolBegin(choice, event);
    case EventType::ToolArgs:
      if (event.index >= choice.toolCalls.size())
        return restarted_ ? diverge() : client_.emit(event);
      return piece(choice, choice.toolCalls[event.index].arguments, event);
    case EventType::Finish:
      // A second end is not for the client, and an end before all that it has is another answer's.
      if (choice.finished) return true;
      if (restarted_ && !caughtUp(choice)) return diverge();
      choice.finished = true;
      return client_.emit(event);
    case EventType::Start:
      return restarted_ ? true : client_.emit(event);
    case EventType::Extra:
      return restarted_ && !caughtUp(choice) ? true : client_.emit(event);
    case EventType::Usage:
    case EventType::Media:
    case EventType::Embedding:
      return client_.emit(event);
  }
  return client_.emit(event);
}

// Of a piece that the client has in part, it gets the rest.
bool ResumingSink::piece(Choice& choice, Piece& piece, const Event& event) {
  if (!restarted_) {
    piece.text += event.text;
    piece.seen = piece.text.size();
    return client_.emit(event);
  }
  const std::size_t known = std::min(piece.text.size() - piece.seen, event.text.size());
  if (piece.text.compare(piece.seen, known, event.text.substr(0, known)) != 0) return diverge();
  piece.seen += known;
  if (known == event.text.size()) return true;
  if (choice.finished || !caughtUp(choice)) return diverge();
  Event rest = event;
  rest.text = event.text.substr(known);
  piece.text += rest.text;
  piece.seen = piece.text.size();
  return client_.emit(rest);
}

bool ResumingSink::toolBegin(Choice& choice, const Event& event) {
  if (event.index < choice.toolCalls.size()) {
    ToolCall& call = choice.toolCalls[event.index];
    if (!restarted_ || call.seen) return client_.emit(event);
    call.seen = true;
    return call.name == event.name ? true : diverge();
  }
  if (restarted_ && (!caughtUp(choice) || event.index != choice.toolCalls.size())) return diverge();
  choice.toolCalls.resize(event.index + 1);
  choice.toolCalls[event.index].name = event.name;
  choice.toolCalls[event.index].seen = true;
  return client_.emit(event);
}

bool ResumingSink::caughtUp(const Choice& choice) {
  return choice.text.caughtUp() && choice.reasoning.caughtUp() && choice.refusal.caughtUp() &&
         std::ranges::all_of(choice.toolCalls, [](const ToolCall& call) {
           return call.seen && call.arguments.caughtUp();
         });
}

bool ResumingSink::diverge() {
  diverged_ = true;
  return false;
}

ResumingSink::Choice& ResumingSink::choiceAt(std::uint32_t index) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  return choices_[index];
}

}  // namespace pagoda::services
