#include "request.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contents.h"
#include "options.h"
#include "schema.h"
#include "thinking.h"

namespace pagoda::gemini {

namespace {

using sdk::Range;
using sdk::view;

// Written by us, whatever the operator's extra members say.
bool isFixed(std::string_view key) {
  return key == "contents" || key == "systemInstruction" || key == "generationConfig";
}

struct Member {
  std::string key;
  std::string_view raw;
};

std::vector<Member> membersOf(std::string_view object) {
  std::vector<Member> members;
  if (object.empty()) return members;
  json::Reader reader(object);
  reader.object([&](std::string_view key, json::Reader& value) {
    std::string name(key);
    members.push_back({std::move(name), value.raw()});
  });
  return members;
}

const Member* find(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &*found;
}

class RequestWriter {
 public:
  RequestWriter(const pagoda_chat_request& request, const Settings& settings, sdk::Buffer& out)
      : request_(request),
        settings_(settings),
        model_(modelOf(view(request.model))),
        options_(readOptions(request)),
        extra_(membersOf(view(request.extra_json))),
        writer_(out) {
    if (const Member* config = find(extra_, "generationConfig"))
      extraConfig_ = membersOf(config->raw);
  }

  void write() {
    writer_.beginObject();
    members();
    writer_.endObject();
  }

  void writeCount() {
    writer_.beginObject();
    if (settings_.vertex) {
      members();
    } else {
      // Without this wrapping the system instruction and the tools are not counted.
      writer_.key("generateContentRequest").beginObject();
      writer_.member("model", resourceOf(settings_, view(request_.model)));
      members();
      writer_.endObject();
    }
    writer_.endObject();
  }

 private:
  void members() {
    writeContents(request_, settings_, model_, writer_);
    tools();
    toolConfig();
    const std::string_view safety = options_.safetySettings.empty()
                                        ? std::string_view(settings_.safetySettings)
                                        : options_.safetySettings;
    optional("safetySettings", safety);
    optional("cachedContent", options_.cachedContent);
    if (settings_.vertex) optional("labels", options_.labels);
    generationConfig();
    for (const Member& member : extra_) {
      if (!isFixed(member.key)) writer_.rawMember(member.key, member.raw);
    }
  }

  void optional(std::string_view key, std::string_view raw) {
    if (!raw.empty() && find(extra_, key) == nullptr) writer_.rawMember(key, raw);
  }

  void tools() {
    const Range<pagoda_tool> functions(request_.tools);
    if (functions.empty() && options_.builtInTools.empty()) return;
    if (find(extra_, "tools") != nullptr) return;
    writer_.key("tools").beginArray();
    if (!functions.empty()) {
      writer_.beginObject().key("functionDeclarations").beginArray();
      for (const pagoda_tool& tool : functions) function(tool);
      writer_.endArray().endObject();
    }
    for (const std::string& tool : options_.builtInTools) writer_.raw(tool);
    writer_.endArray();
  }

  void function(const pagoda_tool& tool) {
    writer_.beginObject().member("name", view(tool.name));
    if (tool.description.size != 0) writer_.member("description", view(tool.description));
    const std::string_view parameters = view(tool.parameters_json);
    if (!parameters.empty()) {
      if (settings_.jsonSchema) {
        writer_.rawMember("parametersJsonSchema", parameters);
      } else if (const Subset subset = subsetOf(parameters); !subset.anything) {
        writer_.rawMember("parameters", subset.json);
      }
    }
    writer_.endObject();
  }

  void toolConfig() {
    if (request_.tools.count == 0 || find(extra_, "toolConfig") != nullptr) return;
    std::string_view mode;
    std::vector<std::string_view> names(options_.allowedTools.begin(), options_.allowedTools.end());
    switch (request_.tool_choice) {
      case PAGODA_TOOL_NONE:
        mode = "NONE";
        names.clear();
        break;
      case PAGODA_TOOL_REQUIRED:
        mode = "ANY";
        break;
      case PAGODA_TOOL_NAMED:
        mode = "ANY";
        names = {view(request_.tool_choice_name)};
        break;
      default:
        // With AUTO the service takes no list of names; VALIDATED is AUTO with one.
        if (names.empty()) return;
        mode = options_.allowedRequired ? "ANY" : "VALIDATED";
    }
    writer_.key("toolConfig").beginObject().key("functionCallingConfig").beginObject();
    writer_.member("mode", mode);
    if (!names.empty()) {
      writer_.key("allowedFunctionNames").beginArray();
      for (const std::string_view name : names) writer_.string(name);
      writer_.endArray();
    }
    writer_.endObject().endObject();
  }

