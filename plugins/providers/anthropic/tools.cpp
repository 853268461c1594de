#include <algorithm>
#include <array>

#include "json_text.h"
#include "schema_subset.h"
#include "wire.h"

namespace pagoda::anthropic {

namespace {

constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";
// A custom tool of OpenAI takes free text; here it is the one member of the input.
constexpr std::string_view kFreeText =
    R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"]})";
constexpr std::array<std::string_view, 5> kToolExtras = {
    "cache_control", "defer_loading", "allowed_callers", "input_examples", "eager_input_streaming"};

/// One element of the client's `tools`.
struct Element {
  std::string type;
  std::string extras;       // members for Anthropic's definition, each with a comma before it
  bool anthropics = false;  // has a form of Anthropic's own

  explicit Element(std::string_view raw) {
    json::Reader reader(raw);
    std::string buffer;
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key == "type") {
        type = value.string(buffer).value_or("");
      } else if (key == "function") {
        value.object([&](std::string_view inner, json::Reader& member) { take(inner, member); });
      } else if (key == "input_schema") {
        anthropics = true;
      } else {
        take(key, value);
      }
    });
    anthropics = anthropics || isServerTool();
  }

 private:
  // Their names end in the day of their version: web_search_20250305.
  bool isServerTool() const {
    if (type == "mcp_toolset") return true;
    const std::size_t line = type.rfind("_20");
    return line != std::string::npos && type.size() - line == 9 &&
           type.find_first_not_of("0123456789", line + 1) == std::string::npos;
  }
  void take(std::string_view key, json::Reader& value) {
    if (std::ranges::find(kToolExtras, key) == kToolExtras.end()) return;
    std::string member = ",";
    json::appendString(member, key);
    const std::string_view raw = value.raw();
    if (raw != "null" && extras.find(member) == std::string::npos)
      extras.append(member).append(":").append(raw);
  }
};

// An input schema has to say that it is an object.
void appendSchema(std::string& out, std::string_view parameters) {
  if (!isObject(parameters)) {
    out += kNoParameters;
    return;
  }
  const json::Change change{"type", json::Change::Action::AddIfAbsent, "\"object\""};
  json::splice(parameters, std::span(&change, 1), out);
}

std::string definition(const pagoda_tool& tool, const Element* element, const ModelTraits& traits) {
  const bool freeText = element != nullptr && element->type == "custom";
  const std::string_view parameters = freeText ? kFreeText : sdk::view(tool.parameters_json);
  std::string text = R"({"name":)";
  json::appendString(text, sdk::view(tool.name));
  if (tool.description.size != 0) {
    text += R"(,"description":)";
    json::appendString(text, sdk::view(tool.description));
  }
  text += R"(,"input_schema":)";
  appendSchema(text, parameters);
  // Strict as far as Anthropic can be: with a schema outside of its subset it refuses the request.
  std::string fitted;
  if ((tool.flags & PAGODA_TOOL_STRICT) != 0 && traits.takesSchema && isObject(parameters) &&
      fitSchema(parameters, fitted) == Fit::AsIs)
    text += R"(,"strict":true)";
  if (element != nullptr) text += element->extras;
  text += '}';
  return text;
}

}  // namespace

std::vector<std::string> toolTexts(const pagoda_chat_request& request, std::string_view rawTools,
                                   const ModelTraits& traits) {
  const sdk::Range<pagoda_tool> tools(request.tools);
  std::vector<std::string> texts;
  std::uint32_t next = 0;
  if (isArray(rawTools)) {
    json::Reader reader(rawTools);
    reader.array([&](json::Reader& value) {
      const std::string_view raw = value.raw();
      if (!isObject(raw)) return;
      const Element element(raw);
      const bool neutral = element.type == "function" || element.type == "custom";
      if (element.anthropics) {
        texts.emplace_back(raw);
        // The host may have read it as one of its own.
        if (neutral && next < tools.size()) ++next;
      } else if (neutral && next < tools.size()) {
        texts.push_back(definition(tools[next++], &element, traits));
      }
    });
  }
  for (; next < tools.size(); ++next) texts.push_back(definition(tools[next], nullptr, traits));
  return texts;
}

}  // namespace pagoda::anthropic
