#include "answer.h"

#include <algorithm>

#include "answer_part.h"
#include "call_id.h"
#include "failure.h"
#include "finish.h"
#include "logprobs.h"

namespace pagoda::gemini {

namespace {

// A request asks for a few candidates; an index far above is a fault of the upstream.
constexpr std::int64_t kMostCandidates = 128;

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

bool isString(std::string_view raw) {
  return raw.starts_with('"');
}
bool isObject(std::string_view raw) {
  return raw.starts_with('{');
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

void addMember(std::string& object, std::string_view key, std::string_view raw) {
  object += object.empty() ? '{' : ',';
  json::appendString(object, key);
  object += ':';
  object += raw;
}

}  // namespace

void AnswerReader::whole(std::string_view text, sdk::Events& events) {
  if (done_) return;
  text = trimmed(text);
  if (text.starts_with('[')) {
    json::Reader reader(text);
    reader.array([&](json::Reader& element) { chunk(element.raw(), events); });
    reader.finish();
    return end(events);
  }
  chunk(text, events);
  // A document that is whole is not cut short, even without a reason for its end.
  for (Candidate& candidate : candidates_) {
    if (candidate.finish.empty() && candidate.content) candidate.finish = "STOP";
  }
  end(events);
}

void AnswerReader::chunk(std::string_view text, sdk::Events& events) {
  text = trimmed(text);
  if (text.empty() || done_) return;
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
  // A proxy that drops the blank lines between events makes several lines of one of them.
  while (!text.empty()) {
    const std::size_t taken = response(text, events);
    const std::string_view rest = text.substr(taken);
    text = trimmed(rest);
    if (!text.empty() && rest.front() != '\n') nonsense("text follows the upstream's JSON");
  }
}

// Returns how many bytes the answer's JSON took.
std::size_t AnswerReader::response(std::string_view data, sdk::Events& events) {
  std::string_view id, model, candidates, usage, feedbackRaw;
  bool error = false;
  bool known = false;
  extra_.clear();
  json::Reader reader(data);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "candidates") {
      candidates = value.raw();
    } else if (key == "usageMetadata") {
      usage = value.raw();
    } else if (key == "modelVersion") {
      model = value.raw();
    } else if (key == "responseId") {
      id = value.raw();
    } else if (key == "promptFeedback") {
      feedbackRaw = value.raw();
      addMember(extra_, "promptFeedback", feedbackRaw);
    } else if (key == "error") {
      error = !value.null();
    } else {
      const std::string name(key);
      if (const std::string_view raw = value.raw(); raw != "null") addMember(extra_, name, raw);
      return;
    }
    known = true;
  });
  if (error) throw failureInBody(data);
  if (!object || !known) nonsense("the upstream sent JSON that is no answer of Gemini's");
  if (!started_) start(id, model, events);
  if (!extra_.empty() && (extra_ += '}') != lastExtra_) {
    // Chunks repeat the answer's members; once is enough.
    lastExtra_ = extra_;
    events.extra(PAGODA_EXTRA_ANSWER, lastExtra_);
  }
  if (isObject(feedbackRaw)) feedback(feedbackRaw);
  if (!candidates.empty()) {
    std::uint32_t position = 0;
    json::Reader list(candidates);
    list.array([&](json::Reader& element) { candidate(element.raw(), position++, events); });
  }
  if (isObject(usage) && usage_.read(usage) && usage_.known()) {
    usageSaid_ = true;
    events.usage(usage_.counts());
  }
  return reader.offset();
}

void AnswerReader::start(std::string_view id, std::string_view model, sdk::Events& events) {
  started_ = true;
  events.start(text(id, buffer_), text(model, scratch_));
}

void AnswerReader::feedback(std::string_view raw) {
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key != "blockReason") return;
    block_ = value.string(buffer_).value_or("");
    if (block_ == "BLOCK_REASON_UNSPECIFIED") block_.clear();
  });
}

void AnswerReader::candidate(std::string_view raw, std::uint32_t position, sdk::Events& events) {
  std::int64_t index = -1;
  std::string_view body;
  std::string finish;
  extra_.clear();
  json::Reader first(raw);
  const bool object = first.object([&](std::string_view key, json::Reader& value) {
    if (key == "index") index = value.integer().value_or(-1);
    if (key == "content") body = value.raw();
  });
  if (!object) nonsense("the upstream sent a candidate that is not an object");
  Candidate& found = find(index, position);
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key != "index" && key != "content") candidateMember(found, key, value);
  });
  std::string extra = std::move(extra_);
  if (!body.empty() && body != "null") content(found, body, events);
  if (extra.empty() || (extra += '}') == found.extra) return;
  found.extra = std::move(extra);
  events.extra(PAGODA_EXTRA_CHOICE, found.extra, found.number);
}

