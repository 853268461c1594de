#pragma once
// Recorded answers of generateContent, read a second time: simdjson's tree, none of the plugin's
// code.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/support/fake_host.h"
#include "tests/plugins/support/recording.h"

namespace test {

/// A request for the plugin `gemini`.
Request geminiRequest(std::string rawJson = "", std::string model = "gemini-2.5-flash",
                      std::string settings = "");

struct GeminiCall {
  std::string name;
  std::string arguments;  // minified; "?" where they came in pieces
  std::string id;         // the upstream's own
};

struct GeminiChoice {
  std::string text;
  std::string thoughts;
  std::vector<GeminiCall> calls;
  std::string finish;  // empty if none was recorded, or as a number
};

struct GeminiExpected {
  enum class Kind { Answer, Blocked, Error, NoAnswer } kind = Kind::Answer;
  std::string id;
  std::string model;
  std::map<std::uint32_t, GeminiChoice> choices;
  std::optional<std::int64_t> input, output, thoughts, cached;
  bool finished = true;  // every candidate has a reason for its end
};

GeminiExpected readGemini(const Recording& recording);

/// Plays the recording through the plugin, its frames cut as the host would.
Exchange playGemini(const Recording& recording, bool lastAlone = false);

/// Empty if the exchange says what the recording says, else the difference.
std::string geminiDifference(const Exchange& seen, const GeminiExpected& expected);

}  // namespace test
