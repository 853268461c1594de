#pragma once
// What is known of servers that speak OpenAI's dialect with deviations: a table of data, so that a
// server is a row and not a branch.

#include <string>
#include <string_view>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// Applies the row called `name` ("groq"). False if there is none.
bool applyQuirks(std::string_view name, Settings& settings);

/// Applies the row that the base URL's host or its usual port tells, if any.
void applyKnownHost(std::string_view baseUrl, Settings& settings);

/// The names of all rows, comma-separated, for messages to the operator.
std::string quirkNames();

}  // namespace pagoda::chat_completions
