#include <algorithm>
#include <cmath>

#include "json_text.h"
#include "schema_subset.h"
#include "turns.h"
#include "wire.h"

namespace pagoda::anthropic {

namespace {

using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

constexpr std::string_view kMark5m = R"({"type":"ephemeral"})";
constexpr std::string_view kMark1h = R"({"type":"ephemeral","ttl":"1h"})";

std::string_view automaticMark(const Settings& settings, const pagoda_chat_request& request) {
  if (settings.autoCache == AutoCache::None) return {};
  // Four marks are the most, and the client knows better where.
  if (view(request.raw_json).find("\"cache_control\"") != std::string_view::npos) return {};
  return settings.autoCache == AutoCache::OneHour ? kMark1h : kMark5m;
}

bool forcesTool(const pagoda_chat_request& request) {
  return request.tools.count != 0 &&
         (request.tool_choice == PAGODA_TOOL_REQUIRED || request.tool_choice == PAGODA_TOOL_NAMED);
}

bool hasMember(std::string_view object, std::string_view name) {
  bool found = false;
  if (!isObject(object)) return false;
  json::Reader reader(object);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == name) found = value.raw() != "null";
  });
  return found;
}

// A tool's input is an object, whatever the schema.
bool saysObject(std::string_view schema) {
  bool object = false;
  json::Reader reader(schema);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "type") object = value.raw() == "\"object\"";
  });
  return object;
}

std::string instructionOf(const pagoda_chat_request& request) {
  std::string text =
      "Answer with one JSON value and nothing else: no words before or after it, no code fence.";
  if (request.format == PAGODA_FORMAT_JSON_SCHEMA && request.format_schema_json.size != 0) {
    text += " It must be valid by this JSON schema:\n";
    text += view(request.format_schema_json);
  }
  return text;
}

}  // namespace

Message::Message(const Settings& settings, const pagoda_chat_request& request, Mode mode)
    : settings_(settings),
      request_(request),
      mode_(mode),
      wishes_(readWishes(request)),
      traits_(traitsOf(view(request.model), settings.thinking)),
      cacheMark_(automaticMark(settings, request)) {
  if (request.choices > 1)
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "this model gives one choice only");
  if (forcesTool(request) && !traits_.takesForcedTool)
    throw sdk::Failure(PAGODA_E_UNSUPPORTED, "this model cannot be made to call a tool");
  maxTokens_ = request.max_output_tokens > 0
                   ? request.max_output_tokens
                   : std::min(settings.defaultMaxTokens, traits_.mostOutput);
  ThinkingContext context;
  context.maxTokens = mode == Mode::CountTokens ? INT64_MAX : maxTokens_;
  context.forcedTool = forcesTool(request);
  context.lostThinking = lostThinking(request);
  thinking_ = planThinking(request, wishes_, traits_, context);
  format_ = planFormat();
}

Format Message::planFormat() const {
  if (request_.format == PAGODA_FORMAT_TEXT || hasMember(wishes_.outputConfig, "format")) return {};
  if (request_.format != PAGODA_FORMAT_JSON_SCHEMA || request_.format_schema_json.size == 0)
    return {FormatForm::Instruction, {}};
  Format format;
  const std::string_view schema = view(request_.format_schema_json);
  if (traits_.takesSchema && fitSchema(schema, format.schema) != Fit::Impossible) {
    format.form = FormatForm::Native;
    return format;
  }
  // The answer's tool would stand in the way of a tool that the client forces, or of thinking.
  const bool free =
      !forcesTool(request_) && !thinking_.budget && traits_.takesForcedTool && saysObject(schema);
  return {free ? FormatForm::Tool : FormatForm::Instruction, {}};
}

void Message::write(sdk::Buffer& out) const {
  const bool counts = mode_ == Mode::CountTokens;
  Writer writer(out);
  writer.beginObject();
  if (settings_.platform == Platform::Vertex)
    writer.member("anthropic_version", "vertex-2023-10-16");
  if (settings_.platform != Platform::Vertex || counts)
    writer.member("model", view(request_.model));
  if (!counts) {
    writer.member("max_tokens", maxTokens_);
    if (mode_ == Mode::Stream) writer.member("stream", true);
    writeSampling(writer);
    writeMetadata(writer);
  }
  if (!thinking_.json.empty()) writer.rawMember("thinking", thinking_.json);
  writeOutputConfig(writer);
  for (const auto& [name, raw] : wishes_.passed) {
    if (!counts || name != "container") writer.rawMember(name, raw);
  }
  writeSystem(writer);
  writeTools(writer);
  writer.key("messages");
  Turns(out, cacheMark_).write(request_);
  out.append("}");
}

