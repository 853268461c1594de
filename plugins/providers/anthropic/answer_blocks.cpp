// The blocks of an answer: how each begins, grows and ends.
#include <algorithm>

#include "answer.h"
#include "json_text.h"
#include "wire.h"

namespace pagoda::anthropic {

namespace {

// The name by which clients know whose signature it is.
constexpr std::string_view kSigned = "anthropic-claude-v1";

std::uint64_t charactersIn(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

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

AnswerReader::Block* AnswerReader::find(std::int64_t index) {
  for (Block& block : open_) {
    if (block.index == index) return &block;
  }
  return nullptr;
}

}  // namespace pagoda::anthropic
