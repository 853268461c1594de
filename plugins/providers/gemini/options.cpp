#include "options.h"

#include <algorithm>

namespace pagoda::gemini {

namespace {

std::string textOf(json::Reader& value) {
  std::string buffer;
  return std::string(value.string(buffer).value_or(""));
}

std::string lowerOf(json::Reader& value) {
  std::string text = textOf(value);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string camelCase(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool next = name[i] == '_' && i > 0 && i + 1 < name.size();
    if (!next) {
      out += name[i];
    } else if (const char c = name[++i]; c >= 'a' && c <= 'z') {
      out += static_cast<char>(c - 'a' + 'A');
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view rawIf(json::Kind kind, json::Reader& value) {
  return value.kind() == kind ? value.raw() : std::string_view();
}

void readReasoning(json::Reader& value, Options& options) {
  bool enabled = true;
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "effort") {
      options.effort = lowerOf(member);
    } else if (key == "max_tokens") {
      options.thinkingTokens = member.integer().value_or(-1);
    } else if (key == "enabled") {
      enabled = member.boolean().value_or(true);
    } else if (key == "exclude") {
      options.hideThoughts = member.boolean().value_or(false);
    }
  });
  if (!enabled) options.thinkingTokens = 0;
}

void readGoogle(json::Reader& value, Options& options) {
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "thinking_config" || key == "thinkingConfig") {
      options.thinkingConfig = rawIf(json::Kind::Object, member);
    } else if (key == "cached_content" || key == "cachedContent") {
      options.cachedContent = rawIf(json::Kind::String, member);
    } else if (key == "safety_settings" || key == "safetySettings") {
      options.safetySettings = rawIf(json::Kind::Array, member);
    } else if (key == "labels") {
      options.labels = rawIf(json::Kind::Object, member);
    }
  });
}

// The tool that the service itself runs, by the names that clients use for it.
std::string builtInOf(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kTools[] = {
      {"google_search", R"({"googleSearch":{}})"},
      {"googleSearch", R"({"googleSearch":{}})"},
      {"web_search", R"({"googleSearch":{}})"},
      {"web_search_preview", R"({"googleSearch":{}})"},
      {"code_execution", R"({"codeExecution":{}})"},
      {"codeExecution", R"({"codeExecution":{}})"},
      {"code_interpreter", R"({"codeExecution":{}})"},
      {"url_context", R"({"urlContext":{}})"},
      {"urlContext", R"({"urlContext":{}})"},
      {"google_maps", R"({"googleMaps":{}})"},
      {"googleMaps", R"({"googleMaps":{}})"},
  };
  for (const auto& [known, tool] : kTools) {
    if (known == name) return std::string(tool);
  }
  return {};
}

void addBuiltIn(std::string tool, Options& options) {
  if (std::ranges::find(options.builtInTools, tool) == options.builtInTools.end())
    options.builtInTools.push_back(std::move(tool));
}

// {"type":"google_search"}, or with settings: {"type":"google_search","google_search":{...}}.
void readTool(json::Reader& value, Options& options) {
  std::string type;
  std::string name;
  std::string_view settings;
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "type") {
      type = textOf(member);
    } else if (key != "function" && member.kind() == json::Kind::Object &&
               !builtInOf(key).empty()) {
      name = key;
      settings = member.raw();
    }
  });
  if (type == "function" || type == "custom") return;
  if (!settings.empty())
    return addBuiltIn("{\"" + camelCase(name) + "\":" + std::string(settings) + "}", options);
  if (std::string tool = builtInOf(type); !tool.empty()) addBuiltIn(std::move(tool), options);
}

void readAllowed(json::Reader& value, Options& options) {
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "mode") {
      options.allowedRequired = textOf(member) == "required";
    } else if (key == "tools") {
      member.array([&](json::Reader& tool) {
        tool.object([&](std::string_view part, json::Reader& holder) {
          if (part == "name") options.allowedTools.push_back(textOf(holder));
          if (part != "function") return;
          holder.object([&](std::string_view inner, json::Reader& name) {
            if (inner == "name") options.allowedTools.push_back(textOf(name));
          });
        });
      });
    }
  });
}

void readToolChoice(json::Reader& value, Options& options) {
  if (value.kind() != json::Kind::Object) return;
  value.object([&](std::string_view key, json::Reader& member) {
    if (key == "allowed_tools" && member.kind() == json::Kind::Object) readAllowed(member, options);
  });
}

}  // namespace

std::string camelCaseKeys(std::string_view object) {
  std::string out;
  json::Writer writer(out);
  writer.beginObject();
  json::Reader reader(object);
  reader.object([&](std::string_view key, json::Reader& value) {
    const std::string name = camelCase(key);
    writer.rawMember(name, value.raw());
  });
  writer.endObject();
  return out;
}

Options readOptions(const pagoda_chat_request& request) {
  Options options;
  json::Reader reader(sdk::view(request.raw_json));
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "reasoning_effort") {
      if (value.kind() == json::Kind::String) options.effort = lowerOf(value);
    } else if (key == "reasoning") {
      readReasoning(value, options);
    } else if (key == "google") {
      readGoogle(value, options);
    } else if (key == "safety_settings" || key == "safetySettings") {
      options.safetySettings = rawIf(json::Kind::Array, value);
    } else if (key == "cached_content" || key == "cachedContent") {
      options.cachedContent = rawIf(json::Kind::String, value);
    } else if (key == "top_k") {
      options.topK = rawIf(json::Kind::Number, value);
    } else if (key == "modalities") {
      options.responseModalities = rawIf(json::Kind::Array, value);
    } else if (key == "web_search_options") {
      if (value.kind() == json::Kind::Object) addBuiltIn(builtInOf("web_search"), options);
    } else if (key == "tools") {
      value.array([&](json::Reader& tool) { readTool(tool, options); });
    } else if (key == "tool_choice") {
      readToolChoice(value, options);
    }
  });
  if (request.reasoning_tokens >= 0) options.thinkingTokens = request.reasoning_tokens;
  return options;
}

}  // namespace pagoda::gemini