// Both together are refused by most models; any of them by the newest, and beside thinking.
void Message::writeSampling(Writer& writer) const {
  const sdk::Range<pagoda_str> stops(request_.stop);
  bool any = false;
  for (const pagoda_str& stop : stops) any = any || !isBlank(view(stop));
  if (any) {
    writer.key("stop_sequences").beginArray();
    for (const pagoda_str& stop : stops) {
      if (!isBlank(view(stop))) writer.string(view(stop));
    }
    writer.endArray();
  }
  if (settings_.refusesSampling() || !traits_.takesSampling || thinking_.on) return;
  if (!std::isnan(request_.temperature)) {
    writer.member("temperature", std::clamp(request_.temperature, 0.0, 1.0));
  } else if (!std::isnan(request_.top_p)) {
    writer.member("top_p", request_.top_p);
  }
  if (!wishes_.topK.empty()) {
    const auto topK = json::Reader(wishes_.topK).integer();
    if (topK && *topK >= 0) writer.member("top_k", *topK);
  }
}

// OpenAI's metadata is a map of the client's own; here it names the end user and nothing else.
void Message::writeMetadata(Writer& writer) const {
  std::string user(view(request_.user));
  if (isObject(wishes_.metadata)) {
    std::string buffer;
    json::Reader reader(wishes_.metadata);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "user_id") user = value.string(buffer).value_or(user);
    });
  }
  constexpr std::size_t kLongestUser = 256;
  if (!user.empty() && user.size() <= kLongestUser) {
    writer.key("metadata").beginObject().member("user_id", user).endObject();
  }
  if (wishes_.serviceTier == "\"auto\"" || wishes_.serviceTier == "\"standard_only\"")
    writer.rawMember("service_tier", wishes_.serviceTier);
}

void Message::writeSystem(Writer& writer) const {
  Blocks blocks = systemBlocks(request_);
  if (format_.form == FormatForm::Instruction) blocks.addText(instructionOf(request_));
  if (blocks.empty()) return;
  blocks.mark(cacheMark_);
  writer.rawMember("system", "[" + blocks.text() + "]");
}

void Message::writeTools(Writer& writer) const {
  std::vector<std::string> texts = toolTexts(request_, wishes_.tools, traits_);
  if (format_.form == FormatForm::Tool) {
    std::string text = R"({"name":")" + std::string(kAnswerTool) +
                       R"(","description":"Gives the answer to the user.","input_schema":)";
    text.append(view(request_.format_schema_json)).append("}");
    texts.push_back(std::move(text));
  }
  if (texts.empty()) return;
  writer.key("tools").beginArray();
  for (const std::string& text : texts) writer.raw(text);
  writer.endArray();
  writeToolChoice(writer);
}

void Message::writeToolChoice(Writer& writer) const {
  const bool serial = (request_.flags & PAGODA_REQ_SERIAL_TOOLS) != 0;
  const auto open = [&](std::string_view type) {
    writer.key("tool_choice").beginObject().member("type", type);
  };
  if (format_.form == FormatForm::Tool) {
    // Beside the client's tools, so that they may be called first.
    const bool alone = request_.tools.count == 0 || request_.tool_choice == PAGODA_TOOL_NONE;
    open(alone ? "tool" : "any");
    if (alone) writer.member("name", kAnswerTool);
    if (alone || serial) writer.member("disable_parallel_tool_use", true);
    writer.endObject();
    return;
  }
  switch (request_.tool_choice) {
    case PAGODA_TOOL_NONE:
      open("none");
      writer.endObject();
      return;
    case PAGODA_TOOL_REQUIRED:
      open("any");
      break;
    case PAGODA_TOOL_NAMED:
      open("tool");
      writer.member("name", view(request_.tool_choice_name));
      break;
    default:
      if (!serial) return;
      open("auto");
      break;
  }
  if (serial) writer.member("disable_parallel_tool_use", true);
  writer.endObject();
}

void Message::writeOutputConfig(Writer& writer) const {
  std::string effort;
  if (!thinking_.effort.empty()) effort = '"' + thinking_.effort + '"';
  std::string format;
  if (format_.form == FormatForm::Native)
    format = R"({"type":"json_schema","schema":)" + format_.schema + "}";
  std::vector<json::Change> changes;
  if (!effort.empty()) changes.push_back({"effort", json::Change::Action::AddIfAbsent, effort});
  if (!format.empty()) changes.push_back({"format", json::Change::Action::Set, format});
  const bool clients = isObject(wishes_.outputConfig);
  if (!clients && changes.empty()) return;
  std::string text;
  json::splice(clients ? wishes_.outputConfig : std::string_view("{}"), changes, text);
  writer.rawMember("output_config", text);
}

}  // namespace pagoda::anthropic
