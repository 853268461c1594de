#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"
#include "cohere.h"

namespace pagoda::cohere {

namespace {

using chat_completions::countOf;
using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

pagoda_finish finishOf(std::string_view word) {
  if (word == "COMPLETE" || word == "STOP_SEQUENCE") return PAGODA_FINISH_STOP;
  if (word == "MAX_TOKENS") return PAGODA_FINISH_LENGTH;
  if (word == "TOOL_CALL") return PAGODA_FINISH_TOOL_CALLS;
  if (word == "ERROR_TOXIC") return PAGODA_FINISH_FILTER;
  return PAGODA_FINISH_OTHER;
}

// {"name": raw} as a text.
std::string objectOf(std::string_view name, std::string_view raw) {
  std::string out = "{";
  json::appendString(out, name);
  out += ':';
  out += raw;
  return out + "}";
}

void failIfBroken(std::string_view word) {
  if (word == "ERROR")
    throw sdk::Failure(PAGODA_E_UNAVAILABLE, "the upstream broke its answer off with an error");
  if (word == "TIMEOUT") throw sdk::Failure(PAGODA_E_TIMEOUT, "the upstream gave up its answer");
  if (word == "ERROR_LIMIT")
    throw sdk::Failure(PAGODA_E_CONTEXT_LENGTH, "the answer passed the model's context length");
}

}  // namespace

void AnswerReader::start(std::string_view id, sdk::Events& events) {
  if (started_) return;
  started_ = true;
  events.start(id, model_);
}

void AnswerReader::whole(std::string_view text, sdk::Events& events) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
  std::string_view body, counts, logprobs;
  std::string id, word;
  const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
    if (key == "id") id = stringOf(raw);
    if (key == "message") body = raw;
    if (key == "finish_reason") word = stringOf(raw);
    if (key == "usage") counts = raw;
    if (key == "logprobs") logprobs = raw;
  });
  if (!object) nonsense("the upstream sent JSON that is not an object");
  if (!body.starts_with('{') || word.empty()) {
    if (body.starts_with('"') || chat_completions::isError(text))
      throw chat_completions::failureInBody(text);
    nonsense("the upstream sent an answer without a message");
  }
  failIfBroken(word);
  start(id, events);
  message(body, events);
  if (logprobs.starts_with('['))
    events.extra(PAGODA_EXTRA_CHOICE, objectOf("cohere_logprobs", logprobs));
  usage(counts, events);
  finish(word, events);
}

void AnswerReader::message(std::string_view raw, sdk::Events& events) {
  std::string_view calls, parts, citations;
  std::string plan;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "content") parts = value;
    if (key == "tool_calls") calls = value;
    if (key == "tool_plan") plan = stringOf(value);
    if (key == "citations") citations = value;
  });
  if (!plan.empty()) events.reasoning(plan);
  if (parts.starts_with('[')) {
    eachElement(parts, [&](std::string_view part) { content(part, events); });
  } else if (const std::string words = stringOf(parts); !words.empty()) {
    events.text(words);
  }
  if (calls.starts_with('[')) {
    eachElement(calls, [&](std::string_view call) { tools_.whole(call, events); });
  }
  if (citations.starts_with('['))
    events.extra(PAGODA_EXTRA_MESSAGE, objectOf("citations", citations));
}

// A part, or what a delta adds to one.
void AnswerReader::content(std::string_view raw, sdk::Events& events) {
  if (!raw.starts_with('{')) return;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key != "text" && key != "thinking") return;
    const std::string words = stringOf(value);
    if (words.empty()) return;
    key == "text" ? events.text(words) : events.reasoning(words);
  });
}

void AnswerReader::event(std::string_view data, sdk::Events& events) {
  if (data.find_first_not_of(" \t\r\n") == std::string_view::npos || data == "[DONE]") return;
  if (done_) nonsense("the upstream went on after its answer was done");
  if (!json::validUtf8(data)) nonsense("the upstream sent text that is not UTF-8");
  std::string type, id;
  std::int64_t index = 0;
  std::string_view change;
  const bool object = eachMember(data, [&](std::string_view key, std::string_view raw) {
    if (key == "type") type = stringOf(raw);
    if (key == "id") id = stringOf(raw);
    if (key == "index") index = json::Reader(raw).integer().value_or(0);
    if (key == "delta") change = raw;
  });
  if (!object) nonsense("the upstream sent JSON that is not an object");
  if (type.empty()) {
    if (chat_completions::isError(data)) throw chat_completions::failureInBody(data);
    nonsense("the upstream sent an event without a type");
  }
  start(id, events);
  if (type != "message-end") return delta(type, index, memberOf(change, "message"), events);
  const std::string word = stringOf(memberOf(change, "finish_reason"));
  if (memberOf(change, "error").starts_with('"'))
    throw sdk::Failure(PAGODA_E_UNAVAILABLE, "the upstream broke its answer off with an error");
  failIfBroken(word);
  usage(memberOf(change, "usage"), events);
  finish(word, events);
}

void AnswerReader::delta(std::string_view type, std::int64_t index, std::string_view raw,
                         sdk::Events& events) {
  if (type == "content-start" || type == "content-delta") {
    const std::string_view part = memberOf(raw, "content");
    content(part, events);
  } else if (type == "tool-plan-delta") {
    const std::string words = stringOf(memberOf(raw, "tool_plan"));
    if (!words.empty()) events.reasoning(words);
  } else if (type == "tool-call-start" || type == "tool-call-delta") {
    const std::string_view call = memberOf(raw, "tool_calls");
    if (!call.starts_with('{')) return;
    // The event carries the call's number; OpenAI's dialect has it inside.
    std::string numbered = "[";
    const std::string number = std::to_string(index);
    const json::Change change[] = {{"index", json::Change::Action::Set, number}};
    json::splice(call, change, numbered);
    tools_.read(numbered + "]", events);
  } else if (type == "citation-start") {
    const std::string_view citation = memberOf(raw, "citations");
    if (citation.starts_with('{'))
      events.extra(PAGODA_EXTRA_MESSAGE, objectOf("citations", "[" + std::string(citation) + "]"));
  }
}

void AnswerReader::usage(std::string_view raw, sdk::Events& events) {
  if (!raw.starts_with('{')) return;
  // Billed units are what is paid for; `tokens` and `cached_tokens` also count the prompt around
  // it.
  const std::string_view billed = memberOf(raw, "billed_units");
  const std::string_view counts = billed.starts_with('{') ? billed : memberOf(raw, "tokens");
  auto usage = sdk::unknownUsage();
  bool absurd = false;
  usage.input_tokens = countOf(memberOf(counts, "input_tokens"), absurd);
  usage.output_tokens = countOf(memberOf(counts, "output_tokens"), absurd);
  if (absurd) usage.flags |= PAGODA_USAGE_ABSURD;
  if (absurd || usage.input_tokens >= 0 || usage.output_tokens >= 0) events.usage(usage);
  events.extra(PAGODA_EXTRA_USAGE, objectOf("cohere", raw));
}

void AnswerReader::finish(std::string_view word, sdk::Events& events) {
  if (tools_.hasNameless()) nonsense("the upstream sent a tool call without a name");
  done_ = true;
  const bool known = !word.empty();
  const pagoda_finish reason = known            ? finishOf(word)
                               : tools_.empty() ? PAGODA_FINISH_STOP
                                                : PAGODA_FINISH_TOOL_CALLS;
  events.finish(reason, word);
}

void AnswerReader::end() const {
  if (!done_) nonsense("the upstream's answer ended before it was done");
}

}  // namespace pagoda::cohere
