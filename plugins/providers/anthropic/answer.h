#pragma once
// Turns the bytes of an answer, whole or streamed, into events.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::anthropic {

/// Token counts of a message, as its usage objects bring them: each replaces what it names.
class Usage {
 public:
  /// Takes a usage object. True if a count came. `extra` becomes an object of the members that
  /// pagoda_usage lacks (the caches' split by time to live, server tools, iterations), or empty.
  bool read(std::string_view raw, std::string& extra);
  /// In the meaning of chat.h: Anthropic counts cached input apart, here it is a part of the input.
  pagoda_usage counts() const;

 private:
  static constexpr std::int64_t kAbsurd = -2;
  std::int64_t count(json::Reader& value, std::int64_t before);
  /// The count `name` of an object; -1: it has none.
  std::int64_t inner(std::string_view raw, std::string_view name);
  std::int64_t input_ = -1, output_ = -1, cacheRead_ = -1, cacheWrite_ = -1, thinking_ = -1;
  std::int64_t cacheWriteHour_ = -1, searches_ = -1;
  bool absurd_ = false;
};

/// One answer. Calls match: whole | event* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer of this dialect, the upstream's own error if the body reports one, or what the host's
/// sink answered.
///
/// Beside the events: blocks of server tools come as `content_blocks` of the message, citations as
/// `citations` and, for pages of the web, as OpenAI's `annotations`.
class AnswerReader {
 public:
  /// `answersByTool`: calls of kAnswerTool are the answer's text. `requestId` names tool calls that
  /// came without an id.
  AnswerReader(bool answersByTool, std::string_view requestId)
      : answersByTool_(answersByTool), requestId_(requestId) {}

  /// A `message` object.
  void whole(std::string_view text, sdk::Events& events);
  /// One server-sent event.
  void event(std::string_view name, std::string_view data, sdk::Events& events);
  /// The stream is over; fails if the answer is not.
  void end(sdk::Events& events);

 private:
  enum class Kind { Text, Thinking, Redacted, Tool, AnswerTool, Surplus, Other };
  struct Block {
    std::int64_t index = -1;  // the upstream's
    Kind kind = Kind::Other;
    std::uint32_t tool = 0;
    bool input = false;  // some of the arguments came
    std::string raw;     // as it began: what is not text, thinking or a call
    std::string text;    // pieces of Other's input or content
    std::string signature;
    std::string citations;           // elements of an array
    std::vector<std::string> pages;  // url and title of cited pages, as members of an object
    std::uint64_t from = 0;          // characters of text before it
  };
  struct BlockParts;
  struct EventParts;

  void start(std::string_view id, std::string_view model, sdk::Events& events);
  void message(std::string_view object, sdk::Events& events);
  void stop(std::string_view key, json::Reader& value);
  void blocks(std::string_view content, sdk::Events& events);
  void open(std::int64_t index, std::string_view raw, sdk::Events& events);
  void openTool(Block& block, BlockParts& parts, sdk::Events& events);
  void delta(std::int64_t index, std::string_view raw, sdk::Events& events);
  void input(Block& block, std::string_view piece, sdk::Events& events);
  void close(std::int64_t index, sdk::Events& events);
  void close(const Block& block, sdk::Events& events);
  void closeText(const Block& block, sdk::Events& events);
  void closeOther(const Block& block, sdk::Events& events);
  void messageExtra(std::string_view name, std::string_view elements, sdk::Events& events);
  void cite(Block& block, std::string_view citation);
  void text(std::string_view words, sdk::Events& events);
  void usage(std::string_view raw, sdk::Events& events);
  void finish(sdk::Events& events);
  Block* find(std::int64_t index);

  const bool answersByTool_;
  const std::string requestId_;
  std::vector<Block> open_;
  Usage usage_;
  std::string buffer_;
  std::uint64_t characters_ = 0;  // of text
  std::uint32_t tools_ = 0;
  bool answerTool_ = false;  // the answer's tool was called
  std::string stopReason_;
  std::string stopSequence_;  // a JSON text, as the next
  std::string stopDetails_;
  bool started_ = false;
  bool done_ = false;
};

/// The neutral form of a stop reason.
pagoda_finish finishOf(std::string_view stopReason) noexcept;

/// The count of an answer of count_tokens. Throws Failure(PAGODA_E_PROTOCOL).
std::int64_t tokenCountOf(std::string_view text);

}  // namespace pagoda::anthropic
