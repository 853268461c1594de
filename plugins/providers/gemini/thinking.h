#pragma once
// How much a model shall think, in the words that its generation knows.

#include <string>

#include "options.h"
#include "settings.h"

namespace pagoda::gemini {

/// The value of thinkingConfig, or empty where the request says nothing or the model does not
/// think. Budgets are cut to what the model takes. Source: Gemini API, "Thinking", read 2026-11-25.
std::string thinkingConfigOf(const Options& options, const Settings& settings, const Model& model);

}  // namespace pagoda::gemini
