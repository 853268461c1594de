#pragma once
// Requests for the plugin under test, and recorded messages read without its code.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/support/fake_host.h"
#include "tests/plugins/support/recording.h"

namespace test {

/// A request to an instance with `settings`, members of a JSON object; the model answers to
/// `messages`, a JSON array, and `more` are further members, with a comma before each.
inline Request claude(std::string model = "claude-sonnet-4-5", std::string messages = "",
                      const std::string& more = "", const std::string& settings = "") {
  Request request;
  request.type = "anthropic";
  request.config = "{" + settings + "}";
  request.model = std::move(model);
  if (messages.empty()) messages = R"([{"role":"user","content":"hi"}])";
  request.rawJson = R"({"model":"asked","messages":)" + messages + more + "}";
  return request;
}

inline const char* const kAnswer =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}})";

/// What a recorded message says.
struct Said {
  bool error = false;
  bool complete = false;  // the stream came to its end
  std::string id, model, text, reasoning, signature, refusal, stop;
  std::vector<ToolCall> tools;
  std::optional<std::int64_t> input, output, cacheRead, cacheWrite;
  std::size_t citations = 0;
  std::size_t others = 0;  // blocks that are neither text, thinking nor a call
};

/// By simdjson's tree, none of the plugin's code.
Said readSaid(const Recording& recording);

/// Empty if the exchange says what the recording says, else the difference.
std::string difference(const Exchange& seen, const Said& said);

}  // namespace test
