#pragma once
// A recorded exchange, and what its answer says according to a reading of its own: simdjson's tree,
// none of the plugin's code.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/support/fake_host.h"

namespace test {

struct Expected {
  bool error = false;  // the body reports an error
  std::string id;
  std::string model;
  std::map<std::uint32_t, Choice> choices;  // reason is not set
  std::optional<std::int64_t> prompt;
  std::optional<std::int64_t> completion;  // reasoning included
  std::optional<std::int64_t> cached;
  std::optional<double> costUsd;
  std::map<std::uint32_t, std::vector<std::int64_t>> toolIndexes;  // as sent, by choice
};

struct Recording {
  std::string file;
  std::string provider;
  std::string endpoint;
  std::string host;
  std::string requestBody;  // empty if it was not recorded
  int status = 0;
  bool stream = false;
  std::string body;
};

Recording readRecording(const std::filesystem::path& file);
std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder);
Expected readExpected(const Recording& recording);

/// An SSE body cut at random places, put together again by the host's own framer.
std::vector<Frame> framesCutAtRandom(std::string_view body, std::mt19937& random);

/// Plays the recording through the plugin. `base` names its type and settings.
Exchange play(const Recording& recording, bool lastAlone = false, const Request& base = {});

/// Empty if the exchange says what the recording says, else the difference.
std::string difference(const Exchange& seen, const Expected& expected);

}  // namespace test
