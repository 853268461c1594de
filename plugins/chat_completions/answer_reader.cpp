#include "chat_completions/answer_reader.h"

#include <algorithm>

#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"

namespace pagoda::chat_completions {

namespace {

// A request asks for a few choices; an index far above is a fault of the upstream.
constexpr std::size_t kMostChoices = 128;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

bool isObject(std::string_view raw) {
  return raw.starts_with('{');
}
bool isArray(std::string_view raw) {
  return raw.starts_with('[');
}
bool isString(std::string_view raw) {
  return raw.starts_with('"');
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

// Members of an object that the events lack, as an object of their own in a buffer that is used
// again; null says nothing.
class Extra {
 public:
  explicit Extra(std::string& buffer) : object_(buffer) { object_.clear(); }
  void keep(std::string_view key, std::string_view raw) {
    if (raw == "null") return;
    object_ += object_.empty() ? '{' : ',';
    json::appendString(object_, key);
    object_ += ':';
    object_ += raw;
  }
  void close() {
    if (!object_.empty()) object_ += '}';
  }

 private:
  std::string& object_;
};

bool isServiceTier(std::string_view raw) {
  constexpr std::string_view kTiers[] = {R"("auto")",  R"("default")",  R"("flex")",
                                         R"("scale")", R"("priority")", R"("fast")"};
  return std::ranges::find(kTiers, raw) != std::end(kTiers);
}

void checkUtf8(std::string_view text) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
}

}  // namespace

struct AnswerReader::Parts {
  std::string_view id, model, choices, usage, groqUsage;
  bool error = false;

  Parts(std::string_view text, std::string& extraBuffer) {
    Extra extra(extraBuffer);
    const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
      if (key == "id") {
        id = raw;
      } else if (key == "model") {
        model = raw;
      } else if (key == "choices") {
        choices = raw;
      } else if (key == "usage") {
        usage = raw;
      } else if (key == "error") {
        error = raw != "null";
      } else if (key == "x_groq") {
        if (isObject(raw)) readGroq(raw);
        extra.keep(key, raw);
      } else if (key == "service_tier" && !isServiceTier(raw)) {
        // Groq's "on_demand" and the like: clients that check the word refuse the whole answer.
      } else if (key != "object" && key != "created" && key != "obfuscation" && key != "p") {
        extra.keep(key, raw);
      }
    });
    extra.close();
    if (!object) nonsense("the upstream sent JSON that is not an object");
  }

 private:
  void readGroq(std::string_view raw) {
    eachMember(raw, [&](std::string_view key, std::string_view value) {
      if (key == "usage") groqUsage = value;
    });
  }
};

struct AnswerReader::ChoiceParts {
  std::int64_t index = -1;
  std::string_view message, delta, finish;
  bool error = false;

  ChoiceParts(std::string_view text, std::string& extraBuffer) {
    Extra extra(extraBuffer);
    const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
      if (key == "index") {
        index = json::Reader(raw).integer().value_or(-1);
      } else if (key == "message") {
        message = raw;
      } else if (key == "delta") {
        delta = raw;
      } else if (key == "finish_reason") {
        finish = raw;
      } else if (key == "error") {
        error = raw != "null";
      } else {
        extra.keep(key, raw);
      }
    });
    extra.close();
    if (!object) nonsense("the upstream sent a choice that is not an object");
  }
};

struct AnswerReader::MessageParts {
  std::string_view content, reasoningContent, reasoning, refusal, tools, functionCall;

  MessageParts(std::string_view text, std::string& extraBuffer) {
    Extra extra(extraBuffer);
    const bool object = eachMember(text, [&](std::string_view key, std::string_view raw) {
      if (key == "content") {
        content = raw;
      } else if (key == "reasoning_content" && isString(raw)) {
        reasoningContent = raw;
      } else if (key == "reasoning" && isString(raw)) {
        reasoning = raw;
      } else if (key == "refusal" && isString(raw)) {
        refusal = raw;
      } else if (key == "tool_calls") {
        tools = raw;
      } else if (key == "function_call" && isObject(raw)) {
        functionCall = raw;
      } else if (key != "role") {
        extra.keep(key, raw);
      }
    });
    extra.close();
    if (!object) nonsense("the upstream sent a message that is not an object");
  }
};

pagoda_finish finishOf(std::string_view word) noexcept {
  // OpenAI's words first, then Together, Mistral, Anthropic-like proxies and Z.ai.
  if (word == "stop" || word == "eos" || word == "end_turn" || word == "stop_sequence")
    return PAGODA_FINISH_STOP;
  if (word == "length" || word == "max_tokens" || word == "model_length")
    return PAGODA_FINISH_LENGTH;
  if (word == "tool_calls" || word == "function_call" || word == "tool_use")
    return PAGODA_FINISH_TOOL_CALLS;
  if (word == "content_filter" || word == "sensitive") return PAGODA_FINISH_FILTER;
  return PAGODA_FINISH_OTHER;
}

