#include <algorithm>

#include "chat_completions/answer_reader.h"
#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"
#include "native.h"

namespace pagoda::qwen {

namespace {

using chat_completions::countOf;
using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;

constexpr std::size_t kMostChoices = 128;
constexpr std::size_t kMostCalls = 1024;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

void keep(std::string& object, std::string_view key, std::string_view raw) {
  if (raw == "null") return;
  object += object.empty() ? '{' : ',';
  json::appendString(object, key);
  object += ':';
  object += raw;
}

// The parts of a count that pagoda_usage lacks.
void keepParts(std::string& object, std::string_view key, std::string_view details) {
  std::string parts;
  eachMember(details, [&](std::string_view part, std::string_view value) {
    if (part != "cached_tokens" && part != "reasoning_tokens") keep(parts, part, value);
  });
  if (!parts.empty()) keep(object, key, parts + "}");
}

// A text, or the texts of parts; other parts are kept as they are.
std::string textOf(std::string_view content, std::string& others) {
  if (content.starts_with('"')) return stringOf(content);
  std::string text;
  if (!content.starts_with('[')) return text;
  eachElement(content, [&](std::string_view part) {
    const std::string_view words = memberOf(part, "text");
    if (words.starts_with('"')) {
      text += stringOf(words);
      return;
    }
    others += others.empty() ? "" : ",";
    others += part;
  });
  return text;
}

}  // namespace

void NativeReader::whole(std::string_view text, sdk::Events& events) {
  read(text, false, events);
  if (choices_.empty()) nonsense("the upstream sent an answer without choices");
  finish(events);
}

void NativeReader::event(std::string_view name, std::string_view data, sdk::Events& events) {
  if (data.find_first_not_of(" \t\r\n") == std::string_view::npos || data == "[DONE]") return;
  if (done_) nonsense("the upstream went on after its answer was done");
  if (name == "error") {
    if (!json::validUtf8(data)) nonsense("the upstream sent text that is not UTF-8");
    throw chat_completions::failureInBody(data);
  }
  read(data, true, events);
}

void NativeReader::end(sdk::Events& events) {
  if (done_) return;
  const bool finished =
      !choices_.empty() &&
      std::ranges::all_of(choices_, [](const Choice& choice) { return !choice.finish.empty(); });
  if (!finished) nonsense("the upstream's stream ended before the answer did");
  finish(events);
}

void NativeReader::read(std::string_view text, bool streamed, sdk::Events& events) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
  std::string_view out, counts;
  std::string id;
  std::string extra;
  const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
    if (key == "output") {
      out = raw;
    } else if (key == "usage") {
      counts = raw;
    } else if (key == "request_id") {
      id = stringOf(raw);
    } else if (key != "status_code" && key != "code" && key != "message") {
      keep(extra, key, raw);
    }
  });
  if (!object) nonsense("the upstream sent JSON that is not an object");
  if (!out.starts_with('{')) {
    if (chat_completions::isError(text)) throw chat_completions::failureInBody(text);
    nonsense("the upstream sent an answer without output");
  }
  if (!started_) {
    started_ = true;
    events.start(id, model_);
    if (!extra.empty()) events.extra(PAGODA_EXTRA_ANSWER, extra + "}");
  }
  output(out, streamed, events);
  usage(counts);
}

// {"choices":[...]}, or with result_format "text" {"text":T,"finish_reason":F}.
void NativeReader::output(std::string_view raw, bool streamed, sdk::Events& events) {
  std::string_view list, text, reason;
  std::string extra;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "choices") {
      list = value;
    } else if (key == "text") {
      text = value;
    } else if (key == "finish_reason") {
      reason = value;
    } else {
      keep(extra, key, value);
    }
  });
  if (!extra.empty()) events.extra(PAGODA_EXTRA_ANSWER, extra + "}");
  if (list.starts_with('[')) {
    std::uint32_t position = 0;
    eachElement(list,
                [&](std::string_view element) { choice(element, position++, streamed, events); });
    return;
  }
  if (!text.starts_with('"')) return;
  Choice& only = find(0, 0);
  const std::string words = stringOf(text);
  if (const auto delta = added(only.text, words, streamed); !delta.empty()) events.text(delta);
  if (const std::string word = stringOf(reason); !word.empty() && word != "null")
    only.finish = word;
}

void NativeReader::choice(std::string_view raw, std::uint32_t position, bool streamed,
                          sdk::Events& events) {
  std::int64_t index = -1;
  std::string_view body;
  std::string word;
  std::string extra;
  const bool object = eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "index") {
      index = json::Reader(value).integer().value_or(-1);
    } else if (key == "message") {
      body = value;
    } else if (key == "finish_reason") {
      word = stringOf(value);
    } else {
      keep(extra, key, value);
    }
  });
  if (!object) nonsense("the upstream sent a choice that is not an object");
  Choice& choice = find(index, position);
  if (body.starts_with('{')) {
    message(choice, body, streamed, events);
  } else if (!streamed) {
    nonsense("the upstream sent a choice without a message");
  }
  if (!extra.empty()) events.extra(PAGODA_EXTRA_CHOICE, extra + "}", choice.number);
  // Until the end the word is the text "null".
  if (!word.empty() && word != "null") choice.finish = word;
}

