#include "core/api/fields.h"
#include "core/api/openai_dialect.h"
#include "core/api/openai_reasoning.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kMostMessages = 20'000;

// The member's path, made only when something is wrong with it.
struct Place {
  std::size_t message;
  std::string of(std::string_view rest) const {
    return "messages[" + std::to_string(message) + "]" + std::string(rest);
  }
};

std::optional<Role> roleOf(std::string_view word) {
  if (word == "user") return Role::User;
  if (word == "assistant") return Role::Assistant;
  if (word == "system" || word == "developer") return Role::System;
  if (word == "tool" || word == "function") return Role::Tool;
  return std::nullopt;
}

std::optional<std::string_view> stringOf(JsonValue object, std::string_view key) {
  const auto member = object.find(key);
  if (!member || !member->isString()) return std::nullopt;
  return member->text();
}

// "data:image/png;base64,iVBOR..." becomes media type and data; anything else stays an address.
bool placeUrl(std::string_view url, Part& part) {
  if (url.starts_with("data:")) {
    const std::size_t comma = url.find(',');
    if (comma == std::string_view::npos) return false;
    std::string_view kind = url.substr(5, comma - 5);
    constexpr std::string_view kBase64 = ";base64";
    if (!kind.ends_with(kBase64)) return false;
    kind.remove_suffix(kBase64.size());
    part.mediaType = kind.substr(0, kind.find(';'));
    part.data = url.substr(comma + 1);
    return !part.mediaType.empty();
  }
  part.url = url;
  return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("gs://");
}

Result<void> readImage(JsonValue entry, const Place& place, Part& part) {
  part.kind = PartKind::Image;
  const auto holder = entry.find("image_url");
  const auto url = !holder              ? std::nullopt
                   : holder->isString() ? std::optional(holder->text())
                                        : stringOf(*holder, "url");
  if (!url || !placeUrl(*url, part))
    return wrong(place.of(".content: image_url.url"), "an http(s) address or a base64 data: URL");
  return {};
}

Result<void> readAudio(JsonValue entry, const Place& place, Part& part) {
  part.kind = PartKind::Audio;
  const auto holder = entry.find("input_audio");
  const auto data = holder ? stringOf(*holder, "data") : std::nullopt;
  const auto format = holder ? stringOf(*holder, "format") : std::nullopt;
  if (!data || !format)
    return wrong(place.of(".content: input_audio"), "an object with data and format");
  part.data = *data;
  part.mediaType = *format == "wav" ? "audio/wav" : *format == "mp3" ? "audio/mpeg" : *format;
  return {};
}

Result<void> readFile(JsonValue entry, const Place& place, Part& part) {
  part.kind = PartKind::File;
  const auto holder = entry.find("file");
  if (!holder || !holder->isObject()) return wrong(place.of(".content: file"), "an object");
  part.text = stringOf(*holder, "filename").value_or(std::string_view{});
  if (const auto data = stringOf(*holder, "file_data"); data && !placeUrl(*data, part)) {
    part.url = {};
    part.data = *data;
  }
  return {};
}

Result<Part> readPart(JsonValue entry, const Place& place) {
  Part part;
  const auto type = stringOf(entry, "type");
  if (!type) return wrong(place.of(".content"), "a string or an array of objects with a type");
  part.extraJson = entry.raw();
  if (*type == "text" || *type == "input_text" || *type == "output_text") {
    const auto text = stringOf(entry, "text");
    if (!text) return wrong(place.of(".content: text"), "a string");
    part.text = *text;
  } else if (*type == "refusal") {
    part.text = stringOf(entry, "refusal").value_or(std::string_view{});
  } else if (*type == "image_url") {
    PAGODA_CHECK(readImage(entry, place, part));
  } else if (*type == "input_audio") {
    PAGODA_CHECK(readAudio(entry, place, part));
  } else if (*type == "file") {
    PAGODA_CHECK(readFile(entry, place, part));
  } else {
    readThinkingPart(entry, part);
  }
  // Other kinds have no neutral form: an empty text that keeps its bytes in extraJson.
  return part;
}

Result<void> readContent(JsonValue content, const Place& place, Message& message) {
  if (content.isString()) {
    Part part;
    part.text = content.text();
    message.parts.push_back(part);
    return {};
  }
  if (!content.isArray() || content.children().empty())
    return wrong(place.of(".content"), "a string or a non-empty array of parts");
  for (const JsonValue entry : content.children()) {
    PAGODA_TRY(const Part part, readPart(entry, place));
    message.parts.push_back(part);
  }
  return {};
}

