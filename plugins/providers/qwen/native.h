#pragma once
// DashScope's own dialect: text-generation and multimodal-generation.
// Source: DashScope API reference and recorded exchanges of 2025-11 to 2026-04, read 2026-11-25.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

#include "chat_completions/tool_calls.h"
#include "settings.h"
#include "thinking.h"

namespace pagoda::qwen {

/// Whether the request goes to multimodal-generation: it holds more than text, or the model is one
/// of those that are served only there.
bool isMultimodal(const pagoda_chat_request& request);

/// The URL of a call under `base`, which may be the host, end in /api/v1 or be the whole URL.
std::string nativeUrl(std::string_view base, bool multimodal);
/// The base URL of the compatible mode at the same host.
std::string compatibleUrl(std::string_view base);

/// Writes the body. Members that the dialect has no name for pass into `parameters` as they are.
/// Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for parts that it cannot take.
void writeNative(const pagoda_chat_request& request, const Settings& settings,
                 const Thinking& thinking, bool streams, sdk::Buffer& out);

/// One answer. Calls match: whole | event* end. Throws sdk::Failure: PAGODA_E_PROTOCOL for what is
/// no answer, the upstream's own error if it reports one, or what the host's sink answered.
class NativeReader {
 public:
  /// Answers do not name the model; `model` is what was asked for. With `cumulative` each event of
  /// a stream repeats all that came before.
  NativeReader(std::string_view model, std::string_view requestId, bool cumulative)
      : model_(model), requestId_(requestId), cumulative_(cumulative) {}

  void whole(std::string_view text, sdk::Events& events);
  /// `name` is the SSE event's: "result" or "error".
  void event(std::string_view name, std::string_view data, sdk::Events& events);
  /// The stream is over; throws PAGODA_E_PROTOCOL unless each choice said how it ended.
  void end(sdk::Events& events);

 private:
  struct Choice {
    Choice(std::uint32_t index, std::string_view requestId)
        : number(index), tools(index, requestId) {}
    std::uint32_t number;
    chat_completions::ToolCalls tools;
    std::string finish;                  // empty until it came
    std::string text, reasoning;         // so far; kept with `cumulative` only
    std::vector<std::string> arguments;  // likewise, of each call
  };
  void read(std::string_view text, bool streamed, sdk::Events& events);
  void output(std::string_view raw, bool streamed, sdk::Events& events);
  void choice(std::string_view raw, std::uint32_t position, bool streamed, sdk::Events& events);
  void message(Choice& choice, std::string_view raw, bool streamed, sdk::Events& events);
  void tools(Choice& choice, std::string_view array, bool streamed, sdk::Events& events);
  void usage(std::string_view raw);
  void finish(sdk::Events& events);
  Choice& find(std::int64_t index, std::uint32_t position);
  /// What `now` adds to `before` in a stream of whole texts.
  std::string_view added(std::string& before, std::string_view now, bool streamed) const;

  std::string model_;
  std::string requestId_;
  bool cumulative_;
  std::deque<Choice> choices_;
  pagoda_usage usage_ = sdk::unknownUsage();
  std::string usageExtra_;
  bool hasUsage_ = false;
  bool started_ = false;
  bool done_ = false;
};

}  // namespace pagoda::qwen