void NativeReader::message(Choice& choice, std::string_view raw, bool streamed,
                           sdk::Events& events) {
  std::string text, thinking, others, extra;
  std::string_view calls;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "content") {
      text = textOf(value, others);
    } else if (key == "reasoning_content") {
      thinking = stringOf(value);
    } else if (key == "tool_calls") {
      calls = value;
    } else if (key != "role") {
      keep(extra, key, value);
    }
  });
  if (const auto delta = added(choice.reasoning, thinking, streamed); !delta.empty())
    events.reasoning(delta, choice.number);
  if (const auto delta = added(choice.text, text, streamed); !delta.empty())
    events.text(delta, choice.number);
  if (calls.starts_with('[')) tools(choice, calls, streamed, events);
  if (!others.empty()) keep(extra, "content_parts", "[" + others + "]");
  if (!extra.empty()) events.extra(PAGODA_EXTRA_MESSAGE, extra + "}", choice.number);
}

// In a stream of whole texts each call's arguments repeat as well: only what is new goes on.
void NativeReader::tools(Choice& choice, std::string_view array, bool streamed,
                         sdk::Events& events) {
  if (!cumulative_ || !streamed) return choice.tools.read(array, events);
  std::string deltas = "[";
  std::size_t position = 0;
  eachElement(array, [&](std::string_view call) {
    const std::size_t number = position++;
    if (number >= kMostCalls) nonsense("the upstream sent more tool calls than make sense");
    if (choice.arguments.size() <= number) choice.arguments.resize(number + 1);
    const std::string_view function = memberOf(call, "function");
    const std::string all = stringOf(memberOf(function, "arguments"));
    const std::string delta =
        chat_completions::quoted(added(choice.arguments[number], all, streamed));
    std::string shorter;
    const json::Change arguments[] = {{"arguments", json::Change::Action::SetIfThere, delta}};
    json::splice(function.starts_with('{') ? function : "{}", arguments, shorter);
    const std::string index = std::to_string(number);
    const json::Change changes[] = {{"function", json::Change::Action::Set, shorter},
                                    {"index", json::Change::Action::Set, index}};
    if (deltas.size() > 1) deltas += ',';
    json::splice(call, changes, deltas);
  });
  deltas += ']';
  choice.tools.read(deltas, events);
}

std::string_view NativeReader::added(std::string& before, std::string_view now,
                                     bool streamed) const {
  if (!cumulative_ || !streamed || now.empty()) return now;
  if (!now.starts_with(before)) nonsense("the upstream took back what it had sent");
  const std::string_view delta = now.substr(before.size());
  before += delta;
  return delta;
}

void NativeReader::usage(std::string_view raw) {
  if (!raw.starts_with('{')) return;
  usage_ = sdk::unknownUsage();
  usageExtra_.clear();
  bool absurd = false;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "input_tokens") {
      usage_.input_tokens = countOf(value, absurd);
    } else if (key == "output_tokens") {
      usage_.output_tokens = countOf(value, absurd);
    } else if (key == "total_tokens") {
      return;
    } else if (key == "prompt_tokens_details" && value.starts_with('{')) {
      usage_.cache_read_tokens = countOf(memberOf(value, "cached_tokens"), absurd);
      usage_.cache_write_tokens = countOf(memberOf(value, "cache_creation_input_tokens"), absurd);
      keepParts(usageExtra_, key, value);
    } else if (key == "output_tokens_details" && value.starts_with('{')) {
      usage_.reasoning_tokens = countOf(memberOf(value, "reasoning_tokens"), absurd);
      keepParts(usageExtra_, "completion_tokens_details", value);
    } else {
      keep(usageExtra_, key, value);
    }
  });
  if (absurd) usage_.flags |= PAGODA_USAGE_ABSURD;
  if (usage_.input_tokens >= 0) {
    usage_.cache_read_tokens = std::min(usage_.cache_read_tokens, usage_.input_tokens);
    usage_.cache_write_tokens = std::min(usage_.cache_write_tokens, usage_.input_tokens);
  }
  if (usage_.output_tokens >= 0)
    usage_.reasoning_tokens = std::min(usage_.reasoning_tokens, usage_.output_tokens);
  hasUsage_ = absurd || usage_.input_tokens >= 0 || usage_.output_tokens >= 0;
}

// Usage grows with each event; the last one counts. Finish reasons come when nothing can follow.
void NativeReader::finish(sdk::Events& events) {
  done_ = true;
  for (const Choice& choice : choices_) {
    if (choice.tools.hasNameless()) nonsense("the upstream sent a tool call without a name");
  }
  if (hasUsage_) events.usage(usage_);
  if (!usageExtra_.empty()) events.extra(PAGODA_EXTRA_USAGE, usageExtra_ + "}");
  for (Choice& choice : choices_) {
    if (choice.finish.empty()) choice.finish = choice.tools.empty() ? "stop" : "tool_calls";
    events.finish(chat_completions::finishOf(choice.finish), choice.finish, choice.number);
  }
}

NativeReader::Choice& NativeReader::find(std::int64_t index, std::uint32_t position) {
  const std::uint64_t number = index >= 0 ? static_cast<std::uint64_t>(index) : position;
  if (number >= kMostChoices) nonsense("the upstream numbered a choice beyond reason");
  for (Choice& choice : choices_) {
    if (choice.number == number) return choice;
  }
  return choices_.emplace_back(static_cast<std::uint32_t>(number), requestId_);
}

}  // namespace pagoda::qwen
