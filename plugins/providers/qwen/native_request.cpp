#include <algorithm>
#include <array>

#include "chat_completions/json_text.h"
#include "chat_completions/request_body.h"
#include "native.h"

namespace pagoda::qwen {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::Range;
using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

// Members that are said elsewhere in the body, or mean nothing here.
constexpr std::array<std::string_view, 18> kNotParameters = {"enable_thinking",
                                                             "incremental_output",
                                                             "max_completion_tokens",
                                                             "max_tokens",
                                                             "messages",
                                                             "metadata",
                                                             "model",
                                                             "prompt_cache_key",
                                                             "reasoning",
                                                             "reasoning_effort",
                                                             "result_format",
                                                             "safety_identifier",
                                                             "service_tier",
                                                             "store",
                                                             "stream",
                                                             "stream_options",
                                                             "thinking_budget",
                                                             "user"};
static_assert(std::is_sorted(kNotParameters.begin(), kNotParameters.end()));

// The part's address: {"image_url":{"url":U}} or {"image_url":U}, and likewise for other kinds.
std::string_view addressOf(std::string_view part, std::string_view kind) {
  const std::string_view holder = memberOf(part, kind);
  return holder.starts_with('{') ? memberOf(holder, "url") : holder;
}

// One part as multimodal-generation has it: {"text":T}, {"image":U}, {"video":U}, {"audio":U}.
void writePart(Writer& writer, std::string_view part) {
  const std::string type = stringOf(memberOf(part, "type"));
  writer.beginObject();
  if (type == "text" || type == "refusal") {
    writer.rawMember("text", memberOf(part, type));
  } else if (type == "image_url") {
    writer.rawMember("image", addressOf(part, "image_url"));
  } else if (type == "video_url") {
    writer.rawMember("video", addressOf(part, "video_url"));
  } else if (type == "input_audio") {
    const std::string_view sound = memberOf(part, "input_audio");
    const std::string data = stringOf(memberOf(sound, "data"));
    const std::string address =
        data.starts_with("http") || data.starts_with("data:")
            ? data
            : "data:audio/" + stringOf(memberOf(sound, "format")) + ";base64," + data;
    writer.member("audio", std::string_view(address));
  } else if (type.empty() && part.starts_with('{')) {
    // Already in this dialect's form.
    eachMember(part,
               [&](std::string_view key, std::string_view raw) { writer.rawMember(key, raw); });
  } else {
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "dashscope takes texts, images, sound and video only");
  }
  if (const auto mark = memberOf(part, "cache_control"); !mark.empty())
    writer.rawMember("cache_control", mark);
  writer.endObject();
}

void writeContent(Writer& writer, std::string_view content, bool multimodal) {
  writer.key("content");
  if (multimodal) {
    writer.beginArray();
    if (content.starts_with('[')) {
      eachElement(content, [&](std::string_view part) { writePart(writer, part); });
    } else if (content.starts_with('"')) {
      writer.beginObject().rawMember("text", content).endObject();
    }
    writer.endArray();
  } else if (content.starts_with('[')) {
    std::string text;
    eachElement(content, [&](std::string_view part) {
      const std::string words = stringOf(memberOf(part, "text"));
      if (!text.empty() && !words.empty()) text += '\n';
      text += words;
    });
    writer.string(text);
  } else {
    writer.raw(content.starts_with('"') ? content : "\"\"");
  }
}

void writeMessage(Writer& writer, std::string_view raw, bool multimodal) {
  writer.beginObject();
  std::string_view content;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (key == "role") {
      const std::string role = stringOf(value);
      writer.member("role", role == "developer" ? std::string_view("system") : role);
    } else if (key == "content") {
      content = value;
    } else if (value != "null" && key != "refusal" && key != "annotations" && key != "audio") {
      writer.rawMember(key, value);
    }
  });
  writeContent(writer, content, multimodal);
  writer.endObject();
}