void AnswerReader::whole(std::string_view text, sdk::Events& events) {
  if (done_) return;
  checkUtf8(text);
  Parts parts(text, answerExtra_);
  if (parts.error || parts.choices.empty()) {
    if (isError(text)) throw failureInBody(text);
  }
  if (!isArray(parts.choices)) nonsense("the upstream sent an answer without choices");
  start(parts, events);
  answerExtra(events);
  choices(parts.choices, false, events);
  if (choices_.empty()) nonsense("the upstream sent an answer with an empty list of choices");
  usage(isObject(parts.usage) ? parts.usage : parts.groqUsage, events);
  finish(events);
}

void AnswerReader::chunk(std::string_view data, sdk::Events& events) {
  data = trimmed(data);
  if (data.empty() || done_) return;
  if (data == "[DONE]") {
    if (choices_.empty()) nonsense("the upstream's stream ended without an answer");
    return finish(events);
  }
  checkUtf8(data);
  Parts parts(data, answerExtra_);
  if ((parts.error || parts.choices.empty()) && isError(data)) throw failureInBody(data);
  const bool hasChoices =
      isArray(parts.choices) && parts.choices.find('{') != std::string_view::npos;
  if (!started_) {
    // Azure opens with a chunk that has no id and no choice, only what its filter found.
    const bool named = !text(parts.id).empty() || !text(parts.model).empty();
    if (named || hasChoices || isObject(parts.usage)) start(parts, events);
  }
  if (started_) {
    answerExtra(events);
  } else if (!answerExtra_.empty()) {
    lastExtra_ = answerExtra_;
  }
  if (hasChoices) choices(parts.choices, true, events);
  usage(isObject(parts.usage) ? parts.usage : parts.groqUsage, events);
}

void AnswerReader::end(sdk::Events& events) {
  if (done_) return;
  const bool finished =
      !choices_.empty() &&
      std::ranges::all_of(choices_, [](const Choice& choice) { return !choice.finish.empty(); });
  if (!finished) nonsense("the upstream's stream ended before the answer did");
  finish(events);
}

void AnswerReader::start(const Parts& parts, sdk::Events& events) {
  const std::string id(text(parts.id));
  events.start(id, text(parts.model));
  started_ = true;
  if (!lastExtra_.empty()) events.extra(PAGODA_EXTRA_ANSWER, lastExtra_);
}

// Chunks repeat the answer's members (provider, system_fingerprint); once is enough.
void AnswerReader::answerExtra(sdk::Events& events) {
  if (answerExtra_.empty() || answerExtra_ == lastExtra_) return;
  lastExtra_ = answerExtra_;
  events.extra(PAGODA_EXTRA_ANSWER, lastExtra_);
}

void AnswerReader::choices(std::string_view array, bool streamed, sdk::Events& events) {
  std::uint32_t position = 0;
  json::Reader reader(array);
  reader.array([&](json::Reader& element) { choice(element.raw(), position++, streamed, events); });
}

void AnswerReader::choice(std::string_view raw, std::uint32_t position, bool streamed,
                          sdk::Events& events) {
  ChoiceParts parts(raw, choiceExtra_);
  if (parts.error && isError(raw)) throw failureInBody(raw);
  Choice& choice = find(parts.index, position);
  // Perplexity sends both: the delta, and beside it the message so far. A server that streams one
  // whole answer sends a message alone.
  std::string_view body = streamed ? parts.delta : parts.message;
  if (!isObject(body) && !choice.content) body = streamed ? parts.message : parts.delta;
  if (isObject(body)) {
    message(choice, body, events);
  } else if (!streamed) {
    nonsense("the upstream sent a choice without a message");
  }
  if (!choiceExtra_.empty()) events.extra(PAGODA_EXTRA_CHOICE, choiceExtra_, choice.number);
  const std::string_view word = text(parts.finish);
  if (word == "error" || word == "insufficient_system_resource")
    throw sdk::Failure(PAGODA_E_UNAVAILABLE, "the upstream broke its answer off with an error");
  if (!word.empty() && word != "null") choice.finish = word;
}

