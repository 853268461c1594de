#include "answer.h"

#include "failure.h"
#include "json_text.h"

namespace pagoda::anthropic {

namespace {

void checkUtf8(std::string_view text) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
}

}  // namespace

/// The members of a server-sent event, as JSON texts.
struct AnswerReader::EventParts {
  std::string typeBuffer;
  std::string_view type, delta, block, message, usage, contextManagement;
  std::int64_t index = -1;
  bool error = false;

  explicit EventParts(std::string_view data) {
    json::Reader reader(data);
    const bool object = reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "type") {
        type = value.string(typeBuffer).value_or("");
      } else if (key == "index") {
        index = value.integer().value_or(-1);
      } else if (key == "delta") {
        delta = value.raw();
      } else if (key == "content_block") {
        block = value.raw();
      } else if (key == "message") {
        message = value.raw();
      } else if (key == "usage") {
        usage = value.raw();
      } else if (key == "context_management") {
        contextManagement = value.raw();
      } else if (key == "error") {
        error = value.raw() != "null";
      }
    });
    reader.finish();
    if (!object) nonsense("the upstream sent an event that is not an object");
  }
};

pagoda_finish finishOf(std::string_view stopReason) noexcept {
  if (stopReason == "end_turn" || stopReason == "stop_sequence" || stopReason == "pause_turn")
    return PAGODA_FINISH_STOP;
  if (stopReason == "max_tokens" || stopReason == "model_context_window_exceeded")
    return PAGODA_FINISH_LENGTH;
  if (stopReason == "tool_use") return PAGODA_FINISH_TOOL_CALLS;
  if (stopReason == "refusal") return PAGODA_FINISH_FILTER;
  return PAGODA_FINISH_OTHER;
}

void AnswerReader::whole(std::string_view text, sdk::Events& events) {
  if (done_) return;
  checkUtf8(text);
  const EventParts parts(text);
  if (parts.type == "error" || (parts.error && parts.type != "message")) throw failureInBody(text);
  if (parts.type != "message") nonsense("the upstream sent something that is no message");
  message(text, events);
  finish(events);
}

void AnswerReader::event(std::string_view name, std::string_view data, sdk::Events& events) {
  if (done_ || isBlank(data) || data == "[DONE]") return;
  checkUtf8(data);
  const EventParts parts(data);
  if (parts.type == "content_block_delta") {
    delta(parts.index, parts.delta, events);
  } else if (parts.type == "content_block_start") {
    open(parts.index, parts.block, events);
  } else if (parts.type == "content_block_stop") {
    close(parts.index, events);
  } else if (parts.type == "message_start") {
    message(parts.message, events);
  } else if (parts.type == "message_delta") {
    if (!started_) start({}, {}, events);
    json::Reader reader(isObject(parts.delta) ? parts.delta : std::string_view("{}"));
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key != "container") return stop(key, value);
      const std::string_view raw = value.raw();
      if (raw != "null")
        events.extra(PAGODA_EXTRA_ANSWER, R"({"container":)" + std::string(raw) + "}");
    });
    if (isObject(parts.contextManagement))
      events.extra(PAGODA_EXTRA_ANSWER,
                   R"({"context_management":)" + std::string(parts.contextManagement) + "}");
    usage(parts.usage, events);
  } else if (parts.type == "message_stop") {
    if (!started_) nonsense("the upstream's stream ended without an answer");
    finish(events);
  } else if (parts.type == "error" || name == "error" || (parts.type.empty() && parts.error)) {
    throw failureInBody(data);
  }
  // Pings, and events that are newer than this text, say nothing.
}

void AnswerReader::end(sdk::Events& events) {
  if (done_) return;
  // message_stop alone may be missing: all that was to be said has been said.
  if (stopReason_.empty()) nonsense("the upstream's stream ended before the answer did");
  finish(events);
}

void AnswerReader::start(std::string_view id, std::string_view model, sdk::Events& events) {
  if (started_) return;
  started_ = true;
  events.start(id, model);
}

// A message: whole, or as a stream begins with, where it has no content yet.
void AnswerReader::message(std::string_view object, sdk::Events& events) {
  if (!isObject(object)) nonsense("the upstream sent a message that is not an object");
  std::string id, model, extra;
  std::string_view content, counts;
  {
    Members members(extra);
    json::Reader reader(object);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "id") {
        id = value.string(buffer_).value_or("");
      } else if (key == "model") {
        model = value.string(buffer_).value_or("");
      } else if (key == "content") {
        content = value.raw();
      } else if (key == "usage") {
        counts = value.raw();
      } else if (key.starts_with("stop_")) {
        stop(key, value);
      } else if (key != "type" && key != "role") {
        const std::string name(key);
        members.keep(name, value.raw());
      }
    });
    members.close();
  }
  start(id, model, events);
  if (!extra.empty()) events.extra(PAGODA_EXTRA_ANSWER, extra);
  if (isArray(content)) {
    blocks(content, events);
  } else if (!content.empty() && content != "null") {
    nonsense("the upstream sent content that is not an array");
  }
  usage(counts, events);
}

void AnswerReader::stop(std::string_view key, json::Reader& value) {
  if (key == "stop_reason") {
    if (const auto word = value.string(buffer_)) stopReason_ = *word;
  } else if (key == "stop_sequence") {
    const std::string_view raw = value.raw();
    if (isString(raw)) stopSequence_ = raw;
  } else if (key == "stop_details") {
    const std::string_view raw = value.raw();
    if (isObject(raw)) stopDetails_ = raw;
  }
}

void AnswerReader::usage(std::string_view raw, sdk::Events& events) {
  if (!isObject(raw)) return;
  std::string extra;
  if (usage_.read(raw, extra)) events.usage(usage_.counts());
  if (!extra.empty()) events.extra(PAGODA_EXTRA_USAGE, extra);
}

void AnswerReader::finish(sdk::Events& events) {
  done_ = true;
  for (const Block& block : open_) close(block, events);
  open_.clear();
  std::string extra;
  Members members(extra);
  if (!stopSequence_.empty()) members.keep("stop_sequence", stopSequence_);
  if (!stopDetails_.empty()) members.keep("stop_details", stopDetails_);
  members.close();
  if (!extra.empty()) events.extra(PAGODA_EXTRA_CHOICE, extra);
  if (stopReason_ == "refusal" && !stopDetails_.empty()) {
    json::Reader reader(stopDetails_);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key != "explanation") return;
      const std::string_view words = value.string(buffer_).value_or("");
      if (!words.empty()) events.refusal(words);
    });
  }
  if (stopReason_.empty()) stopReason_ = tools_ > 0 ? "tool_use" : "end_turn";
  pagoda_finish reason = finishOf(stopReason_);
  // The answer's tool is none that the client has to answer.
  if (reason == PAGODA_FINISH_TOOL_CALLS && tools_ == 0 && answerTool_) reason = PAGODA_FINISH_STOP;
  events.finish(reason, stopReason_);
}

}  // namespace pagoda::anthropic
