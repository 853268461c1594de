// Recorded exchanges: what the plugin makes of an answer equals an independent reading of it.
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/anthropic/claude.h"

using namespace test;

namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/anthropic";

bool isMessage(const Recording& recording) {
  return recording.endpoint == "messages" || recording.endpoint == "vertex.rawPredict";
}

Exchange playFrames(const std::vector<Frame>& frames, bool lastAlone = false) {
  Request request = claude();
  request.stream = true;
  return run(request, frames, PAGODA_FRAMING_SSE, lastAlone);
}

std::string problemWith(const Recording& recording) {
  const Said said = readSaid(recording);
  for (const bool lastAlone : {false, true}) {
    const Exchange seen = recording.stream ? playFrames(cutSse(recording.body), lastAlone)
                                           : runWhole(claude(), recording.body);
    if (said.error || !said.complete) {
      if (seen.status == PAGODA_OK && said.stop.empty()) return "taken for an answer";
      if (!seen.fault.empty()) return "rule: " + seen.fault;
      continue;
    }
    if (seen.status != PAGODA_OK) return "refused: " + std::string(seen.error.message);
    if (std::string problem = difference(seen, said); !problem.empty()) return problem;
  }
  return {};
}

}  // namespace

TEST_CASE("golden messages read as they were recorded", "[anthropic][golden]") {
  int answers = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (recording.status >= 300 || !isMessage(recording)) continue;
    DYNAMIC_SECTION(recording.file) {
      CHECK(problemWith(recording) == "");
    }
    ++answers;
  }
  CHECK(answers >= 16);
}

TEST_CASE("every recorded message reads as it was recorded", "[anthropic][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  std::map<std::string, int> counts;
  for (const char* provider : {"anthropic", "vertex", "openai-compatible"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.status >= 300 || !isMessage(recording)) continue;
      // Streams of several exchanges that their source joined in one file.
      const std::size_t first = recording.body.find("\"message_start\"");
      if (recording.stream &&
          recording.body.find("\"message_start\"", first + 1) != std::string::npos)
        continue;
      ++counts[recording.stream ? "streamed" : "whole"];
      INFO(provider << "/" << recording.file);
      CHECK(problemWith(recording) == "");
    }
  }
  CHECK(counts["streamed"] > 60);
  CHECK(counts["whole"] > 170);
}

TEST_CASE("a stream reads the same wherever its bytes were cut", "[anthropic][golden]") {
  std::mt19937 random(20261125);
  int streams = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (!recording.stream) continue;
    const Said said = readSaid(recording);
    if (said.error) continue;
    ++streams;
    for (int round = 0; round < 20; ++round) {
      const Exchange seen = playFrames(framesCutAtRandom(recording.body, random), round % 2 == 0);
      INFO(recording.file << " round " << round);
      REQUIRE(seen.status == PAGODA_OK);
      REQUIRE(difference(seen, said) == "");
    }
  }
  CHECK(streams >= 7);
}

TEST_CASE("a stream cut short anywhere is never taken for an answer", "[anthropic][golden]") {
  for (const char* name : {"stream_tools.json", "stream_thinking.json", "stream_web_search.json"}) {
    auto frames = cutSse(readRecording(kGolden / name).body);
    while (!frames.empty()) {
      frames.pop_back();
      const bool finished = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
        return frame.data.find("\"stop_reason\":\"") != std::string::npos;
      });
      const Exchange seen = playFrames(frames);
      INFO(name << " cut after " << frames.size() << " events");
      CHECK(seen.status == (finished ? PAGODA_OK : PAGODA_E_PROTOCOL));
      CHECK(seen.fault == "");
    }
  }
}

TEST_CASE("a whole message cut short anywhere is never taken for an answer",
          "[anthropic][golden]") {
  const Recording recording = readRecording(kGolden / "whole_parallel_tools.json");
  for (std::size_t size = 0; size < recording.body.size(); size += 3) {
    if (runWhole(claude(), recording.body.substr(0, size)).status != PAGODA_E_PROTOCOL)
      FAIL("cut at " << size);
  }
  SUCCEED();
}

TEST_CASE("recorded counts of tokens are the input of one usage", "[anthropic][golden]") {
  int counts = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (recording.endpoint != "count_tokens") continue;
    ++counts;
    Request request = claude();
    request.countTokens = true;
    const Exchange seen = runWhole(request, recording.body);
    INFO(recording.file);
    REQUIRE(seen.status == PAGODA_OK);
    CHECK(seen.fault == "");
    CHECK(seen.usageEvents == 1);
    const std::size_t at = recording.body.find(':');
    CHECK(seen.usage->input_tokens == std::stoll(recording.body.substr(at + 1)));
    CHECK(seen.usage->output_tokens == -1);
  }
  CHECK(counts >= 2);
}

TEST_CASE("every recorded refusal is told apart by its body", "[anthropic][shared]") {
  const std::filesystem::path root =
      std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures/anthropic";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int refusals = 0;
  for (const auto& file : filesIn(root)) {
    const Recording recording = readRecording(file);
    if (recording.status < 300) continue;
    ++refusals;
    const pagoda_error error =
        runFailure(recording.status, recording.body, PAGODA_E_INTERNAL, {}, claude());
    INFO(recording.file << " " << error.message);
    CHECK(error.status != PAGODA_E_INTERNAL);
    CHECK(error.message[0] != '\0');
    CHECK(error.http_status == recording.status);
    if (recording.status == 401) CHECK(error.status == PAGODA_E_AUTH);
    if (recording.status == 529) CHECK(error.status == PAGODA_E_OVERLOADED);
    if (recording.status == 404) CHECK(error.status == PAGODA_E_MODEL_NOT_FOUND);
  }
  CHECK(refusals >= 14);
}