void AnswerReader::candidateMember(Candidate& candidate, std::string_view key,
                                   json::Reader& value) {
  if (key == "finishReason") {
    if (value.kind() == json::Kind::Number) {
      candidate.finish = finishName(value.integer().value_or(-1));
    } else if (const auto word = value.string(buffer_); word && !word->empty()) {
      candidate.finish = *word;
    }
    return;
  }
  const std::string name(key);
  const std::string_view raw = value.raw();
  if (raw == "null" || name == "tokenCount") return;
  if (name == "logprobsResult") return addMember(extra_, "logprobs", logprobsOf(raw));
  if (name != "safetyRatings" && name != "avgLogprobs" && name != "finishMessage")
    return addMember(extra_, name, raw);
  // Every chunk has them, and the last one's are the answer's.
  for (auto& [known, last] : candidate.late) {
    if (known == name) {
      last = raw;
      return;
    }
  }
  candidate.late.emplace_back(name, raw);
}

void AnswerReader::content(Candidate& candidate, std::string_view raw, sdk::Events& events) {
  json::Reader reader(raw);
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key != "parts" || value.kind() == json::Kind::Null) return;
    const bool list =
        value.array([&](json::Reader& element) { part(candidate, element.raw(), events); });
    if (!list) nonsense("the upstream sent parts that are not a list");
  });
  if (!object) nonsense("the upstream sent content that is not an object");
}

void AnswerReader::part(Candidate& candidate, std::string_view raw, sdk::Events& events) {
  const AnswerPart part(raw);
  if (part.call) return call(candidate, part, events);
  endCall(candidate, events);
  if (isString(part.text)) {
    const std::string_view words = text(part.text, buffer_);
    if (part.thought) {
      if (!words.empty()) events.reasoning(words, candidate.number);
    } else if (!words.empty()) {
      candidate.content = true;
      events.text(words, candidate.number);
    }
    if (!part.thought && isString(part.signature))
      signature(part.signature, PAGODA_EXTRA_MESSAGE, candidate, events);
  } else if (isObject(part.inlineData)) {
    media(candidate, part, events);
  } else if (part.other) {
    candidate.content = true;
    scratch_ = "{\"content_parts\":[";
    appendCompact(scratch_, part.raw);
    scratch_ += "]}";
    events.extra(PAGODA_EXTRA_MESSAGE, scratch_, candidate.number);
  }
}

// The form of Google's own endpoint for OpenAI clients, so that a client can send it back.
void AnswerReader::signature(std::string_view raw, pagoda_extra_place place,
                             const Candidate& candidate, sdk::Events& events) {
  scratch_ = R"({"extra_content":{"google":{"thought_signature":)";
  scratch_ += raw;
  scratch_ += "}}}";
  const std::uint32_t index = candidate.calls > 0 ? candidate.calls - 1 : 0;
  events.extra(place, scratch_, candidate.number, index);
}

void AnswerReader::call(Candidate& candidate, const AnswerPart& part, sdk::Events& events) {
  std::string nameBuffer;
  const std::string_view name = text(part.name, nameBuffer);
  if (!name.empty()) {
    endCall(candidate, events);
    std::string idBuffer;
    const std::string_view upstreamId = text(part.id, idBuffer);
    std::string minted = "call_" + requestId_;
    if (candidate.number > 0) minted += "_" + std::to_string(candidate.number);
    minted += "_" + std::to_string(candidate.calls);
    const std::string id = encodeCallId(upstreamId, minted, text(part.signature, buffer_));
    candidate.content = true;
    candidate.callOpen = part.continues || !part.partialArgs.empty();
    candidate.args = {};
    events.toolBegin(candidate.calls++, id, name, candidate.number);
    if (isString(part.signature))
      signature(part.signature, PAGODA_EXTRA_TOOL_CALL, candidate, events);
  } else if (!candidate.callOpen) {
    if (part.args.empty() && part.partialArgs.empty()) return;  // an end that came twice
    nonsense("the upstream sent a function call without a name");
  }
  scratch_.clear();
  if (isObject(part.args) && !candidate.callOpen) {
    appendCompact(scratch_, part.args);
  } else if (!candidate.callOpen) {
    scratch_ = "{}";
  }
  if (!part.partialArgs.empty()) {
    json::Reader reader(part.partialArgs);
    reader.array([&](json::Reader& element) { candidate.args.read(element, scratch_); });
  }
  if (!scratch_.empty()) events.toolArguments(candidate.calls - 1, scratch_, candidate.number);
  if (candidate.callOpen && !part.continues) endCall(candidate, events);
}

