#include "routing.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "chat_completions/json_text.h"

namespace pagoda::openai {

namespace {

using chat_completions::eachElement;
using chat_completions::eachMember;
using chat_completions::memberOf;
using chat_completions::stringOf;
using sdk::Range;
using sdk::view;

// Members that only one of the two knows.
constexpr std::array<std::string_view, 7> kOfResponses = {
    "previous_response_id", "conversation",   "include", "instructions",
    "context_management",   "max_tool_calls", "prompt"};
constexpr std::array<std::string_view, 3> kOfChat = {"audio", "logit_bias", "prediction"};

// "gpt-5.4-mini" is 504, "gpt-5" 500, all else 0.
int gptVersion(std::string_view name) {
  constexpr std::string_view kGpt = "gpt-";
  if (!name.starts_with(kGpt)) return 0;
  const char* const end = name.data() + name.size();
  int major = 0;
  const auto first = std::from_chars(name.data() + kGpt.size(), end, major);
  if (first.ec != std::errc{} || major > 99) return 0;
  int minor = 0;
  if (first.ptr != end && *first.ptr == '.') std::from_chars(first.ptr + 1, end, minor);
  return major * 100 + std::clamp(minor, 0, 99);
}

bool hasWord(std::string_view name, std::string_view word) {
  for (std::size_t at = name.find(word); at != std::string_view::npos;
       at = name.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || name[at - 1] == '-';
    if (starts && (end == name.size() || name[end] == '-')) return true;
  }
  return false;
}

/// What the members of the request ask for.
struct Asked {
  bool responses = false;
  bool chat = false;
  bool tools = false;
  bool noEffort = false;

  explicit Asked(const pagoda_chat_request& request) {
    chat = request.choices > 1 || hasAudio(request);
    const auto add = [&](std::string_view key, std::string_view raw) { member(key, raw); };
    eachMember(view(request.raw_json), add);
    if (request.extra_json.size != 0) eachMember(view(request.extra_json), add);
    tools = tools || request.tools.count != 0;
  }

 private:
  static bool hasAudio(const pagoda_chat_request& request) {
    for (const auto& message : Range<pagoda_message>(request.messages)) {
      for (const auto& part : Range<pagoda_part>(message.parts)) {
        if (part.kind == PAGODA_PART_AUDIO) return true;
      }
    }
    return false;
  }

  void member(std::string_view key, std::string_view raw) {
    if (raw == "null") return;
    if (key == "tools" && raw.starts_with('[')) {
      eachElement(raw, [&](std::string_view tool) { addTool(tool); });
    } else if (key == "reasoning_effort") {
      noEffort = raw == R"("none")";
    } else if (key == "reasoning") {
      noEffort = noEffort || memberOf(raw, "effort") == R"("none")";
    } else if (key == "modalities") {
      chat = chat || raw.find(R"("audio")") != std::string_view::npos;
    } else if (std::ranges::find(kOfResponses, key) != kOfResponses.end()) {
      responses = true;
    } else if (std::ranges::find(kOfChat, key) != kOfChat.end()) {
      chat = true;
    }
  }

  void addTool(std::string_view tool) {
    tools = true;
    const std::string type = stringOf(memberOf(tool, "type"));
    responses = responses || (!type.empty() && type != "function" && type != "custom");
  }
};

}  // namespace

// Source: OpenAI, models and reasoning guides, read 2026-11-25.
ModelTraits traitsOf(std::string_view model) {
  std::string_view name = model.substr(model.rfind('/') + 1);
  if (name.starts_with("ft:")) name.remove_prefix(3);
  name = name.substr(0, name.find(':'));
  ModelTraits traits;
  const int version = gptVersion(name);
  const bool talks = hasWord(name, "chat");
  const bool oSeries = name.size() >= 2 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9';
  const bool codex = hasWord(name, "codex");
  traits.reasons = oSeries || codex || (version >= 500 && !talks) || hasWord(name, "computer");
  traits.responsesOnly = codex || hasWord(name, "deep-research") || hasWord(name, "computer-use") ||
                         (hasWord(name, "pro") && (oSeries || version >= 500));
  traits.toolsByResponses = version >= 504 && !talks;
  return traits;
}

void Learned::add(std::string_view model) {
  constexpr std::size_t kMost = 256;  // an operator has fewer; names come from outside
  const std::lock_guard lock(mutex_);
  if (models_.size() < kMost) models_.emplace(model);
}

bool Learned::has(std::string_view model) const {
  const std::lock_guard lock(mutex_);
  return models_.find(model) != models_.end();
}

bool goesToResponses(const Settings& settings, const pagoda_chat_request& request,
                     const Learned& learned) {
  if (settings.api != Api::Auto) return settings.api == Api::Responses;
  const std::string_view model = view(request.model);
  const ModelTraits traits = traitsOf(model);
  if (traits.responsesOnly) return true;
  const Asked asked(request);
  if (asked.chat) return false;
  if (asked.responses || learned.has(model)) return true;
  return asked.tools && traits.toolsByResponses && !asked.noEffort;
}

bool knowsCustomTools(const pagoda_chat_request& request) {
  const std::string_view raw = view(request.raw_json);
  if (raw.find(R"("custom")") == std::string_view::npos) return false;
  bool custom = false;
  const std::string_view tools = memberOf(raw, "tools");
  if (!tools.starts_with('[')) return false;
  eachElement(tools, [&](std::string_view tool) {
    custom = custom || (tool.starts_with('{') && memberOf(tool, "type") == R"("custom")");
  });
  return custom;
}

// 400 "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions.
// Please use /v1/responses instead.", 404 "This model is only supported in v1/responses and not in
// v1/chat/completions.", and Azure's 400 "The chatCompletion operation does not work with the
// specified model". Source: their answers, read 2026-11-25.
bool wantsResponses(int httpStatus, std::string_view body) {
  if (httpStatus != 400 && httpStatus != 404) return false;
  const auto says = [&](std::string_view text) {
    return body.find(text) != std::string_view::npos;
  };
  return (says("v1/responses") && says("chat/completions")) ||
         says("The chatCompletion operation does not work");
}

}  // namespace pagoda::openai
