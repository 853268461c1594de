#include "wishes.h"

#include <algorithm>
#include <array>

#include "json_text.h"

namespace pagoda::anthropic {

namespace {

// Anthropic's members that a client of any dialect may send and that change no price. Not here:
// `speed` and `inference_geo`, which make a model dearer than the host reckons with.
constexpr std::array<std::string_view, 4> kPassed = {"cache_control", "container",
                                                     "context_management", "mcp_servers"};
// Written from the neutral request, so an extra may not repeat them.
constexpr std::array<std::string_view, 10> kOurs = {
    "model",       "messages",       "system", "max_tokens",  "stream",
    "temperature", "stop_sequences", "top_p",  "tool_choice", "anthropic_version"};

std::string_view* slotOf(std::string_view key, Wishes& wishes) {
  if (key == "reasoning_effort") return &wishes.reasoningEffort;
  if (key == "reasoning") return &wishes.reasoning;
  if (key == "thinking") return &wishes.thinking;
  if (key == "output_config") return &wishes.outputConfig;
  if (key == "metadata") return &wishes.metadata;
  if (key == "service_tier") return &wishes.serviceTier;
  if (key == "tools") return &wishes.tools;
  if (key == "top_k") return &wishes.topK;
  if (key == "betas") return &wishes.betas;
  return nullptr;
}

void readObject(std::string_view object, bool operators, Wishes& wishes) {
  json::Reader reader(object);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (std::string_view* const slot = slotOf(key, wishes)) {
      const std::string_view raw = value.raw();
      *slot = raw == "null" ? std::string_view() : raw;
      return;
    }
    const bool pass = operators ? std::ranges::find(kOurs, key) == kOurs.end()
                                : std::ranges::find(kPassed, key) != kPassed.end();
    if (!pass) return;
    std::string name(key);
    const std::string_view raw = value.raw();
    std::erase_if(wishes.passed, [&](const auto& one) { return one.first == name; });
    if (raw != "null") wishes.passed.emplace_back(std::move(name), raw);
  });
}

constexpr std::int64_t kLeastBudget = 1024;

enum class Level { Off, Low, Medium, High, Xhigh, Max };

Level levelOf(std::string_view word) {
  if (word == "none") return Level::Off;
  if (word == "minimal" || word == "low") return Level::Low;
  if (word == "high") return Level::High;
  if (word == "xhigh") return Level::Xhigh;
  if (word == "max") return Level::Max;
  return Level::Medium;
}

Level levelOf(std::int64_t budget) {
  if (budget <= 0) return Level::Off;
  if (budget <= 2048) return Level::Low;
  if (budget <= 8192) return Level::Medium;
  if (budget <= 32768) return Level::High;
  return Level::Max;
}

std::int64_t budgetOf(Level level) {
  switch (level) {
    case Level::Off:
      return 0;
    case Level::Low:
      return kLeastBudget;
    case Level::Medium:
      return 2048;
    case Level::High:
      return 4096;
    case Level::Xhigh:
      return 8192;
    case Level::Max:
      return 16384;
  }
  return 0;
}

const char* effortOf(Level level, const ModelTraits& traits) {
  switch (level) {
    case Level::Off:
    case Level::Low:
      return "low";
    case Level::Medium:
      return "medium";
    case Level::High:
      return "high";
    case Level::Xhigh:
      return traits.takesXhighEffort ? "xhigh" : "high";
    case Level::Max:
      return traits.takesMaxEffort ? "max" : "high";
  }
  return "medium";
}

/// What was asked for, whatever its form.
struct Asked {
  bool any = false;
  Level level = Level::Medium;
  std::int64_t budget = -1;   // tokens, if they were named
  bool leveled = false;       // a level was named
  std::string_view display;   // a JSON text
  std::string_view verbatim;  // a form of `thinking` that goes out as it is
};

void askEffort(std::string_view raw, Asked& asked) {
  std::string buffer;
  if (!isString(raw)) return;
  asked.any = asked.leveled = true;
  asked.level = levelOf(textOf(raw, buffer));
}

void askBudget(std::int64_t budget, Asked& asked) {
  asked.any = true;
  asked.budget = budget;
  asked.level = levelOf(budget);
}

void askThinking(std::string_view raw, const ModelTraits& traits, Asked& asked) {
  std::string type;
  std::int64_t budget = -1;
  json::Reader reader(raw);
  std::string buffer;
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "type") type = value.string(buffer).value_or("");
    if (key == "budget_tokens") budget = value.integer().value_or(-1);
    if (key == "display") asked.display = value.raw();
  });
  asked.any = true;
  if (type == "disabled") {
    asked.level = Level::Off;
  } else if (type == "between_tools") {
    asked.level = Level::Off;
    if (traits.betweenTools) asked.verbatim = raw;
  } else if (type == "enabled" || type == "adaptive") {
    if (type == "enabled" && budget > 0) askBudget(budget, asked);
    const bool adaptive = traits.thinking == ModelTraits::Thinking::Adaptive;
    if (type == "adaptive" && adaptive) asked.verbatim = raw;
  } else {
    asked.verbatim = raw;  // a form that is newer than this text
  }
}

