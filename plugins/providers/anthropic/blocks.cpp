#include "blocks.h"

#include <algorithm>
#include <array>
#include <optional>

#include "json_text.h"

namespace pagoda::anthropic {

namespace {

[[noreturn]] void unsupported(const std::string& what) {
  throw sdk::Failure(PAGODA_E_UNSUPPORTED, what);
}

// Blocks in Anthropic's own form that a client may send; all others are unknown to every version.
constexpr std::array<std::string_view, 5> kUserBlocks = {"document", "image", "search_result",
                                                         "container_upload", "tool_reference"};
constexpr std::array<std::string_view, 4> kAssistantBlocks = {"server_tool_use", "mcp_tool_use",
                                                              "compaction", "container_upload"};

bool isUserBlock(std::string_view type) {
  return std::ranges::find(kUserBlocks, type) != kUserBlocks.end();
}
bool isAssistantBlock(std::string_view type) {
  return std::ranges::find(kAssistantBlocks, type) != kAssistantBlocks.end() ||
         type.ends_with("_tool_result");
}

void addMembers(json::Writer<std::string>& writer, const Extras& extras) {
  if (isObject(extras.cacheControl)) writer.rawMember("cache_control", extras.cacheControl);
}

void addImage(std::string_view mediaType, const pagoda_part& part, const Extras& extras,
              Blocks& blocks) {
  std::string block;
  json::Writer writer(block);
  writer.beginObject().member("type", "image").key("source").beginObject();
  if (part.data.size != 0) {
    if (mediaType == "image/jpg") mediaType = "image/jpeg";
    if (mediaType != "image/jpeg" && mediaType != "image/png" && mediaType != "image/gif" &&
        mediaType != "image/webp")
      unsupported("this model reads images as JPEG, PNG, GIF or WebP only");
    writer.member("type", "base64").member("media_type", mediaType);
    writer.member("data", sdk::view(part.data));
  } else {
    const std::string_view url = sdk::view(part.url);
    if (!url.starts_with("https://") && !url.starts_with("http://"))
      unsupported("this model takes images from http addresses or as data only");
    writer.member("type", "url").member("url", url);
  }
  writer.endObject();
  addMembers(writer, extras);
  writer.endObject();
  blocks.add(block);
}

std::optional<std::string> decodeBase64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      value = c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      value = c - '0' + 52;
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else if (c == '=' || c == '\n' || c == '\r') {
      continue;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

// Anthropic's plain text documents come as text, not as base64.
std::string plainText(std::string_view base64) {
  auto text = decodeBase64(base64);
  if (!text || !json::validUtf8(*text)) unsupported("a text file is not base64 of UTF-8 text");
  return std::move(*text);
}

void writeFileSource(json::Writer<std::string>& writer, std::string_view mediaType,
                     const pagoda_part& part, std::string_view fileId) {
  const std::string_view data = sdk::view(part.data);
  const std::string_view name = sdk::view(part.text);
  if (!fileId.empty()) {
    writer.member("type", "file").member("file_id", fileId);
  } else if (data.empty()) {
    if (part.url.size == 0) unsupported("a file has neither data nor an address");
    writer.member("type", "url").member("url", sdk::view(part.url));
  } else if (mediaType == "application/pdf" ||
             (mediaType.empty() && (data.starts_with("JVBERi") || name.ends_with(".pdf")))) {
    writer.member("type", "base64").member("media_type", "application/pdf").member("data", data);
  } else if (mediaType.starts_with("text/") || mediaType == "application/json" ||
             mediaType == "application/xml") {
    writer.member("type", "text").member("media_type", "text/plain");
    writer.member("data", plainText(data));
  } else {
    unsupported("this model reads files as PDF or plain text only");
  }
}

void addFile(const pagoda_part& part, const Extras& extras, Blocks& blocks) {
  const std::string_view mediaType = sdk::view(part.media_type);
  if (mediaType.starts_with("image/")) return addImage(mediaType, part, extras, blocks);
  std::string fileId;
  if (isObject(extras.file)) {
    std::string buffer;
    json::Reader reader(extras.file);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "file_id") fileId = value.string(buffer).value_or("");
    });
  }
  std::string block;
  json::Writer writer(block);
  writer.beginObject().member("type", "document").key("source").beginObject();
  writeFileSource(writer, mediaType, part, fileId);
  writer.endObject();
  if (part.text.size != 0) writer.member("title", sdk::view(part.text));
  if (isObject(extras.citations)) writer.rawMember("citations", extras.citations);
  if (isString(extras.context)) writer.rawMember("context", extras.context);
  addMembers(writer, extras);
  writer.endObject();
  blocks.add(block);
}

void addThinking(std::string_view thinking, std::string_view signature, Blocks& blocks) {
  if (signature.empty()) return;
  std::string block;
  json::Writer writer(block);
  writer.beginObject().member("type", "thinking").member("thinking", thinking);
  writer.member("signature", signature).endObject();
  blocks.add(block);
}

void addRedacted(std::string_view data, Blocks& blocks) {
  if (data.empty()) return;
  std::string block;
  json::Writer writer(block);
  writer.beginObject().member("type", "redacted_thinking").member("data", data).endObject();
  blocks.add(block);
}

