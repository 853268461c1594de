#include <algorithm>
#include <array>

#include "chat_completions/json_text.h"
#include "chat_completions/messages.h"
#include "cohere.h"

namespace pagoda::cohere {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

// Members that are Cohere's by these names, some of them OpenAI's as well.
constexpr std::array<std::string_view, 14> kSame = {
    "citation_options", "documents", "frequency_penalty", "k",    "logprobs",       "p",
    "presence_penalty", "priority",  "safety_mode",       "seed", "stop_sequences", "strict_tools",
    "temperature",      "thinking"};

bool isOne(std::span<const std::string_view> list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// Parts of the kinds that it knows; others would be a refusal with a worse message.
void checkParts(std::string_view content) {
  if (!content.starts_with('[')) return;
  eachElement(content, [](std::string_view part) {
    constexpr std::array<std::string_view, 5> kParts = {"text", "image_url", "document", "thinking",
                                                        "refusal"};
    const std::string type = stringOf(memberOf(part, "type"));
    if (part.starts_with('{') && !isOne(kParts, type))
      throw sdk::Failure(PAGODA_E_UNSUPPORTED, "cohere takes texts and images only");
  });
}

void writeMessage(Writer& writer, std::string_view raw) {
  writer.beginObject();
  const bool calls = memberOf(raw, "tool_calls").starts_with('[');
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (value == "null") return;
    if (key == "role") {
      const std::string role = stringOf(value);
      writer.member("role", role == "developer" ? std::string_view("system") : role);
    } else if (key == "content") {
      // Beside calls an empty text is refused.
      if (calls && (value == "\"\"" || value == "[]")) return;
      checkParts(value);
      writer.rawMember(key, value);
    } else if (key == "reasoning_content" && calls) {
      // Where the plan came from, see AnswerReader.
      writer.rawMember("tool_plan", value);
    } else if (key == "tool_calls" || key == "tool_call_id" || key == "tool_plan" ||
               key == "citations") {
      writer.rawMember(key, value);
    }
  });
  writer.endObject();
}

// {"type":"json_schema","json_schema":{"name":..,"schema":S}} is {"type":"json_object",
// "json_schema":S} here.
void writeFormat(Writer& writer, const pagoda_chat_request& request) {
  if (request.format == PAGODA_FORMAT_TEXT) return;
  writer.key("response_format").beginObject().member("type", "json_object");
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA)
    writer.rawMember("json_schema", view(request.format_schema_json));
  writer.endObject();
}

void writeTools(Writer& writer, const pagoda_chat_request& request, std::string_view tools) {
  if (!tools.starts_with('[') || request.tools.count == 0) return;
  const bool named = request.tool_choice == PAGODA_TOOL_NAMED;
  if (named) {
    // Only REQUIRED forces a call: the named tool is then the only one.
    writer.rawMember("tools", chat_completions::toolsNamed(tools, view(request.tool_choice_name)));
  } else {
    writer.rawMember("tools", tools);
  }
  if (named || request.tool_choice == PAGODA_TOOL_REQUIRED)
    writer.member("tool_choice", "REQUIRED");
  if (request.tool_choice == PAGODA_TOOL_NONE) writer.member("tool_choice", "NONE");
}

// Reasoning models think unless told not to.
void writeThinking(Writer& writer, const pagoda_chat_request& request, std::string_view effort) {
  if (effort.empty() && request.reasoning_tokens < 0) return;
  const bool off = effort == "none" || request.reasoning_tokens == 0;
  writer.key("thinking").beginObject().member("type", off ? "disabled" : "enabled");
  if (!off && request.reasoning_tokens > 0) writer.member("token_budget", request.reasoning_tokens);
  writer.endObject();
}

}  // namespace

void writeChat(const pagoda_chat_request& request, const chat_completions::Settings& settings,
               sdk::Buffer& out) {
  if (request.choices > 1) throw sdk::Failure(PAGODA_E_UNSUPPORTED, "cohere gives one choice only");
  const std::string_view raw = view(request.raw_json);
  Writer writer(out);
  writer.beginObject().member("model", view(request.model));
  writer.member("stream", (request.flags & PAGODA_REQ_STREAM) != 0);
  std::string effort;
  bool thinking = false;
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    if (value == "null") return;
    if (key == "messages") {
      writer.key("messages").beginArray();
      eachElement(value, [&](std::string_view message) { writeMessage(writer, message); });
      writer.endArray();
    } else if (key == "tools") {
      writeTools(writer, request, value);
    } else if (key == "top_p") {
      writer.rawMember("p", value);
    } else if (key == "top_k") {
      writer.rawMember("k", value);
    } else if (key == "stop") {
      writer.rawMember("stop_sequences", value.starts_with('[') ? std::string(value)
                                                                : "[" + std::string(value) + "]");
    } else if (key == "reasoning_effort") {
      effort = stringOf(value);
    } else if (isOne(kSame, key)) {
      thinking = thinking || key == "thinking";
      writer.rawMember(key, value);
    }
  });
  writeFormat(writer, request);
  if (!thinking) writeThinking(writer, request, effort);
  if (request.max_output_tokens >= 0) writer.member("max_tokens", request.max_output_tokens);
  for (const auto& [name, value] : settings.members) {
    if (memberOf(raw, name).empty()) writer.rawMember(name, value);
  }
  writer.endObject();
}

}  // namespace pagoda::cohere
