#pragma once
// Where an account's requests go, and what its operator set.

#include <optional>
#include <string_view>

#include "chat_completions/settings.h"

namespace pagoda::qwen {

/// OpenAI's dialect at /compatible-mode/v1, or DashScope's own at /api/v1.
enum class Api { Compatible, Native };

struct Settings {
  chat_completions::Settings chat;  ///< of the compatible mode
  Api api = Api::Compatible;
  bool incremental = true;           ///< native: ask for deltas instead of the whole text so far
  std::optional<bool> thinking;      ///< for requests that do not say
  std::int64_t thinkingBudget = -1;  ///< likewise, in tokens
};

/// Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting at fault.
Settings readSettings(std::string_view configJson);

/// The host for a region ("intl", "us", "cn-beijing"), without the path; empty if there is no such
/// region. `workspace` may be empty. Source: Model Studio, regions and endpoints, read 2026-11-25.
std::string hostUrl(std::string_view region, std::string_view workspace);

}  // namespace pagoda::qwen
