#pragma once
// Thinking that a client sends back with an assistant's turn. Chat completions has no official
// member for it; these are the ones in use, richest first: `thinking_blocks` (LiteLLM's form of
// Claude's own blocks), `reasoning_details` (OpenRouter, and Pagoda's own answers), then plain text
// in `reasoning_content` (DeepSeek and others) or `reasoning`.

#include <vector>

#include "core/api/json_body.h"
#include "core/domain/chat.h"

namespace pagoda::api {

/// Appends the thinking of an assistant's message as parts, in the client's order. Each part's
/// extraJson is the element as it came, empty where it was put together from several pieces of a
/// stream or is plain text. What cannot be read is left out: it is never worth refusing a request.
void readReasoning(JsonValue message, std::vector<Part>& parts);

/// A content part of type `thinking`, `redacted_thinking` or `reasoning`. False: it is none.
bool readThinkingPart(JsonValue entry, Part& part);

}  // namespace pagoda::api
