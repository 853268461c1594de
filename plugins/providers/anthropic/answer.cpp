#include "answer.h"

#include <algorithm>

#include "failure.h"
#include "json_text.h"
#include "wire.h"

namespace pagoda::anthropic {

namespace {

// The name by which clients know whose signature it is.
constexpr std::string_view kSigned = "anthropic-claude-v1";

[[noreturn]] void nonsense(const char* what) {
  throw sdk::Failure(PAGODA_E_PROTOCOL, what);
}

void checkUtf8(std::string_view text) {
  if (!json::validUtf8(text)) nonsense("the upstream sent text that is not UTF-8");
}

std::uint64_t charactersIn(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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

/// The members of a content block or of a delta, as JSON texts.
struct AnswerReader::BlockParts {
  std::string typeBuffer;
  std::string_view type, text, thinking, signature, partialJson, citation, citations, content;
  std::string_view id, name, input, caller, data;

  explicit BlockParts(std::string_view raw) {
    json::Reader reader(raw);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "type") {
        type = value.string(typeBuffer).value_or("");
        return;
      }
      std::string_view* const slot = key == "text"           ? &text
                                     : key == "partial_json" ? &partialJson
                                     : key == "thinking"     ? &thinking
                                     : key == "signature"    ? &signature
                                     : key == "citation"     ? &citation
                                     : key == "citations"    ? &citations
                                     : key == "content"      ? &content
                                     : key == "id"           ? &id
                                     : key == "name"         ? &name
                                     : key == "input"        ? &input
                                     : key == "data"         ? &data
                                     : key == "caller"       ? &caller
                                                             : nullptr;
      if (slot != nullptr) *slot = value.raw();
    });
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

void AnswerReader::blocks(std::string_view content, sdk::Events& events) {
  json::Reader reader(content);
  reader.array([&](json::Reader& element) {
    open(-1, element.raw(), events);
    close(-1, events);
  });
}

void AnswerReader::open(std::int64_t index, std::string_view raw, sdk::Events& events) {
  if (!isObject(raw)) nonsense("the upstream sent a block that is not an object");
  if (!started_) start({}, {}, events);
  close(index, events);  // should it still be open
  constexpr std::size_t kMostOpen = 64;
  if (open_.size() == kMostOpen) nonsense("the upstream opened too many blocks at once");
  BlockParts parts(raw);
  Block& block = open_.emplace_back();
  block.index = index;
  block.from = characters_;
  if (parts.type == "text") {
    block.kind = Kind::Text;
    text(textOf(parts.text, buffer_), events);
    if (!isArray(parts.citations)) return;
    json::Reader reader(parts.citations);
    reader.array([&](json::Reader& element) { cite(block, element.raw()); });
  } else if (parts.type == "thinking") {
    block.kind = Kind::Thinking;
    if (const auto words = textOf(parts.thinking, buffer_); !words.empty()) events.reasoning(words);
    block.signature = textOf(parts.signature, buffer_);
  } else if (parts.type == "redacted_thinking") {
    block.kind = Kind::Redacted;
    block.signature = textOf(parts.data, buffer_);
    if (block.signature.empty()) block.kind = Kind::Surplus;
  } else if (parts.type == "tool_use") {
    openTool(block, parts, events);
  } else {
    block.kind = Kind::Other;
    block.raw = raw;
  }
}

void AnswerReader::openTool(Block& block, BlockParts& parts, sdk::Events& events) {
  const std::string name(textOf(parts.name, buffer_));
  block.raw = isObject(parts.input) ? parts.input : std::string_view("{}");
  if (answersByTool_ && name == kAnswerTool) {
    // A second answer is one too many.
    block.kind = answerTool_ ? Kind::Surplus : Kind::AnswerTool;
    answerTool_ = true;
    return;
  }
  if (name.empty()) nonsense("the upstream sent a tool call without a name");
  block.kind = Kind::Tool;
  block.tool = tools_++;
  std::string id(textOf(parts.id, buffer_));
  // The client has to name the call when it answers; so that it can, it gets a name from here.
  if (id.empty()) id = "call_" + requestId_ + "_" + std::to_string(block.tool);
  events.toolBegin(block.tool, id, name);
  if (isObject(parts.caller) && parts.caller.find("\"direct\"") == std::string_view::npos)
    events.extra(PAGODA_EXTRA_TOOL_CALL, R"({"caller":)" + std::string(parts.caller) + "}", 0,
                 block.tool);
}

void AnswerReader::delta(std::int64_t index, std::string_view raw, sdk::Events& events) {
  if (!isObject(raw)) nonsense("the upstream sent a delta that is not an object");
  if (!started_) start({}, {}, events);
  const BlockParts parts(raw);
  Block* const block = find(index);
  if (parts.type == "text_delta") {
    if (block == nullptr || block->kind == Kind::Text) text(textOf(parts.text, buffer_), events);
  } else if (parts.type == "input_json_delta") {
    if (block != nullptr) input(*block, textOf(parts.partialJson, buffer_), events);
  } else if (parts.type == "thinking_delta") {
    const std::string_view words = textOf(parts.thinking, buffer_);
    if (!words.empty()) events.reasoning(words);
  } else if (block == nullptr) {
    return;
  } else if (parts.type == "signature_delta") {
    block->signature += textOf(parts.signature, buffer_);
  } else if (parts.type == "citations_delta") {
    cite(*block, parts.citation);
  } else if (parts.type == "compaction_delta" && block->kind == Kind::Other) {
    block->text += textOf(parts.content, buffer_);
  }
}

void AnswerReader::input(Block& block, std::string_view piece, sdk::Events& events) {
  if (piece.empty()) return;
  if (block.kind == Kind::Tool) {
    block.input = true;
    events.toolArguments(block.tool, piece);
  } else if (block.kind == Kind::AnswerTool) {
    block.input = true;
    text(piece, events);
  } else if (block.kind == Kind::Other) {
    block.input = true;
    block.text += piece;
  }
}

void AnswerReader::close(std::int64_t index, sdk::Events& events) {
  const auto found =
      std::ranges::find_if(open_, [&](const Block& block) { return block.index == index; });
  if (found == open_.end()) return;
  const Block block = std::move(*found);
  open_.erase(found);
  close(block, events);
}

void AnswerReader::close(const Block& block, sdk::Events& events) {
  switch (block.kind) {
    case Kind::Text:
      return closeText(block, events);
    case Kind::Thinking:
      // The host gives the block back to the client with its text, so that it can be sent back.
      if (!block.signature.empty()) events.reasoning({}, 0, block.signature, kSigned);
      return;
    case Kind::Redacted:
      return events.reasoning({}, 0, block.signature, "redacted");
    case Kind::Tool:
      if (!block.input) events.toolArguments(block.tool, block.raw);
      return;
    case Kind::AnswerTool:
      if (!block.input) text(block.raw, events);
      return;
    case Kind::Surplus:
      return;
    case Kind::Other:
      return closeOther(block, events);
  }
}

// Citations of a block hold for the whole of it.
void AnswerReader::closeText(const Block& block, sdk::Events& events) {
  if (block.citations.empty()) return;
  messageExtra("citations", block.citations, events);
  std::string annotations;
  for (const std::string& page : block.pages) {
    annotations += annotations.empty() ? "" : ",";
    annotations.append(R"({"type":"url_citation","url_citation":{)").append(page);
    annotations += R"(,"start_index":)" + std::to_string(block.from) + R"(,"end_index":)" +
                   std::to_string(characters_) + "}}";
  }
  if (!annotations.empty()) messageExtra("annotations", annotations, events);
}

// Deltas go where they would stand in a whole answer.
void AnswerReader::closeOther(const Block& block, sdk::Events& events) {
  if (block.text.empty()) return messageExtra("content_blocks", block.raw, events);
  std::string value;
  if (block.input && json::valid(block.text)) {
    value = block.text;
  } else {
    json::appendString(value, block.text);
  }
  const json::Change change{block.input ? "input" : "content", json::Change::Action::Set, value};
  std::string whole;
  json::splice(block.raw, std::span(&change, 1), whole);
  messageExtra("content_blocks", whole, events);
}

void AnswerReader::messageExtra(std::string_view name, std::string_view elements,
                                sdk::Events& events) {
  std::string object = "{\"";
  object.append(name).append("\":[").append(elements).append("]}");
  events.extra(PAGODA_EXTRA_MESSAGE, object);
}

void AnswerReader::cite(Block& block, std::string_view citation) {
  if (!isObject(citation)) return;
  block.citations += block.citations.empty() ? "" : ",";
  block.citations += citation;
  std::string_view url, title;
  json::Reader reader(citation);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "url") url = value.raw();
    if (key == "title") title = value.raw();
  });
  if (!isString(url)) return;
  std::string page = R"("url":)" + std::string(url) + R"(,"title":)";
  page += isString(title) ? title : std::string_view("\"\"");
  block.pages.push_back(std::move(page));
}

void AnswerReader::text(std::string_view words, sdk::Events& events) {
  if (words.empty()) return;
  characters_ += charactersIn(words);
  events.text(words);
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

AnswerReader::Block* AnswerReader::find(std::int64_t index) {
  for (Block& block : open_) {
    if (block.index == index) return &block;
  }
  return nullptr;
}

}  // namespace pagoda::anthropic
