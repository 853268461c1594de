#pragma once
// Turns the bytes of an answer, whole or streamed, into events.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"
#include "chat_completions/tool_calls.h"
#include "chat_completions/usage.h"

namespace pagoda::chat_completions {

/// One answer. Calls match: whole | chunk* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer of this dialect, the upstream's own error if the body reports one, or what the host's
/// sink answered. Members that the events lack are passed on as extras; members that are null, and
/// the padding that OpenAI and Mistral add to chunks, are left out.
class AnswerReader {
 public:
  AnswerReader(const Settings& settings, std::string_view requestId)
      : settings_(settings), requestId_(requestId) {}

  /// A `chat.completion` object.
  void whole(std::string_view text, sdk::Events& events);
  /// The data of one server-sent event: a `chat.completion.chunk` object or [DONE].
  void chunk(std::string_view data, sdk::Events& events);
  /// The stream is over; fails if the answer is not.
  void end(sdk::Events& events);

 private:
  struct Choice {
    Choice(std::uint32_t index, std::string_view requestId)
        : number(index), tools(index, requestId) {}
    std::uint32_t number;
    ToolCalls tools;
    std::string finish;  // the upstream's word, empty until it came
    bool content = false;
  };
  struct Parts;
  struct ChoiceParts;
  struct MessageParts;

  void start(const Parts& parts, sdk::Events& events);
  void answerExtra(sdk::Events& events);
  void choices(std::string_view array, bool streamed, sdk::Events& events);
  void choice(std::string_view text, std::uint32_t position, bool streamed, sdk::Events& events);
  void message(Choice& choice, std::string_view text, sdk::Events& events);
  void content(Choice& choice, std::string_view raw, sdk::Events& events);
  void usage(std::string_view raw, sdk::Events& events);
  void finish(sdk::Events& events);
  Choice& find(std::int64_t index, std::uint32_t position);
  std::string_view text(std::string_view raw);

  const Settings& settings_;
  std::string requestId_;
  std::deque<Choice> choices_;
  std::string buffer_;
  // Extras of the object being read, and the answer's as they were last passed on.
  std::string answerExtra_;
  std::string choiceExtra_;
  std::string messageExtra_;
  std::string lastExtra_;
  Usage usage_;
  bool hasUsage_ = false;
  bool started_ = false;
  bool done_ = false;
};

/// The neutral form of a finish reason; a word that no server of this dialect uses is OTHER.
pagoda_finish finishOf(std::string_view word) noexcept;

}  // namespace pagoda::chat_completions
