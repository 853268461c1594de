#include <algorithm>
#include <array>
#include <cmath>

#include "chat_completions/json_text.h"
#include "ollama.h"

namespace pagoda::ollama {

namespace {

using chat_completions::eachMember;
using chat_completions::memberOf;
using sdk::Range;
using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

// Members of a request that Ollama reads as options of the model, beside the ones that the request
// has under another name.
constexpr std::array<std::string_view, 12> kOptions = {
    "min_p",    "mirostat",    "mirostat_eta",  "mirostat_tau",   "num_ctx", "num_gpu",
    "num_keep", "num_predict", "repeat_last_n", "repeat_penalty", "top_k",   "typical_p"};

[[noreturn]] void unsupported(const char* what) {
  throw sdk::Failure(PAGODA_E_UNSUPPORTED, what);
}

const char* roleWord(pagoda_role role) {
  switch (role) {
    case PAGODA_ROLE_SYSTEM:
      return "system";
    case PAGODA_ROLE_ASSISTANT:
      return "assistant";
    case PAGODA_ROLE_TOOL:
      return "tool";
    default:
      return "user";
  }
}

// Arguments are an object here. What is not one, as a model may once have written it, is kept as a
// text inside one.
void writeArguments(Writer& writer, std::string_view arguments) {
  writer.key("arguments");
  const std::size_t first = arguments.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    writer.beginObject().endObject();
  } else if (arguments[first] == '{' && json::valid(arguments)) {
    writer.raw(arguments);
  } else {
    writer.beginObject().member("input", arguments).endObject();
  }
}

void writeCalls(Writer& writer, const pagoda_message& message) {
  if (message.tool_calls.count == 0) return;
  writer.key("tool_calls").beginArray();
  for (const auto& call : Range<pagoda_tool_call>(message.tool_calls)) {
    writer.beginObject();
    if (call.id.size != 0) writer.member("id", view(call.id));
    writer.key("function").beginObject().member("name", view(call.name));
    writeArguments(writer, view(call.arguments_json));
    writer.endObject().endObject();
  }
  writer.endArray();
}

// Results name the tool; other dialects only name the call.
std::string_view toolOf(const pagoda_chat_request& request, std::string_view callId) {
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    for (const auto& call : Range<pagoda_tool_call>(message.tool_calls)) {
      if (view(call.id) == callId) return view(call.name);
    }
  }
  return {};
}

void writeParts(Writer& writer, const pagoda_message& message) {
  std::string text;
  std::string thinking;
  bool images = false;
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    switch (part.kind) {
      case PAGODA_PART_TEXT:
        if (!text.empty() && part.text.size != 0) text += '\n';
        text += view(part.text);
        break;
      case PAGODA_PART_REASONING:
        thinking += view(part.text);
        break;
      case PAGODA_PART_IMAGE:
        if (part.data.size == 0) unsupported("ollama takes images as data only: send a data: URL");
        images = true;
        break;
      default:
        unsupported("ollama takes texts and images only");
    }
  }
  writer.member("content", std::string_view(text));
  if (!thinking.empty()) writer.member("thinking", std::string_view(thinking));
  if (!images) return;
  writer.key("images").beginArray();
  for (const auto& part : Range<pagoda_part>(message.parts)) {
    if (part.kind == PAGODA_PART_IMAGE) writer.string(view(part.data));
  }
  writer.endArray();
}

void writeMessages(Writer& writer, const pagoda_chat_request& request) {
  writer.key("messages").beginArray();
  for (const auto& message : Range<pagoda_message>(request.messages)) {
    writer.beginObject().member("role", roleWord(message.role));
    writeParts(writer, message);
    writeCalls(writer, message);
    if (message.tool_call_id.size != 0) {
      const std::string_view id = view(message.tool_call_id);
      writer.member("tool_call_id", id);
      if (const auto name = toolOf(request, id); !name.empty()) writer.member("tool_name", name);
    }
    writer.endObject();
  }
  writer.endArray();
}