void AnswerReader::endCall(Candidate& candidate, sdk::Events& events) {
  if (!candidate.callOpen) return;
  candidate.callOpen = false;
  scratch_.clear();
  candidate.args.end(scratch_);
  events.toolArguments(candidate.calls - 1, scratch_, candidate.number);
}

void AnswerReader::media(Candidate& candidate, const AnswerPart& part, sdk::Events& events) {
  std::string typeBuffer;
  std::string_view type;
  std::string_view data;
  json::Reader reader(part.inlineData);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "mimeType") type = value.string(typeBuffer).value_or("");
    if (key == "data") data = value.string(buffer_).value_or("");
  });
  if (data.empty()) return;
  candidate.content = true;
  events.media(type, data, candidate.number);
  // Chat completions have no place for media: pictures go where OpenRouter's clients look.
  if (type.starts_with("image/") && !part.thought) {
    scratch_ = R"({"images":[{"type":"image_url","image_url":{"url":"data:)";
    json::appendEscaped(scratch_, type);
    scratch_ += ";base64,";
    json::appendEscaped(scratch_, data);
    scratch_ += "\"}}]}";
    events.extra(PAGODA_EXTRA_MESSAGE, scratch_, candidate.number);
  }
  if (isString(part.signature)) signature(part.signature, PAGODA_EXTRA_MESSAGE, candidate, events);
}

void AnswerReader::end(sdk::Events& events) {
  if (done_) return;
  if (!started_) nonsense("the upstream sent no answer");
  if (block_.empty()) {
    const bool finished =
        !candidates_.empty() && std::ranges::all_of(candidates_, [](const Candidate& candidate) {
          return !candidate.finish.empty();
        });
    if (!finished) nonsense("the upstream's answer ended early");
  }
  finish(events);
}

// Reasons come last, when nothing can follow: old models send one with every chunk.
void AnswerReader::finish(sdk::Events& events) {
  done_ = true;
  if (candidates_.empty()) find(0, 0);
  for (Candidate& candidate : candidates_) {
    endCall(candidate, events);
    if (candidate.finish.empty()) candidate.finish = block_;
  }
  if (usageSaid_ && !usage_.extra().empty()) events.extra(PAGODA_EXTRA_USAGE, usage_.extra());
  for (Candidate& candidate : candidates_) finishOne(candidate, events);
}

void AnswerReader::finishOne(Candidate& candidate, sdk::Events& events) {
  pagoda_finish reason = finishOf(candidate.finish);
  if (!block_.empty() && candidate.finish == block_) reason = PAGODA_FINISH_FILTER;
  if (reason == PAGODA_FINISH_OTHER && !candidate.content) {
    // MALFORMED_FUNCTION_CALL and the like: asked again, or another model, it may well work.
    sdk::Failure failure(PAGODA_E_UNAVAILABLE, "the model's answer came to nothing");
    failure.code = json::cutUtf8(candidate.finish, 60);
    throw failure;
  }
  if (!candidate.late.empty()) {
    std::string extra;
    for (const auto& [name, raw] : candidate.late) addMember(extra, name, raw);
    events.extra(PAGODA_EXTRA_CHOICE, extra += '}', candidate.number);
  }
  if (reason == PAGODA_FINISH_STOP && candidate.calls > 0) reason = PAGODA_FINISH_TOOL_CALLS;
  events.finish(reason, candidate.finish, candidate.number);
}

AnswerReader::Candidate& AnswerReader::find(std::int64_t index, std::uint32_t position) {
  const std::int64_t number = index >= 0 ? index : position;
  if (number >= kMostCandidates) nonsense("the upstream numbered a candidate beyond reason");
  for (Candidate& candidate : candidates_) {
    if (candidate.number == number) return candidate;
  }
  return candidates_.emplace_back(static_cast<std::uint32_t>(number));
}

// The text of a JSON string, empty for all else; lives as long as `buffer` keeps it.
std::string_view AnswerReader::text(std::string_view raw, std::string& buffer) {
  if (!isString(raw)) return {};
  json::Reader reader(raw);
  return *reader.string(buffer);
}

}  // namespace pagoda::gemini
