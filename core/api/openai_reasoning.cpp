#include "core/api/openai_reasoning.h"

#include <optional>
#include <string>
#include <string_view>

namespace pagoda::api {
namespace {

std::string_view textOf(JsonValue object, std::string_view key) {
  const auto member = object.find(key);
  return member && member->isString() ? member->text() : std::string_view{};
}

/// A block that is put together from the pieces that a stream cut it into: clients append the
/// deltas of `reasoning_details` to one array.
struct OpenBlock {
  Part part;
  std::string text;
  std::string_view index;  ///< raw
  JsonValue source;
  bool joined = false;
};

class Blocks {
 public:
  explicit Blocks(std::vector<Part>& parts) : parts_(parts) {}
  ~Blocks() { close(); }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  void add(JsonValue element) {
    Part part;
    if (!readThinkingPart(element, part)) return;
    const bool plain =
        textOf(element, "type") != "reasoning.encrypted" && part.mediaType != "redacted";
    const auto index = element.find("index");
    const std::string_view number = index ? index->raw() : std::string_view{};
    // Only pieces of the same number go together, and nothing follows a signature.
    if (open_ && plain && open_->index == number && !number.empty() && open_->part.data.empty()) {
      open_->text += part.text;
      open_->part.data = part.data;
      if (!part.mediaType.empty()) open_->part.mediaType = part.mediaType;
      open_->joined = true;
      return;
    }
    close();
    if (plain) {
      open_.emplace(OpenBlock{part, std::string(part.text), number, element, false});
    } else {
      parts_.push_back(part);
    }
  }

 private:
  void close() {
    if (!open_) return;
    if (open_->joined) {
      open_->part.text = open_->source.keep(std::move(open_->text));
      open_->part.extraJson = {};
    }
    parts_.push_back(open_->part);
    open_.reset();
  }

  std::vector<Part>& parts_;
  std::optional<OpenBlock> open_;
};

bool readList(JsonValue message, std::string_view key, std::vector<Part>& parts) {
  const auto list = message.find(key);
  if (!list || !list->isArray() || list->children().empty()) return false;
  const std::size_t before = parts.size();
  {
    Blocks blocks(parts);
    for (const JsonValue element : list->children()) blocks.add(element);
  }
  return parts.size() > before;
}

}  // namespace

bool readThinkingPart(JsonValue entry, Part& part) {
  if (!entry.isObject()) return false;
  const std::string_view type = textOf(entry, "type");
  Part read;
  read.kind = PartKind::Reasoning;
  read.extraJson = entry.raw();
  read.data = textOf(entry, "signature");
  read.mediaType = textOf(entry, "format");
  if (type == "reasoning.text") {
    read.text = textOf(entry, "text");
  } else if (type == "reasoning.summary") {
    read.text = textOf(entry, "summary");
  } else if (type == "reasoning.encrypted" || type == "redacted_thinking") {
    read.data = textOf(entry, "data");
    if (read.mediaType.empty()) read.mediaType = "redacted";
  } else if (type == "thinking") {
    read.text = textOf(entry, "thinking");
    if (const auto pieces = entry.find("thinking"); pieces && pieces->isArray()) {
      std::string joined;  // Mistral's form: parts of text
      for (const JsonValue piece : pieces->children()) joined += textOf(piece, "text");
      read.text = entry.keep(std::move(joined));
    }
  } else {
    return false;
  }
  part = read;
  return true;
}

void readReasoning(JsonValue message, std::vector<Part>& parts) {
  if (readList(message, "thinking_blocks", parts)) return;
  if (readList(message, "reasoning_details", parts)) return;
  for (const std::string_view key : {"reasoning_content", "reasoning"}) {
    const std::string_view text = textOf(message, key);
    if (text.empty()) continue;
    Part part;
    part.kind = PartKind::Reasoning;
    part.text = text;
    parts.push_back(part);
    return;
  }
}

}  // namespace pagoda::api
