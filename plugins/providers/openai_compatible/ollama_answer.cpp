#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"
#include "ollama.h"

namespace pagoda::ollama {

namespace {

using chat_completions::countOf;
using chat_completions::eachMember;
using chat_completions::stringOf;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// A tool's name may be all that says that a call is meant, so a call never comes in pieces here.
pagoda_finish finishOf(std::string_view word, bool calls) {
  if (word == "length") return PAGODA_FINISH_LENGTH;
  if (word == "stop" || word.empty()) return calls ? PAGODA_FINISH_TOOL_CALLS : PAGODA_FINISH_STOP;
  return PAGODA_FINISH_OTHER;
}

}  // namespace

struct AnswerReader::Line {
  std::string_view message, prompt, completion;
  std::string model, reason, response;
  std::string timings;  // a JSON object of Ollama's own figures, or empty
  bool done = false;
  bool error = false;

  explicit Line(std::string_view text) {
    const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
      if (key == "model") {
        model = stringOf(raw);
      } else if (key == "message") {
        message = raw;
      } else if (key == "response") {
        response = stringOf(raw);
      } else if (key == "done") {
        done = raw == "true";
      } else if (key == "done_reason") {
        reason = stringOf(raw);
      } else if (key == "prompt_eval_count") {
        prompt = raw;
      } else if (key == "eval_count") {
        completion = raw;
      } else if (key == "error") {
        error = raw != "null";
      } else if (key.ends_with("_duration")) {
        timings += timings.empty() ? "{" : ",";
        json::appendString(timings, key);
        timings += ':';
        timings += raw;
      }
    });
    if (!object) nonsense("the upstream sent JSON that is not an object");
    if (!timings.empty()) timings += '}';
  }
};

void AnswerReader::line(std::string_view text, sdk::Events& events) {
  if (isBlank(text)) return;
  if (done_) nonsense("the upstream went on after its answer was done");
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
  const Line line(text);
  if (line.error) throw chat_completions::failureInBody(text);
  if (line.message.empty() && line.response.empty() && !line.done)
    nonsense("the upstream sent a line that is no part of an answer");
  start(line, events);
  if (line.message.starts_with('{')) message(line.message, events);
  if (!line.response.empty()) events.text(line.response);
  if (line.done) finish(line, events);
}

void AnswerReader::start(const Line& line, sdk::Events& events) {
  if (started_) return;
  started_ = true;
  // This dialect names no answer.
  events.start({}, line.model.empty() ? std::string_view(model_) : line.model);
}

void AnswerReader::message(std::string_view raw, sdk::Events& events) {
  std::string_view calls;
  std::string text;
  std::string thinking;
  std::string extra;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "content") {
      text = stringOf(value);
    } else if (key == "thinking") {
      thinking = stringOf(value);
    } else if (key == "tool_calls") {
      calls = value;
    } else if (key != "role" && value != "null") {
      extra += extra.empty() ? "{" : ",";
      json::appendString(extra, key);
      extra += ':';
      extra += value;
    }
  });
  if (!thinking.empty()) events.reasoning(thinking);
  if (!text.empty()) events.text(text);
  if (calls.starts_with('[')) {
    // Each call is whole and none needs a number; the same index, or none, must not join two.
    chat_completions::eachElement(calls,
                                  [&](std::string_view call) { tools_.whole(call, events); });
  }
  if (!extra.empty()) events.extra(PAGODA_EXTRA_MESSAGE, extra + "}");
}

void AnswerReader::finish(const Line& line, sdk::Events& events) {
  done_ = true;
  if (tools_.hasNameless()) nonsense("the upstream sent a tool call without a name");
  auto usage = sdk::unknownUsage();
  bool absurd = false;
  // The prompt's count is left out where the prompt was cached.
  usage.input_tokens = countOf(line.prompt, absurd);
  usage.output_tokens = countOf(line.completion, absurd);
  if (absurd) usage.flags |= PAGODA_USAGE_ABSURD;
  if (absurd || usage.input_tokens >= 0 || usage.output_tokens >= 0) events.usage(usage);
  if (!line.timings.empty()) events.extra(PAGODA_EXTRA_USAGE, line.timings);
  events.finish(finishOf(line.reason, !tools_.empty()), line.reason);
}

void AnswerReader::end() const {
  if (!done_) nonsense("the upstream's answer ended before it was done");
}

}  // namespace pagoda::ollama
