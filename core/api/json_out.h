#pragma once
// What the dialects share for writing JSON.

#include <string>
#include <string_view>
#include <vector>

#include "core/domain/answer.h"

namespace pagoda::api {

/// Appends `text` as a JSON string. What is not UTF-8 becomes U+FFFD: no client may get a broken
/// body because a provider let a byte slip through.
void appendJsonString(std::string& out, std::string_view text);
void appendInteger(std::string& out, std::int64_t number);

/// Appends `,"key":value` for each member of `members` (as in ChatAnswer: members without braces,
/// or an object with them) whose name is neither in `taken` nor came before; adds the names to
/// `taken`.
void appendMembers(std::string& out, std::string_view members,
                   std::vector<std::string_view>& taken);

/// OpenAI's `usage` object, without figures that nobody knows.
void appendUsage(std::string& out, const Usage& usage, std::string_view usageExtra);
bool hasFigures(const Usage& usage);

/// OpenAI's word for why a choice ended.
/// `legacyFunctions`: the client speaks of functions, not of tools.
std::string_view finishWord(FinishReason reason, bool legacyFunctions = false);

/// One element of `reasoning_details`: the form in which OpenRouter's clients keep thinking and
/// send it back. Source: openrouter.ai/docs, reasoning tokens, read 2026-11-25.
void appendReasoningDetail(std::string& out, const SignedReasoning& block, std::size_t index);

}  // namespace pagoda::api
