#pragma once
// Turns the bytes of Responses' answers, whole or streamed, into events.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::openai {

/// One answer. Calls match: whole | event* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer of this dialect, the upstream's own error if the body reports one, or what the host's
/// sink answered.
///
/// Beside the events: items of built-in tools come as `output_items` of the message, with the
/// number of signed thoughts before each as `output_item_thoughts` from the first such thought on,
/// citations as its `annotations` in chat completions' form (other notes as `output_annotations`),
/// and the encrypted content that ends a thought as its signature.
class ResponseReader {
 public:
  /// `requestId` names tool calls that came without an id. `customCalls`: the client knows of
  /// custom tools; else their calls are functions with the one argument `input`.
  ResponseReader(const Settings& settings, std::string_view requestId, bool customCalls)
      : settings_(settings), requestId_(requestId), customCalls_(customCalls) {}

  /// A `response` object.
  void whole(std::string_view text, sdk::Events& events);
  /// The data of one server-sent event.
  void event(std::string_view name, std::string_view data, sdk::Events& events);
  /// The stream is over; fails if the answer is not.
  void end(sdk::Events& events);

 private:
  /// An item of `output`, known by its index: some proxies change ids from event to event.
  struct Item {
    std::int64_t index = -1;
    std::string id;          // the upstream's, as a JSON text
    std::uint32_t tool = 0;  // of the events
    std::uint64_t from = 0;  // characters of text before it
    bool called = false;     // announced as a tool call
    bool wrapped = false;    // the input of a custom tool goes into a function's arguments
    bool arguments = false;  // some of the call's arguments came
    bool text = false;       // some of the text came, and so on
    bool refusal = false;
    bool thought = false;
    bool done = false;
  };
  struct EventParts;
  struct ItemParts;
  struct ResponseParts;

  void start(std::string_view response, sdk::Events& events);
  void delta(const EventParts& parts, sdk::Events& events);
  void finished(std::string_view response, sdk::Events& events);
  void finish(const ResponseParts& parts, sdk::Events& events);

  Item& find(std::int64_t index);
  Item& find(std::int64_t index, std::string_view id);
  void add(Item& item, std::string_view raw, sdk::Events& events);
  void close(Item& item, std::string_view raw, sdk::Events& events);
  void closeMessage(Item& item, const ItemParts& parts, sdk::Events& events);
  void closeThought(Item& item, const ItemParts& parts, sdk::Events& events);
  void closeCall(Item& item, const ItemParts& parts, bool custom, sdk::Events& events);
  void call(Item& item, const ItemParts& parts, bool custom, sdk::Events& events);
  void cite(const Item& item, std::string_view content, sdk::Events& events);

  void arguments(Item& item, std::string_view words, sdk::Events& events);
  void text(Item& item, std::string_view words, sdk::Events& events);
  void thought(Item& item, std::int64_t part, std::string_view words, sdk::Events& events);
  static void logprobs(std::string_view array, sdk::Events& events);
  void usage(std::string_view raw, sdk::Events& events);
  std::string_view textOf(std::string_view raw);

  const Settings& settings_;
  const std::string requestId_;
  const bool customCalls_;
  std::deque<Item> items_;
  std::string buffer_;
  std::string extra_;
  std::uint64_t characters_ = 0;   // of text
  std::int64_t thoughtItem_ = -1;  // where the last thought came from
  std::int64_t thoughtPart_ = -1;
  std::uint32_t tools_ = 0;
  std::uint32_t signed_ = 0;  // thoughts that came with a signature
  bool thinks_ = false;       // some thought came
  bool started_ = false;
  bool done_ = false;
};

/// The count of an answer of /responses/input_tokens. Throws Failure(PAGODA_E_PROTOCOL).
std::int64_t tokenCountOf(std::string_view text);

}  // namespace pagoda::openai
