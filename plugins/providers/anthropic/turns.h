#pragma once
// The conversation: system texts apart, neighbouring messages of one role joined into one turn, and
// the results of tools first in the turn that follows their calls.

#include <string>
#include <string_view>
#include <unordered_map>

#include <pagoda/sdk.hpp>

#include "blocks.h"

namespace pagoda::anthropic {

/// A tool call's id in the form that Anthropic takes, [a-zA-Z0-9_-]+. One that fits stays as it is;
/// others are written in hexadecimal where needed, so that no two become one.
std::string toolIdOf(std::string_view id);

/// Whether the conversation stands in a loop of tools whose last call came without its thinking.
/// Anthropic then refuses to think with a budget.
bool lostThinking(const pagoda_chat_request& request);

/// The texts of all system messages, in order, as blocks.
Blocks systemBlocks(const pagoda_chat_request& request);

/// Writes the turns as a JSON array.
class Turns {
 public:
  /// `cacheControl`: a mark for the last block of the last turn, or empty.
  Turns(sdk::Buffer& out, std::string_view cacheControl) : out_(out), cacheControl_(cacheControl) {}
  void write(const pagoda_chat_request& request);

 private:
  enum class Role { User, Assistant };

  void addTo(Role role, const Blocks& results, const Blocks& blocks);
  void flush(bool last);
  void addUser(const pagoda_message& message);
  void addResult(const pagoda_message& message);
  void addAssistant(const pagoda_message& message);
  std::string callBlock(const pagoda_tool_call& call);
  std::string callId(std::string_view id);
  std::string resultId(std::string_view id) const;

  sdk::Buffer& out_;
  std::string_view cacheControl_;
  Role role_ = Role::User;
  bool any_ = false;
  Blocks blocks_;
  Blocks results_;                              // of the user's turn
  std::unordered_map<std::string, int> calls_;  // how often an id was given
};

}  // namespace pagoda::anthropic