void askReasoning(std::string_view raw, Asked& asked) {
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == "effort") {
      askEffort(value.raw(), asked);
    } else if (key == "max_tokens") {
      if (const auto budget = value.integer()) askBudget(*budget, asked);
    } else if (key == "enabled") {
      const auto enabled = value.boolean();
      if (enabled && !asked.any) asked.level = *enabled ? Level::Medium : Level::Off;
      asked.any = asked.any || enabled;
    }
  });
}

Asked readAsked(const pagoda_chat_request& request, const Wishes& wishes,
                const ModelTraits& traits) {
  Asked asked;
  if (isObject(wishes.thinking)) {
    askThinking(wishes.thinking, traits, asked);
  } else if (request.reasoning_tokens >= 0) {
    askBudget(request.reasoning_tokens, asked);
  } else if (isObject(wishes.reasoning)) {
    askReasoning(wishes.reasoning, asked);
  }
  if (!asked.any) askEffort(wishes.reasoningEffort, asked);
  return asked;
}

}  // namespace

Wishes readWishes(const pagoda_chat_request& request) {
  Wishes wishes;
  readObject(sdk::view(request.raw_json), false, wishes);
  if (request.extra_json.size != 0) readObject(sdk::view(request.extra_json), true, wishes);
  return wishes;
}

Thinking planThinking(const pagoda_chat_request& request, const Wishes& wishes,
                      const ModelTraits& traits, const ThinkingContext& context) {
  Thinking plan;
  const Asked asked = readAsked(request, wishes, traits);
  if (!asked.any || traits.thinking == ModelTraits::Thinking::None) return plan;
  if (!asked.verbatim.empty()) {
    plan.json = asked.verbatim;
    plan.on = asked.level != Level::Off;
  } else if (asked.level == Level::Off) {
    plan.json = traits.betweenTools ? R"({"type":"between_tools"})" : R"({"type":"disabled"})";
  } else if (traits.thinking == ModelTraits::Thinking::Adaptive &&
             !(traits.takesBudget && asked.budget > 0)) {
    plan.on = true;
    plan.json = R"({"type":"adaptive")";
    // The newest models hide their thinking unless told to show it; it costs the same.
    if (!asked.display.empty()) {
      plan.json.append(R"(,"display":)").append(asked.display);
    } else if (!traits.takesBudget) {
      plan.json += R"(,"display":"summarized")";
    }
    plan.json += '}';
    if (traits.takesEffort && (asked.leveled || asked.budget > 0))
      plan.effort = effortOf(asked.level, traits);
  } else {
    const std::int64_t wanted = asked.budget > 0 ? asked.budget : budgetOf(asked.level);
    const std::int64_t budget = std::min(std::max(wanted, kLeastBudget), context.maxTokens - 1);
    // Refused with a forced tool, and in a tool loop whose thinking is not sent back.
    if (budget < kLeastBudget || context.forcedTool || context.lostThinking) return plan;
    plan.on = plan.budget = true;
    plan.json = R"({"type":"enabled","budget_tokens":)" + std::to_string(budget);
    if (!asked.display.empty()) plan.json.append(R"(,"display":)").append(asked.display);
    plan.json += '}';
  }
  return plan;
}

std::string betasOf(const Settings& settings, const Wishes& wishes) {
  std::string list;
  const auto add = [&](std::string_view beta) {
    if (!list.empty()) list += ',';
    list += beta;
  };
  if (settings.auth == Auth::OAuth) add("oauth-2025-04-20");
  for (const std::string& beta : settings.betas) add(beta);
  // Vertex answers a beta that it does not know with an error.
  if (!settings.clientBetas || settings.platform == Platform::Vertex || !isArray(wishes.betas))
    return list;
  json::Reader reader(wishes.betas);
  std::string buffer;
  std::size_t left = 32;
  reader.array([&](json::Reader& element) {
    const std::string_view beta = element.string(buffer).value_or("");
    const bool word =
        !beta.empty() && beta.size() <= 64 &&
        beta.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
    // A faster or longer model at a multiple of the price that the host reckons with.
    const bool dearer = beta.starts_with("fast-mode") || beta.starts_with("context-1m");
    if (word && !dearer && left > 0) {
      add(beta);
      --left;
    }
  });
  return list;
}

}  // namespace pagoda::anthropic
