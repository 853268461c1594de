#pragma once
// What OpenRouter adds to OpenAI's dialect. Source: OpenRouter's API reference and recorded
// exchanges, read 2026-11-25.

#include <string_view>

#include "chat_completions/settings.h"

namespace pagoda::openrouter {

/// The instance's settings in terms of the shared translator: `provider` becomes a member of every
/// request that wins over the client's, `referer` and `title` become headers. Throws
/// sdk::Failure(PAGODA_E_CONFIG) that names the setting at fault.
chat_completions::Settings readSettings(std::string_view configJson);

}  // namespace pagoda::openrouter
