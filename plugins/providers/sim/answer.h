// What a simulated model answers: a pure function of settings and request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/chat.h>

#include "settings.h"

namespace pagoda::sim {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  ///< JSON; cut short when the choice ends with LENGTH
};

/// One choice. `pieces` are the text events, joined they are the text; empty with a tool call.
struct Choice {
  std::vector<std::string> pieces;
  std::vector<ToolCall> toolCalls;
  pagoda_finish finish = PAGODA_FINISH_STOP;
};

/// All that a call needs after invoke() has returned; borrows nothing.
struct Answer {
  std::string id;
  std::string model;
  std::vector<Choice> choices;
  std::int64_t promptTokens = 0;
  std::int64_t completionTokens = 0;
  std::uint64_t latencyMs = 0;
  std::uint64_t chunkGapMs = 0;
  Fault fault = Fault::None;
};

/// The same settings and request give the same answer, bytes and all. Throws sdk::Failure for a
/// request that no model could serve (a forced tool that is not there, an unknown marker).
Answer answerTo(const Settings& settings, const pagoda_chat_request& request);

/// Tokens as the simulation counts them: a third of the bytes, rounded up.
std::int64_t tokensOf(std::string_view text);

/// Filler of about `tokens` tokens, after "[simulated <model>] ".
std::string fillerText(std::string_view model, std::int64_t tokens, bool japanese,
                       std::uint64_t hash);

/// Whether the text has hiragana or katakana.
bool hasKana(std::string_view text);

/// `text` in at most `count` pieces of about one size, cut between characters.
std::vector<std::string> pieces(std::string_view text, std::size_t count);

}  // namespace pagoda::sim
