#pragma once
// What the client asked for beyond the neutral request, and what becomes of it at one model.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pagoda/sdk.hpp>

#include "models.h"

namespace pagoda::anthropic {

/// Members of the client's request and of the operator's extra_json, as JSON texts; empty if absent
/// or null. Views live as long as the request.
struct Wishes {
  std::string_view reasoningEffort;  ///< OpenAI
  std::string_view reasoning;        ///< OpenRouter: {effort, max_tokens, enabled}
  std::string_view thinking;         ///< Anthropic
  std::string_view outputConfig;     ///< Anthropic
  std::string_view metadata;
  std::string_view serviceTier;
  std::string_view tools;
  std::string_view topK;
  std::string_view betas;
  /// Members that go out as they are: Anthropic's own, and whatever extra_json holds.
  std::vector<std::pair<std::string, std::string_view>> passed;
};

/// Throws json::Malformed if a text is not an object, which the host has excluded.
Wishes readWishes(const pagoda_chat_request& request);

/// How the model is asked to think.
struct Thinking {
  std::string json;     ///< `thinking`; empty: left to the model
  std::string effort;   ///< of `output_config`; empty: left to the model
  bool on = false;      ///< the model will think: sampling is refused beside it
  bool budget = false;  ///< ... within a budget: a forced tool is refused as well
};

/// The circumstances that decide whether a thinking budget may be set.
struct ThinkingContext {
  std::int64_t maxTokens = 0;
  bool forcedTool = false;
  bool lostThinking = false;  ///< a tool loop goes on whose thinking the client dropped
};

Thinking planThinking(const pagoda_chat_request& request, const Wishes& wishes,
                      const ModelTraits& traits, const ThinkingContext& context);

/// The values for `anthropic-beta`: the settings', and the client's where the settings allow.
std::string betasOf(const Settings& settings, const Wishes& wishes);

}  // namespace pagoda::anthropic
