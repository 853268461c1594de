#pragma once
// Token counts and cost, in the many forms that servers of this dialect report them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// What a usage object says. `extra` is a JSON object of the members that pagoda_usage lacks.
struct Usage {
  pagoda_usage counts = sdk::unknownUsage();
  std::string extra;
};

/// Reads a `usage` object. Counts that cannot be true (negative, or above 10^9) are -1 and raise
/// PAGODA_USAGE_ABSURD; parts are cut to their whole (cached to prompt, reasoning to completion).
/// Throws json::Malformed.
Usage readUsage(std::string_view usageJson, const Settings& settings);

/// Nano-USD of a decimal number in units of 10^-decimals USD, rounded up, exactly: "0.0000123" with
/// 0 decimals is 12300. nullopt if negative, not a number, or above 10^9 USD.
std::optional<std::int64_t> nanoUsd(std::string_view number, int decimals);

}  // namespace pagoda::chat_completions
