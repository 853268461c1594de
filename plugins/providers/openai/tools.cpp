// Tools and the choice among them.
#include "chat_completions/json_text.h"
#include "responses.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::Range;
using sdk::view;
using Writer = json::Writer<sdk::Buffer>;

constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";

// Without `strict` Responses would make the schema strict by itself, chat completions would not.
void writeFunction(Writer& writer, std::string_view tool, std::string_view function) {
  std::string_view name, description, parameters = kNoParameters, strict = "false";
  eachMember(function, [&](std::string_view key, std::string_view raw) {
    if (key == "name") name = raw;
    if (key == "description" && raw != "null") description = raw;
    if (key == "parameters" && raw != "null") parameters = raw;
    if (key == "strict" && raw != "null") strict = raw;
  });
  writer.beginObject().member("type", "function");
  if (!name.empty()) writer.rawMember("name", name);  // or the upstream says what is missing
  if (!description.empty()) writer.rawMember("description", description);
  writer.rawMember("parameters", parameters).rawMember("strict", strict);
  for (const std::string_view key : {"defer_loading", "allowed_callers", "output_schema"}) {
    std::string_view raw = memberOf(function, key);
    if (raw.empty()) raw = memberOf(tool, key);
    if (!raw.empty() && raw != "null") writer.rawMember(key, raw);
  }
  writer.endObject();
}

// {"format":{"type":"grammar","grammar":{"syntax":S,"definition":D}}} has one level less here.
void writeCustom(Writer& writer, std::string_view custom) {
  writer.beginObject().member("type", "custom");
  eachMember(custom, [&](std::string_view key, std::string_view raw) {
    const std::string_view grammar = key == "format" ? memberOf(raw, "grammar") : "";
    if (!grammar.starts_with('{')) {
      if (raw != "null") writer.rawMember(key, raw);
      return;
    }
    writer.key("format").beginObject().member("type", "grammar");
    eachMember(grammar, [&](std::string_view part, std::string_view value) {
      writer.rawMember(part, value);
    });
    writer.endObject();
  });
  writer.endObject();
}

void writeNeutral(Writer& writer, const pagoda_tool& tool) {
  writer.beginObject().member("type", "function").member("name", view(tool.name));
  if (tool.description.size != 0) writer.member("description", view(tool.description));
  const std::string_view parameters = view(tool.parameters_json);
  writer.rawMember("parameters", parameters.empty() ? kNoParameters : parameters);
  writer.member("strict", (tool.flags & PAGODA_TOOL_STRICT) != 0).endObject();
}

// {"type":T,T:{"name":N}} is {"type":T,"name":N} here.
void writeFlat(Writer& writer, std::string_view choice) {
  const std::string type = stringOf(memberOf(choice, "type"));
  const std::string_view name = memberOf(memberOf(choice, type), "name");
  if (name.empty()) {
    writer.raw(choice);
    return;
  }
  writer.beginObject().member("type", std::string_view(type)).rawMember("name", name).endObject();
}

}  // namespace

void writeTools(Writer& writer, std::string_view rawTools, const pagoda_chat_request& request) {
  if (!rawTools.starts_with('[')) {  // the form before `tools`
    for (const auto& tool : Range<pagoda_tool>(request.tools)) writeNeutral(writer, tool);
    return;
  }
  eachElement(rawTools, [&](std::string_view tool) {
    const std::string_view function = memberOf(tool, "function");
    const std::string_view custom = memberOf(tool, "custom");
    if (function.starts_with('{')) {
      writeFunction(writer, tool, function);
    } else if (custom.starts_with('{')) {
      writeCustom(writer, custom);
    } else if (tool.starts_with('{')) {
      writer.raw(tool);
    }
  });
}

void writeToolChoice(Writer& writer, std::string_view raw) {
  const std::string_view allowed = memberOf(raw, "allowed_tools");
  if (!allowed.starts_with('{')) {
    if (raw.starts_with('{')) return writeFlat(writer, raw);
    writer.raw(raw);
    return;
  }
  writer.beginObject().member("type", "allowed_tools");
  eachMember(allowed, [&](std::string_view key, std::string_view value) {
    if (key != "tools" || !value.starts_with('[')) {
      writer.rawMember(key, value);
      return;
    }
    writer.key("tools").beginArray();
    eachElement(value, [&](std::string_view tool) { writeFlat(writer, tool); });
    writer.endArray();
  });
  writer.endObject();
}

void writeWebSearch(Writer& writer, std::string_view options) {
  writer.beginObject().member("type", "web_search");
  if (options.starts_with('{')) {
    eachMember(options, [&](std::string_view key, std::string_view raw) {
      const std::string_view place = key == "user_location" ? memberOf(raw, "approximate") : "";
      if (!place.starts_with('{')) {
        if (raw != "null") writer.rawMember(key, raw);
        return;
      }
      writer.key("user_location").beginObject().member("type", "approximate");
      eachMember(place, [&](std::string_view part, std::string_view value) {
        writer.rawMember(part, value);
      });
      writer.endObject();
    });
  }
  writer.endObject();
}

}  // namespace pagoda::openai
