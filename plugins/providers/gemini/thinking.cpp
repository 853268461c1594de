#include "thinking.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace pagoda::gemini {

namespace {

constexpr std::int64_t kProLeast = 128;
constexpr std::int64_t kProMost = 32768;
constexpr std::int64_t kLiteLeast = 512;
constexpr std::int64_t kFlashMost = 24576;

struct Effort {
  std::string_view name;
  std::int64_t budget;     // of Google's endpoint for OpenAI clients
  std::string_view level;  // of the flash models
};
constexpr Effort kEfforts[] = {
    {"none", 0, "MINIMAL"},     {"minimal", 1024, "MINIMAL"}, {"low", 1024, "LOW"},
    {"medium", 8192, "MEDIUM"}, {"high", 24576, "HIGH"},      {"xhigh", kProMost, "HIGH"},
    {"max", kProMost, "HIGH"},
};

const Effort* effortOf(const Options& options) {
  if (options.thinkingTokens >= 0) {
    if (options.thinkingTokens == 0) return &kEfforts[0];
    const auto enough = [&](const Effort& effort) {
      return effort.budget >= options.thinkingTokens;
    };
    const auto* found = std::ranges::find_if(kEfforts + 1, std::end(kEfforts), enough);
    return found == std::end(kEfforts) ? found - 1 : found;
  }
  const auto* found = std::ranges::find(kEfforts, options.effort, &Effort::name);
  return found == std::end(kEfforts) ? nullptr : found;
}

std::int64_t budgetFor(std::int64_t asked, const Model& model) {
  if (model.pro) return std::clamp(asked, kProLeast, kProMost);
  if (asked <= 0) return 0;
  return std::clamp(asked, model.lite ? kLiteLeast : 1, kFlashMost);
}

}  // namespace

std::string thinkingConfigOf(const Options& options, const Settings& settings, const Model& model) {
  if (!options.thinkingConfig.empty()) return camelCaseKeys(options.thinkingConfig);
  const Effort* effort = effortOf(options);
  if (effort == nullptr || model.thinking == Thinking::None) return {};
  std::string out;
  json::Writer writer(out);
  writer.beginObject();
  if (model.thinking == Thinking::Budget) {
    const std::int64_t asked =
        options.thinkingTokens >= 0 ? options.thinkingTokens : effort->budget;
    writer.member("thinkingBudget", budgetFor(asked, model));
  } else {
    // The pro models know no level below low.
    const bool raise = model.pro && effort->level == "MINIMAL";
    writer.member("thinkingLevel", raise ? std::string_view("LOW") : effort->level);
  }
  if (settings.includeThoughts && !options.hideThoughts && effort->budget != 0)
    writer.member("includeThoughts", true);
  writer.endObject();
  return out;
}

}  // namespace pagoda::gemini