  // ---- generationConfig ----

  template <class T>
  void config(std::string_view key, const T& value) {
    configRaw(key, [&] { writer_.member(key, value); });
  }
  template <class F>
  void configRaw(std::string_view key, F&& write) {
    if (find(extraConfig_, key) != nullptr) return;
    if (!configOpen_) writer_.key("generationConfig").beginObject();
    configOpen_ = true;
    write();
  }

  void generationConfig() {
    if (request_.max_output_tokens >= 0) config("maxOutputTokens", request_.max_output_tokens);
    if (!std::isnan(request_.temperature)) config("temperature", request_.temperature);
    if (!std::isnan(request_.top_p)) config("topP", request_.top_p);
    if (!std::isnan(request_.presence_penalty))
      config("presencePenalty", request_.presence_penalty);
    if (!std::isnan(request_.frequency_penalty))
      config("frequencyPenalty", request_.frequency_penalty);
    if (!options_.topK.empty())
      configRaw("topK", [&] { writer_.rawMember("topK", options_.topK); });
    if ((request_.flags & PAGODA_REQ_HAS_SEED) != 0) config("seed", seed());
    if (request_.choices > 1) config("candidateCount", request_.choices);
    stopSequences();
    if ((request_.flags & PAGODA_REQ_LOGPROBS) != 0) {
      config("responseLogprobs", true);
      if (request_.top_logprobs > 0) config("logprobs", request_.top_logprobs);
    }
    format();
    modalities();
    if (const std::string thinking = thinkingConfigOf(options_, settings_, model_);
        !thinking.empty())
      configRaw("thinkingConfig", [&] { writer_.rawMember("thinkingConfig", thinking); });
    for (const Member& member : extraConfig_) {
      if (!configOpen_) writer_.key("generationConfig").beginObject();
      configOpen_ = true;
      writer_.rawMember(member.key, member.raw);
    }
    if (configOpen_) writer_.endObject();
  }

  // The service reads 32 bits and refuses the rest; the same seed still means the same.
  std::int64_t seed() const {
    if (request_.seed >= INT32_MIN && request_.seed <= INT32_MAX) return request_.seed;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(request_.seed) & 0x7FFFFFFF);
  }

  void stopSequences() {
    constexpr std::size_t kMost = 5;
    std::vector<std::string_view> stops;
    for (const pagoda_str& stop : Range<pagoda_str>(request_.stop)) {
      if (stop.size != 0 && stops.size() < kMost) stops.push_back(view(stop));
    }
    if (stops.empty()) return;
    configRaw("stopSequences", [&] {
      writer_.key("stopSequences").beginArray();
      for (const std::string_view stop : stops) writer_.string(stop);
      writer_.endArray();
    });
  }

  void format() {
    if (request_.format == PAGODA_FORMAT_TEXT) return;
    config("responseMimeType", "application/json");
    const std::string_view schema = view(request_.format_schema_json);
    if (request_.format != PAGODA_FORMAT_JSON_SCHEMA || schema.empty()) return;
    if (settings_.jsonSchema) {
      configRaw("responseJsonSchema", [&] { writer_.rawMember("responseJsonSchema", schema); });
    } else {
      configRaw("responseSchema",
                [&] { writer_.rawMember("responseSchema", subsetOf(schema).json); });
    }
  }

  // ["text","image"] as TEXT, IMAGE.
  void modalities() {
    if (options_.responseModalities.empty()) return;
    configRaw("responseModalities", [&] {
      writer_.key("responseModalities").beginArray();
      json::Reader reader(options_.responseModalities);
      reader.array([&](json::Reader& element) {
        std::string buffer;
        std::string name(element.string(buffer).value_or(""));
        for (char& c : name) {
          if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        }
        if (name == "TEXT" || name == "IMAGE" || name == "AUDIO") writer_.string(name);
      });
      writer_.endArray();
    });
  }

  const pagoda_chat_request& request_;
  const Settings& settings_;
  Model model_;
  Options options_;
  std::vector<Member> extra_;        // the operator's, which win
  std::vector<Member> extraConfig_;  // of its generationConfig
  BodyWriter writer_;
  bool configOpen_ = false;
};

}  // namespace

void writeRequest(const pagoda_chat_request& request, const Settings& settings, sdk::Buffer& out) {
  RequestWriter(request, settings, out).write();
}

void writeTokenCount(const pagoda_chat_request& request, const Settings& settings,
                     sdk::Buffer& out) {
  RequestWriter(request, settings, out).writeCount();
}

}  // namespace pagoda::gemini