void writeToolChoice(Writer& writer, const pagoda_chat_request& request, std::string_view raw) {
  // `required` is refused by many models; with one tool it means to name it.
  if (request.tool_choice != PAGODA_TOOL_REQUIRED || request.tools.count != 1) {
    writer.rawMember("tool_choice", raw);
    return;
  }
  const auto& tool = Range<pagoda_tool>(request.tools)[0];
  writer.key("tool_choice").beginObject().member("type", "function");
  writer.key("function").beginObject().member("name", view(tool.name)).endObject().endObject();
}

void writeParameters(Writer& writer, const pagoda_chat_request& request, const Settings& settings,
                     const Thinking& thinking, bool streams) {
  const std::string_view extra = view(request.extra_json);
  writer.key("parameters").beginObject().member("result_format", "message");
  if (streams) writer.member("incremental_output", settings.incremental);
  if (thinking.enable) writer.member("enable_thinking", *thinking.enable);
  if (thinking.budget > 0) writer.member("thinking_budget", thinking.budget);
  if (request.max_output_tokens >= 0) writer.member("max_tokens", request.max_output_tokens);
  std::vector<std::string> written;
  const auto add = [&](std::string_view key, std::string_view raw) {
    const bool dropped = std::ranges::find(settings.chat.drop, key) != settings.chat.drop.end();
    if (raw == "null" || dropped || chat_completions::redirects(key) ||
        std::binary_search(kNotParameters.begin(), kNotParameters.end(), key) ||
        std::ranges::find(written, key) != written.end())
      return;
    written.emplace_back(key);
    if (key == "tool_choice") {
      writeToolChoice(writer, request, raw);
    } else if (key == "temperature" && request.temperature >= 2) {
      writer.member(key, 1.99);  // the range is open at 2
    } else {
      writer.rawMember(key, raw);
    }
  };
  // What the operator set first, since it wins.
  if (!extra.empty()) eachMember(extra, add);
  for (const auto& [name, value] : settings.chat.members) add(name, value);
  eachMember(view(request.raw_json), add);
  writer.endObject();
}

// The URL up to where the two dialects part.
std::string rootOf(std::string_view base) {
  base = base.substr(0, base.find('?'));
  for (const std::string_view path : {"/compatible-mode/", "/api/v1"}) {
    if (const std::size_t at = base.find(path); at != std::string_view::npos)
      base = base.substr(0, at);
  }
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base);
}

}  // namespace

bool isMultimodal(const pagoda_chat_request& request) {
  const std::string_view model = view(request.model);
  for (const std::string_view kind : {"-vl", "qvq", "-omni", "-audio", "-ocr"}) {
    if (model.find(kind) != std::string_view::npos) return true;
  }
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    for (const auto& part : Range<pagoda_part>(message.parts)) {
      const bool words = part.kind == PAGODA_PART_TEXT || part.kind == PAGODA_PART_REASONING;
      if (!words) return true;
    }
  }
  return false;
}

std::string nativeUrl(std::string_view base, bool multimodal) {
  return rootOf(base) + (multimodal ? "/api/v1/services/aigc/multimodal-generation/generation"
                                    : "/api/v1/services/aigc/text-generation/generation");
}

std::string compatibleUrl(std::string_view base) {
  return rootOf(base) + "/compatible-mode/v1";
}

void writeNative(const pagoda_chat_request& request, const Settings& settings,
                 const Thinking& thinking, bool streams, sdk::Buffer& out) {
  const bool multimodal = isMultimodal(request);
  Writer writer(out);
  writer.beginObject().member("model", view(request.model)).key("input").beginObject();
  writer.key("messages").beginArray();
  eachElement(memberOf(view(request.raw_json), "messages"),
              [&](std::string_view message) { writeMessage(writer, message, multimodal); });
  writer.endArray().endObject();
  writeParameters(writer, request, settings, thinking, streams);
  writer.endObject();
}

}  // namespace pagoda::qwen
