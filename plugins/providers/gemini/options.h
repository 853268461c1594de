#pragma once
// What a request says beside the neutral form: members of the client's own JSON that Gemini has a
// place for.

#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Raw values of the client's request, or empty. Views into raw_json.
///
/// Read are OpenAI's reasoning_effort, OpenRouter's reasoning, top_k, modalities,
/// web_search_options, tools that are no functions, the names of allowed_tools, and what Google's
/// own endpoint for OpenAI clients takes in `google` (an openai client's extra_body):
/// cached_content, thinking_config, safety_settings. Source: Gemini API, "OpenAI compatibility",
/// read 2026-11-25.
struct Options {
  std::string effort;                // lower case: none, minimal, low, medium, high, ...
  std::int64_t thinkingTokens = -1;  // -1 not set, 0 off
  bool hideThoughts = false;
  std::string_view thinkingConfig;
  std::string_view safetySettings;
  std::string_view cachedContent;
  std::string_view labels;
  std::string_view topK;
  std::string_view responseModalities;
  std::vector<std::string> builtInTools;  // each the object of one tool
  std::vector<std::string> allowedTools;
  bool allowedRequired = false;
};

/// Throws json::Malformed.
Options readOptions(const pagoda_chat_request& request);

/// The object with its keys in camelCase; other values keep their bytes. Throws json::Malformed.
std::string camelCaseKeys(std::string_view object);

}  // namespace pagoda::gemini