Result<void> readToolCalls(JsonValue calls, const Place& place, Message& message) {
  if (!calls.isArray()) return wrong(place.of(".tool_calls"), "an array");
  for (const JsonValue entry : calls.children()) {
    const auto id = stringOf(entry, "id");
    const auto function = entry.find("function");
    const auto custom = entry.find("custom");
    const auto name = function ? stringOf(*function, "name")
                      : custom ? stringOf(*custom, "name")
                               : std::nullopt;
    if (!id || !name)
      return wrong(place.of(".tool_calls"), "an array of objects with id and function.name");
    const auto arguments = function ? stringOf(*function, "arguments") : stringOf(*custom, "input");
    message.toolCalls.push_back({*id, *name, arguments.value_or(std::string_view{})});
  }
  return {};
}

// The form before tool_calls: one call without an id. It gets one from here, which the `function`
// message that answers it gets as well.
Result<void> readFunctionCall(JsonValue call, const Place& place, Message& message) {
  const auto name = stringOf(call, "name");
  if (!name) return wrong(place.of(".function_call"), "an object with name and arguments");
  const std::string_view id = call.keep("call_function_" + std::to_string(place.message));
  message.toolCalls.push_back(
      {id, *name, stringOf(call, "arguments").value_or(std::string_view{})});
  return {};
}

// An assistant's turn may be nothing but calls, a refusal or an audio answer; all others say
// something.
bool mayBeSilent(JsonValue entry, const Message& message) {
  if (message.role != Role::Assistant) return false;
  if (!message.toolCalls.empty()) return true;
  if (!message.parts.empty()) return true;
  for (const std::string_view stand_in : {"refusal", "audio", "reasoning_content"})
    if (const auto member = entry.find(stand_in); member && !member->isNull()) return true;
  return false;
}

Result<Message> readMessage(JsonValue entry, const Place& place) {
  if (!entry.isObject()) return wrong(place.of(""), "an object");
  Message message;
  message.extraJson = entry.raw();
  const auto roleWord = stringOf(entry, "role");
  const auto role = roleWord ? roleOf(*roleWord) : std::nullopt;
  if (!role) return wrong(place.of(".role"), "system, developer, user, assistant or tool");
  message.role = *role;
  std::optional<JsonValue> content;
  for (const JsonValue member : entry.children()) {
    const std::string_view key = member.key();
    if (member.isNull()) continue;
    if (key == "content") {
      content = member;
    } else if (key == "tool_calls" && message.role == Role::Assistant) {
      PAGODA_CHECK(readToolCalls(member, place, message));
    } else if (key == "function_call" && message.role == Role::Assistant) {
      PAGODA_CHECK(readFunctionCall(member, place, message));
    } else if (key == "tool_call_id") {
      if (!member.isString()) return wrong(place.of(".tool_call_id"), "a string");
      message.toolCallId = member.text();
    } else if (key == "name") {
      if (!member.isString()) return wrong(place.of(".name"), "a string");
      message.name = member.text();
    }
  }
  if (*roleWord == "tool" && message.toolCallId.empty()) return missing(place.of(".tool_call_id"));
  if (message.role == Role::Assistant) readReasoning(entry, message.parts);
  if (content) {
    PAGODA_CHECK(readContent(*content, place, message));
  } else if (!mayBeSilent(entry, message)) {
    return wrong(place.of(".content"), "a string or a non-empty array of parts");
  }
  return message;
}

}  // namespace

Result<std::vector<Message>> readOpenAiMessages(JsonValue messages) {
  if (!messages.isArray() || messages.children().empty())
    return wrong("messages", "a non-empty array");
  std::vector<Message> read;
  Place place{0};
  std::string_view lastCall;  // of a message with `function_call`
  for (const JsonValue entry : messages.children()) {
    if (read.size() == kMostMessages)
      return wrong("messages", "an array of at most 20000 messages");
    PAGODA_TRY(Message message, readMessage(entry, place));
    const bool function = entry.find("role")->text() == "function";
    if (function && message.toolCallId.empty()) message.toolCallId = lastCall;
    if (!message.toolCalls.empty()) lastCall = message.toolCalls.front().id;
    read.push_back(std::move(message));
    ++place.message;
  }
  return read;
}

}  // namespace pagoda::api
