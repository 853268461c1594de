#pragma once
// Conversion and validation of JSON, YAML and CSV asked for in words.

#include <optional>
#include <string>
#include <string_view>

#include "text.h"

namespace pagoda::local {

/// The answer, or nullopt when the prompt asks for nothing of the kind or brings no document.
std::optional<std::string> convertDocument(std::string_view prompt, Tongue tongue);

}  // namespace pagoda::local