// What another vendor's model signed is refused here, and so is what nobody signed.
void addReasoning(const pagoda_part& part, std::string_view type, Blocks& blocks) {
  const std::string_view format = sdk::view(part.media_type);
  const std::string_view signature = sdk::view(part.data);
  if (format == "redacted" || (type == "reasoning.encrypted" && format.starts_with("anthropic")))
    return addRedacted(signature, blocks);
  if (format.empty() || format.starts_with("anthropic"))
    addThinking(sdk::view(part.text), signature, blocks);
}

}  // namespace

void Blocks::begin() {
  if (!text_.empty()) text_ += ',';
  last_ = text_.size();
  marked_ = false;
  words_ = {};
}

void Blocks::add(std::string_view json) {
  begin();
  text_ += json;
  marked_ = json.find("\"cache_control\"") != std::string_view::npos;
}

void Blocks::append(const Blocks& other) {
  if (other.empty()) return;
  begin();
  last_ = text_.size() + other.last_;
  text_ += other.text_;
  marked_ = other.marked_;
  words_ = other.words_;
}

void Blocks::addText(std::string_view words, std::string_view cacheControl,
                     std::string_view citations) {
  if (isBlank(words)) return;
  begin();
  text_ += R"({"type":"text","text":)";
  json::appendString(text_, words);
  if (isArray(citations)) text_.append(R"(,"citations":)").append(citations);
  if (isObject(cacheControl)) {
    text_.append(R"(,"cache_control":)").append(cacheControl);
    marked_ = true;
  }
  text_ += '}';
  if (citations.empty() && !marked_) words_ = words;
}

void Blocks::mark(std::string_view cacheControl) {
  if (text_.empty() || marked_ || !isObject(cacheControl)) return;
  // Thinking takes no mark.
  const std::string_view block = std::string_view(text_).substr(last_);
  if (block.starts_with(R"({"type":"thinking")") || block.starts_with(R"({"type":"redacted)"))
    return;
  text_.pop_back();
  text_.append(R"(,"cache_control":)").append(cacheControl).append("}");
  marked_ = true;
  words_ = {};
}

void Blocks::trimEnd() {
  if (words_.empty()) return;
  std::string_view words = words_;
  words.remove_suffix(words.size() - 1 - words.find_last_not_of(" \t\r\n"));
  if (words.size() == words_.size()) return;
  text_.resize(last_);
  text_ += R"({"type":"text","text":)";
  json::appendString(text_, words);
  text_ += '}';
}

Extras readExtras(std::string_view object) {
  Extras extras;
  if (object.empty()) return extras;
  json::Reader reader(object);
  reader.object([&](std::string_view key, json::Reader& value) {
    std::string_view* const slot = key == "type"             ? &extras.type
                                   : key == "cache_control"  ? &extras.cacheControl
                                   : key == "citations"      ? &extras.citations
                                   : key == "context"        ? &extras.context
                                   : key == "is_error"       ? &extras.isError
                                   : key == "content_blocks" ? &extras.contentBlocks
                                   : key == "file"           ? &extras.file
                                                             : nullptr;
    if (slot == nullptr) return;
    *slot = value.raw();
    if (*slot == "null") *slot = {};
  });
  return extras;
}

void addPart(const pagoda_part& part, Blocks& blocks) {
  const Extras extras = readExtras(sdk::view(part.extra_json));
  switch (part.kind) {
    case PAGODA_PART_IMAGE:
      return addImage(sdk::view(part.media_type), part, extras, blocks);
    case PAGODA_PART_FILE:
      return addFile(part, extras, blocks);
    case PAGODA_PART_AUDIO:
      unsupported("this model takes no audio");
    case PAGODA_PART_REASONING:
      return;
    default:
      break;
  }
  std::string buffer;
  const std::string_view type = textOf(extras.type, buffer);
  if (part.text.size == 0 && isUserBlock(type)) return blocks.add(sdk::view(part.extra_json));
  if (part.text.size == 0 && !type.empty() && type != "text" && !type.ends_with("_text"))
    unsupported("this model takes no content of type " + std::string(type.substr(0, 40)));
  blocks.addText(sdk::view(part.text), extras.cacheControl);
}

void addAssistantPart(const pagoda_part& part, Blocks& blocks) {
  const std::string_view own = sdk::view(part.extra_json);
  const Extras extras = readExtras(own);
  std::string buffer;
  const std::string_view type = textOf(extras.type, buffer);
  if (part.kind == PAGODA_PART_REASONING) return addReasoning(part, type, blocks);
  if (part.kind != PAGODA_PART_TEXT)
    unsupported("this model takes no media in an assistant's message");
  if (part.text.size == 0 && isAssistantBlock(type)) return blocks.add(own);
  blocks.addText(sdk::view(part.text), extras.cacheControl, extras.citations);
}

void addCarriedBlocks(const Extras& extras, Blocks& blocks) {
  if (!isArray(extras.contentBlocks)) return;
  json::Reader reader(extras.contentBlocks);
  reader.array([&](json::Reader& element) {
    const std::string_view raw = element.raw();
    if (!isObject(raw)) return;
    std::string buffer;
    const Extras block = readExtras(raw);
    if (isAssistantBlock(textOf(block.type, buffer))) blocks.add(raw);
  });
}

}  // namespace pagoda::anthropic
