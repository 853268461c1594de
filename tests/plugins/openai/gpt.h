#pragma once
// Requests to the plugin `openai`, and what a recorded answer of Responses says according to a
// reading of its own: simdjson's tree, none of the plugin's code.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/support/recording.h"

namespace test {

/// `members` stand beside model and messages, each after a comma.
Request gpt(const std::string& model = "gpt-5.4", const std::string& messages = {},
            const std::string& members = {}, const std::string& settings = {});
/// The same with `api: responses`.
Request byResponses(const std::string& model = "gpt-4o", const std::string& messages = {},
                    const std::string& members = {}, const std::string& settings = {});

/// The body that the request becomes.
std::string bodyOf(const Request& request);
std::string urlOf(const Request& request);

/// What a recording of Responses says.
struct Said {
  bool error = false;     // the answer is an error
  bool complete = false;  // it came to an end
  bool several = false;   // the source joined several answers in one file
  std::string id, model, status, text, thoughts, signatures, refusal;
  std::vector<ToolCall> calls;
  std::vector<std::string> items;  // types of the items of built-in tools
  std::size_t citations = 0;
  std::optional<std::int64_t> input, output, cached, reasoning;
};
Said readSaid(const Recording& recording);

/// Empty if the exchange says what the recording says, else the difference.
std::string difference(const Exchange& seen, const Said& said);

}  // namespace test