void AnswerReader::message(Choice& choice, std::string_view raw, sdk::Events& events) {
  MessageParts parts(raw, messageExtra_);
  std::string_view thinking = text(parts.reasoningContent);
  if (thinking.empty()) thinking = text(parts.reasoning);
  if (!thinking.empty()) events.reasoning(thinking, choice.number);
  choice.content = choice.content || !thinking.empty();
  if (!parts.content.empty()) content(choice, parts.content, events);
  if (const std::string_view words = text(parts.refusal); !words.empty())
    events.refusal(words, choice.number);
  if (isArray(parts.tools) && parts.tools.find('{') != std::string_view::npos) {
    choice.tools.read(parts.tools, events);
  } else if (isObject(parts.functionCall)) {  // beside tool_calls it is the first of them again
    choice.tools.legacy(parts.functionCall, events);
  }
  if (!messageExtra_.empty()) events.extra(PAGODA_EXTRA_MESSAGE, messageExtra_, choice.number);
}

// A string, null, or parts: text and thinking (Mistral); other parts are passed on as they are.
void AnswerReader::content(Choice& choice, std::string_view raw, sdk::Events& events) {
  if (raw == "null") return;
  if (isString(raw)) {
    const std::string_view words = text(raw);
    if (words.empty()) return;
    choice.content = true;
    return events.text(words, choice.number);
  }
  if (!isArray(raw)) nonsense("the upstream sent content that is neither text nor parts");
  std::string others;
  json::Reader reader(raw);
  reader.array([&](json::Reader& element) {
    const std::string_view part = element.raw();
    std::string_view type;
    std::string_view words;
    std::string_view thinking;
    std::string typeBuffer;
    if (isString(part)) {
      words = part;
    } else {
      eachMember(part, [&](std::string_view key, std::string_view value) {
        if (key == "type" && isString(value)) type = *json::Reader(value).string(typeBuffer);
        if (key == "text") words = value;
        if (key == "thinking") thinking = value;
      });
    }
    if (isString(part) || type == "text") {
      content(choice, isString(words) ? words : std::string_view("null"), events);
    } else if (type == "thinking" && isString(thinking)) {
      events.reasoning(text(thinking), choice.number);
    } else if (type == "thinking" && isArray(thinking)) {
      json::Reader pieces(thinking);
      pieces.array([&](json::Reader& piece) {
        piece.object([&](std::string_view key, json::Reader& value) {
          if (key != "text") return;
          const auto delta = value.string(buffer_);
          if (delta && !delta->empty()) events.reasoning(*delta, choice.number);
        });
      });
    } else {
      others += others.empty() ? "" : ",";
      others += part;
    }
  });
  if (!others.empty())
    events.extra(PAGODA_EXTRA_MESSAGE, "{\"content_parts\":[" + others + "]}", choice.number);
}

void AnswerReader::usage(std::string_view raw, sdk::Events& events) {
  if (!isObject(raw)) return;
  Usage read = readUsage(raw, settings_);
  const pagoda_usage& c = read.counts;
  const bool says = c.flags != 0 || c.input_tokens >= 0 || c.output_tokens >= 0 || c.cost_nusd >= 0;
  // Cumulative usage comes with every chunk of some servers: only changes are news.
  const bool same = hasUsage_ && c.flags == usage_.counts.flags &&
                    c.input_tokens == usage_.counts.input_tokens &&
                    c.output_tokens == usage_.counts.output_tokens &&
                    c.cache_read_tokens == usage_.counts.cache_read_tokens &&
                    c.cache_write_tokens == usage_.counts.cache_write_tokens &&
                    c.reasoning_tokens == usage_.counts.reasoning_tokens &&
                    c.cost_nusd == usage_.counts.cost_nusd;
  usage_ = std::move(read);
  if (!says || same) return;
  hasUsage_ = true;
  events.usage(usage_.counts);
}

// Finish reasons come last, when nothing can follow: some servers repeat them, send one with every
// chunk, or send content after it.
void AnswerReader::finish(sdk::Events& events) {
  done_ = true;
  for (const Choice& choice : choices_) {
    if (choice.tools.hasNameless()) nonsense("the upstream sent a tool call without a name");
  }
  if (!usage_.extra.empty()) events.extra(PAGODA_EXTRA_USAGE, usage_.extra);
  for (Choice& choice : choices_) {
    if (choice.finish.empty()) choice.finish = choice.tools.empty() ? "stop" : "tool_calls";
    events.finish(finishOf(choice.finish), choice.finish, choice.number);
  }
}

AnswerReader::Choice& AnswerReader::find(std::int64_t index, std::uint32_t position) {
  const std::uint64_t number = index >= 0 ? static_cast<std::uint64_t>(index) : position;
  if (number >= kMostChoices) nonsense("the upstream numbered a choice beyond reason");
  for (Choice& choice : choices_) {
    if (choice.number == number) return choice;
  }
  return choices_.emplace_back(static_cast<std::uint32_t>(number), requestId_);
}

// The text of a JSON string, empty for all else; lives until the next call.
std::string_view AnswerReader::text(std::string_view raw) {
  if (!isString(raw)) return {};
  return *json::Reader(raw).string(buffer_);
}

}  // namespace pagoda::chat_completions
