#include "parts.h"

#include <algorithm>

namespace pagoda::gemini {

namespace {

constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
    {"png", "image/png"},         {"jpg", "image/jpeg"},      {"jpeg", "image/jpeg"},
    {"webp", "image/webp"},       {"gif", "image/gif"},       {"heic", "image/heic"},
    {"heif", "image/heif"},       {"pdf", "application/pdf"}, {"txt", "text/plain"},
    {"md", "text/markdown"},      {"html", "text/html"},      {"htm", "text/html"},
    {"css", "text/css"},          {"csv", "text/csv"},        {"xml", "text/xml"},
    {"json", "application/json"}, {"js", "text/javascript"},  {"py", "text/x-python"},
    {"wav", "audio/wav"},         {"mp3", "audio/mp3"},       {"aac", "audio/aac"},
    {"ogg", "audio/ogg"},         {"flac", "audio/flac"},     {"aiff", "audio/aiff"},
    {"mp4", "video/mp4"},         {"mpeg", "video/mpeg"},     {"mov", "video/mov"},
    {"webm", "video/webm"},       {"avi", "video/avi"},
};

// A part of a kind that the neutral form lacks, read from its own JSON.
struct Foreign {
  std::string type;
  std::string url;
  std::string fileId;
};

Foreign readForeign(std::string_view partJson) {
  Foreign part;
  if (!partJson.starts_with('{')) return part;
  const auto text = [](json::Reader& value) {
    std::string buffer;
    return std::string(value.string(buffer).value_or(""));
  };
  json::Reader reader(partJson);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "type") {
      part.type = text(value);
    } else if (key == "video_url") {
      if (value.kind() == json::Kind::String) {
        part.url = text(value);
        return;
      }
      value.object([&](std::string_view inner, json::Reader& member) {
        if (inner == "url") part.url = text(member);
      });
    } else if (key == "file") {
      value.object([&](std::string_view inner, json::Reader& member) {
        if (inner == "file_id") part.fileId = text(member);
      });
    }
  });
  return part;
}

void writeUri(std::string_view uri, std::string_view mediaType, PartWriter& writer) {
  writer.beginObject().key("fileData").beginObject();
  if (!mediaType.empty()) writer.member("mimeType", mediaType);
  writer.member("fileUri", uri).endObject().endObject();
}

void writeData(std::string_view data, std::string_view mediaType, PartWriter& writer) {
  writer.beginObject().key("inlineData").beginObject();
  writer.member("mimeType", mediaType).member("data", data);
  writer.endObject().endObject();
}

std::string_view fallbackOf(pagoda_part_kind kind) {
  if (kind == PAGODA_PART_IMAGE) return "image/jpeg";
  if (kind == PAGODA_PART_AUDIO) return "audio/wav";
  return "application/pdf";
}

void writeVideo(std::string_view url, PartWriter& writer) {
  constexpr std::string_view kBase64 = ";base64,";
  const std::size_t mark = url.find(kBase64);
  if (url.starts_with("data:") && mark != std::string_view::npos)
    return writeData(url.substr(mark + kBase64.size()), url.substr(5, mark - 5), writer);
  const bool page = url.find("youtube.com/") != std::string_view::npos ||
                    url.find("youtu.be/") != std::string_view::npos;
  writeUri(url, page ? std::string_view() : mediaTypeOf(url, "video/mp4"), writer);
}

// A file of the Files API or of Cloud Storage is named by its address.
bool isUri(std::string_view id) {
  return id.starts_with("https://") || id.starts_with("gs://") || id.starts_with("files/");
}

// {"google":{"thought_signature":"..."}}, the form of Google's own endpoint for OpenAI clients.
std::string readExtraContent(json::Reader& value) {
  std::string signature;
  value.object([&](std::string_view key, json::Reader& google) {
    if (key != "google") return;
    google.object([&](std::string_view member, json::Reader& text) {
      std::string buffer;
      if (member == "thought_signature") signature = text.string(buffer).value_or("");
    });
  });
  return signature;
}

void readCalls(json::Reader& calls, Remembered& remembered) {
  calls.array([&](json::Reader& call) {
    std::string signature;
    call.object([&](std::string_view key, json::Reader& value) {
      if (key == "extra_content") signature = readExtraContent(value);
    });
    remembered.callSignatures.push_back(std::move(signature));
  });
}

// Only parts that this translator hands out come back, none that a client makes up.
bool isServerPart(std::string_view raw) {
  bool known = false;
  bool other = false;
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader&) {
    if (key == "executableCode" || key == "codeExecutionResult" || key == "toolCall" ||
        key == "toolResponse") {
      known = true;
    } else if (key != "thoughtSignature") {
      other = true;
    }
  });
  return known && !other;
}

}  // namespace

std::string_view mediaTypeOf(std::string_view name, std::string_view fallback) {
  name = name.substr(0, name.find_first_of("?#"));
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return fallback;
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const auto& [known, type] : kEndings) {
    if (known == ending) return type;
  }
  return fallback;
}

bool isMedia(const pagoda_part& part) {
  if (part.kind == PAGODA_PART_IMAGE || part.kind == PAGODA_PART_AUDIO ||
      part.kind == PAGODA_PART_FILE)
    return true;
  if (part.kind != PAGODA_PART_TEXT || part.text.size != 0) return false;
  return readForeign(sdk::view(part.extra_json)).type == "video_url";
}

void writeMedia(const pagoda_part& part, PartWriter& writer) {
  const std::string_view url = sdk::view(part.url);
  const std::string_view data = sdk::view(part.data);
  std::string_view type = sdk::view(part.media_type);
  if (type.empty() || type == "application/octet-stream") {
    const std::string_view named = part.kind == PAGODA_PART_FILE ? sdk::view(part.text) : "";
    type = mediaTypeOf(url.empty() ? named : url, fallbackOf(part.kind));
  }
  if (!data.empty()) return writeData(data, type, writer);
  if (!url.empty()) return writeUri(url, type, writer);
  const Foreign foreign = readForeign(sdk::view(part.extra_json));
  if (!foreign.url.empty()) return writeVideo(foreign.url, writer);
  if (isUri(foreign.fileId)) return writeUri(foreign.fileId, type, writer);
  throw sdk::Failure(PAGODA_E_UNSUPPORTED,
                     "a file must be given as data, or as an address that Google can read");
}

Remembered readRemembered(std::string_view messageJson) {
  Remembered remembered;
  // A cheap test first: few messages have either.
  if (messageJson.find("thought_signature") == std::string_view::npos &&
      messageJson.find("content_parts") == std::string_view::npos)
    return remembered;
  json::Reader reader(messageJson);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "extra_content") {
      remembered.textSignature = readExtraContent(value);
    } else if (key == "tool_calls") {
      readCalls(value, remembered);
    } else if (key == "content_parts") {
      value.array([&](json::Reader& element) {
        const std::string_view raw = element.raw();
        if (isServerPart(raw)) remembered.parts.push_back(raw);
      });
    }
  });
  return remembered;
}

}  // namespace pagoda::gemini
