#pragma once
// What an operator can set for OpenAI or Azure OpenAI, and the addresses that follow from it.

#include <string>
#include <string_view>

#include "chat_completions/settings.h"

namespace pagoda::openai {

/// Which of the two dialects a request is sent in. Auto: chat completions, unless the model or the
/// request needs Responses (routing.h).
enum class Api { Auto, Chat, Responses };

struct Settings {
  chat_completions::Settings chat;
  Api api = Api::Auto;
  bool azure = false;
  std::string apiVersion;        ///< Azure's; empty: the v1 paths, which need none
  bool store = false;            ///< for requests that do not say; OpenAI's own default is true
  std::string reasoningSummary;  ///< auto, concise or detailed, for requests that do not say
};

/// Reads the instance's configuration. Throws sdk::Failure(PAGODA_E_CONFIG) that names the setting
/// at fault.
Settings readSettings(std::string_view configJson);

enum class Path { Chat, Responses, InputTokens, Embeddings };

/// The whole URL of a call. `base` is a base URL or the whole URL of a call, with or without a
/// query. For Azure, `base` may be the resource (https://NAME.openai.azure.com), the v1 path
/// (.../openai/v1), or one deployment (.../openai/deployments/NAME); `model` is the deployment
/// where the base names none.
std::string urlOf(const Settings& settings, std::string_view base, Path call,
                  std::string_view model);

}  // namespace pagoda::openai
