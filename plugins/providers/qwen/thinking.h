#pragma once
// Whether a model thinks, and what that asks of the request.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::qwen {

struct Thinking {
  std::optional<bool> enable;  ///< the value of enable_thinking; nullopt leaves it to the model
  std::int64_t budget = -1;    ///< thinking_budget, -1 to leave it out
  /// The model answers in streams only, whatever the client asked for.
  bool streams = false;
};

/// From the request (its own `enable_thinking` and `thinking_budget`, `reasoning_effort` as other
/// dialects say it), the instance's settings, and what is known of the model's name.
Thinking thinkingOf(const pagoda_chat_request& request, const Settings& settings);

}  // namespace pagoda::qwen
