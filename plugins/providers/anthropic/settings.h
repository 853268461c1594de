#pragma once
// What an operator can set for one instance.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pagoda::anthropic {

enum class Platform { Anthropic, Vertex };
enum class Auth { ApiKey, Bearer, OAuth, None };
enum class AutoCache { None, FiveMinutes, OneHour };
enum class ThinkingForm { Auto, Adaptive, Budget, None };

struct Settings {
  std::string baseUrl = "https://api.anthropic.com";
  Platform platform = Platform::Anthropic;
  std::string version = "2023-06-01";
  Auth auth = Auth::ApiKey;
  std::vector<std::string> betas;
  bool clientBetas = true;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t defaultMaxTokens = 8192;
  AutoCache autoCache = AutoCache::None;
  ThinkingForm thinking = ThinkingForm::Auto;

  /// Versions from 2026-10-21 on refuse temperature, top_p and top_k whatever the model.
  bool refusesSampling() const { return version >= "2026-10-21"; }
};

/// Reads the instance's configuration, one JSON object. Members that are not settings are ignored.
/// Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting at fault.
Settings readSettings(std::string_view configJson);

/// What is asked of the upstream.
enum class Mode { Whole, Stream, CountTokens };

/// The URL of a call under `base`, which may end in a slash, in /v1 or in /v1/messages, and may
/// hold a query. Vertex names the model in the path.
std::string urlOf(const Settings& settings, std::string_view base, std::string_view model,
                  Mode mode);

}  // namespace pagoda::anthropic
