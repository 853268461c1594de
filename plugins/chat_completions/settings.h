#pragma once
// What an operator can set for one upstream, and what is known of some upstreams by their host
// name.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pagoda::chat_completions {

/// The member under which the upstream reads the limit on completion tokens.
enum class MaxTokensField { Auto, MaxTokens, MaxCompletionTokens };

/// What to do with the role `developer`, which only OpenAI and Azure know.
enum class DeveloperRole { Keep, System };

struct Settings {
  std::string baseUrl;
  std::string chatPath = "/chat/completions";
  std::string authHeader = "authorization";
  std::string authPrefix = "Bearer ";
  bool noAuth = false;
  std::vector<std::pair<std::string, std::string>> headers;
  MaxTokensField maxTokensField = MaxTokensField::Auto;
  bool streamUsage = true;
  DeveloperRole developerRole = DeveloperRole::System;
  bool reasoningExcludedFromCompletion = false;
  bool trustCost = true;
  std::vector<std::string> drop;
  std::vector<std::pair<std::string, std::string>> rename;
};

/// Reads the instance's configuration, one JSON object. Members that are not settings are ignored.
/// Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting at fault.
Settings readSettings(std::string_view configJson);

/// The URL of chat completions under `base`, which may end in a slash, hold a query, or already be
/// the whole URL.
std::string chatUrl(std::string_view base, std::string_view chatPath);

/// The host name of an absolute URL, in lower case, without port.
std::string hostOf(std::string_view url);

}  // namespace pagoda::chat_completions
