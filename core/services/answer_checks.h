#pragma once
// Whether an answer is good enough to stand, as far as that shows without another model: what a
// cascade goes by.

#include <string>

#include "core/domain/answer.h"
#include "core/domain/chat.h"

namespace pagoda::services {

/// Why `answer` is a weak one, in a few words: empty, cut off by max_tokens, refused, not the JSON
/// that was asked for, a tool call whose arguments are not JSON. Empty: nothing speaks against it.
std::string weaknessOf(const ChatRequest& request, const ChatAnswer& answer);

}  // namespace pagoda::services