void writeTools(Writer& writer, const pagoda_chat_request& request) {
  // There is no tool_choice: without a choice there are no tools, and a named one is the only one.
  if (request.tools.count == 0 || request.tool_choice == PAGODA_TOOL_NONE) return;
  writer.key("tools").beginArray();
  for (const auto& tool : Range<pagoda_tool>(request.tools)) {
    if (request.tool_choice == PAGODA_TOOL_NAMED &&
        view(tool.name) != view(request.tool_choice_name))
      continue;
    writer.beginObject().member("type", "function").key("function").beginObject();
    writer.member("name", view(tool.name));
    if (tool.description.size != 0) writer.member("description", view(tool.description));
    const std::string_view parameters = view(tool.parameters_json);
    writer.rawMember("parameters",
                     parameters.empty() ? R"({"type":"object","properties":{}})" : parameters);
    writer.endObject().endObject();
  }
  writer.endArray();
}

void writeNumber(Writer& writer, std::string_view name, double value) {
  if (!std::isnan(value)) writer.member(name, value);
}

void writeOptions(Writer& writer, const pagoda_chat_request& request) {
  constexpr std::array<std::string_view, 7> kOurs = {
      "num_predict",      "temperature",      "top_p", "seed", "stop",
      "presence_penalty", "frequency_penalty"};
  writer.key("options").beginObject();
  if (request.max_output_tokens >= 0) writer.member("num_predict", request.max_output_tokens);
  writeNumber(writer, "temperature", request.temperature);
  writeNumber(writer, "top_p", request.top_p);
  writeNumber(writer, "presence_penalty", request.presence_penalty);
  writeNumber(writer, "frequency_penalty", request.frequency_penalty);
  if ((request.flags & PAGODA_REQ_HAS_SEED) != 0) writer.member("seed", request.seed);
  if (request.stop.count != 0) {
    writer.key("stop").beginArray();
    for (const auto& text : Range<pagoda_str>(request.stop)) writer.string(view(text));
    writer.endArray();
  }
  const auto add = [&](std::string_view key, std::string_view raw) {
    const bool bound = key == "num_predict" && request.max_output_tokens < 0;
    if (bound || std::ranges::find(kOurs, key) == kOurs.end()) writer.rawMember(key, raw);
  };
  const std::string_view raw = view(request.raw_json);
  const std::string_view options = memberOf(raw, "options");
  if (options.starts_with('{')) eachMember(options, add);
  eachMember(raw, [&](std::string_view key, std::string_view value) {
    const bool known = std::ranges::find(kOptions, key) != kOptions.end();
    if (known && memberOf(options, key).empty()) add(key, value);
  });
  writer.endObject();
}

// Ollama's own switch if the client sent it, else what the other dialects say.
void writeThink(Writer& writer, const pagoda_chat_request& request) {
  const std::string_view raw = view(request.raw_json);
  if (const std::string_view think = memberOf(raw, "think"); !think.empty()) {
    writer.rawMember("think", think);
    return;
  }
  const std::string effort = chat_completions::stringOf(memberOf(raw, "reasoning_effort"));
  if (effort == "none" || request.reasoning_tokens == 0) {
    writer.member("think", false);
  } else if (effort == "low" || effort == "medium" || effort == "high") {
    // Models that know no degrees take any of the words as true.
    writer.member("think", std::string_view(effort));
  } else if (!effort.empty() || request.reasoning_tokens > 0) {
    writer.member("think", true);
  }
}

}  // namespace

void writeChat(const pagoda_chat_request& request, const chat_completions::Settings& settings,
               sdk::Buffer& out) {
  if (request.choices > 1) unsupported("ollama gives one choice only");
  Writer writer(out);
  writer.beginObject().member("model", view(request.model));
  writer.member("stream", (request.flags & PAGODA_REQ_STREAM) != 0);
  writeMessages(writer, request);
  writeTools(writer, request);
  if (request.format == PAGODA_FORMAT_JSON) writer.member("format", "json");
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA)
    writer.rawMember("format", view(request.format_schema_json));
  writeThink(writer, request);
  if (const std::string_view keep = memberOf(view(request.raw_json), "keep_alive"); !keep.empty())
    writer.rawMember("keep_alive", keep);
  for (const auto& [name, value] : settings.members) {
    if (name == "keep_alive" || name == "truncate" || name == "shift")
      writer.rawMember(name, value);
  }
  writeOptions(writer, request);
  writer.endObject();
}

}  // namespace pagoda::ollama
