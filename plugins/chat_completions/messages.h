#pragma once
// Messages and tools as servers with rules of their own want them.

#include <string>
#include <string_view>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// Whether rewriteMessages could change anything of this request's `messages`; cheap.
bool messagesNeedRewrite(std::string_view messages, const Settings& settings);

/// The `messages` array as the settings say. What no rule touches keeps its bytes. Throws
/// json::Malformed.
std::string rewriteMessages(std::string_view messages, const Settings& settings);

/// A tool call's id as exactly nine letters and digits: unchanged if it is that, else made from it,
/// always the same.
std::string nineLetters(std::string_view id);

/// The elements of a `tools` array whose function has this name.
std::string toolsNamed(std::string_view tools, std::string_view name);

}  // namespace pagoda::chat_completions
