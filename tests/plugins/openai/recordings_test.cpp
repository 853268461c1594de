// Recorded exchanges: what the plugin makes of an answer equals an independent reading of it.
#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/openai/gpt.h"

using namespace test;

namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/openai";

// A client that knows custom tools, so that their calls have a form of their own.
Request asked() {
  return byResponses("gpt-5", "", R"(,"tools":[{"type":"custom","custom":{"name":"write_sql"}}])");
}

Exchange playFrames(const std::vector<Frame>& frames, bool lastAlone = false) {
  Request request = asked();
  request.stream = true;
  return run(request, frames, PAGODA_FRAMING_SSE, lastAlone);
}

std::string problemWith(const Recording& recording) {
  const Said said = readSaid(recording);
  for (const bool lastAlone : {false, true}) {
    const Exchange seen = recording.stream ? playFrames(cutSse(recording.body), lastAlone)
                                           : runWhole(asked(), recording.body);
    if (said.error || !said.complete) {
      if (seen.status == PAGODA_OK) return "taken for an answer";
      continue;
    }
    if (seen.status != PAGODA_OK) return "refused: " + std::string(seen.error.message);
    if (std::string problem = difference(seen, said); !problem.empty()) return problem;
  }
  return {};
}

bool isAnswer(const Recording& recording) {
  return recording.endpoint == "responses" && recording.status < 300;
}

}  // namespace

TEST_CASE("golden responses read as they were recorded", "[openai][golden]") {
  int answers = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (!isAnswer(recording)) continue;
    DYNAMIC_SECTION(recording.file) {
      CHECK(problemWith(recording) == "");
    }
    ++answers;
  }
  CHECK(answers >= 19);
}

TEST_CASE("every recorded response reads as it was recorded", "[openai][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  std::map<std::string, int> counts;
  for (const char* provider : {"openai", "azure"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (!isAnswer(recording) || readSaid(recording).several) continue;
      ++counts[recording.stream ? "streamed" : "whole"];
      INFO(provider << "/" << recording.file);
      CHECK(problemWith(recording) == "");
    }
  }
  CHECK(counts["streamed"] > 60);
  CHECK(counts["whole"] > 180);
}

TEST_CASE("every recorded chat completion of OpenAI and Azure reads as it was recorded",
          "[openai][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  std::map<std::string, int> counts;
  const Request base = gpt("gpt-4o", "", "", R"("api":"chat")");
  for (const char* provider : {"openai", "azure"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "chat.completions" || recording.status >= 300) continue;
      const Expected expected = readExpected(recording);
      if (expected.error) continue;
      ++counts[recording.stream ? "streamed" : "whole"];
      INFO(provider << "/" << recording.file);
      const Exchange seen = play(recording, false, base);
      CHECK(seen.status == PAGODA_OK);
      CHECK(difference(seen, expected) == "");
    }
  }
  CHECK(counts["streamed"] > 40);
  CHECK(counts["whole"] > 120);
}

TEST_CASE("a stream of responses reads the same wherever its bytes were cut", "[openai][golden]") {
  std::mt19937 random(20261125);
  int streams = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (!recording.stream || !isAnswer(recording)) continue;
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
  CHECK(streams >= 8);
}

TEST_CASE("a stream of responses cut short is never taken for an answer", "[openai][golden]") {
  for (const char* name :
       {"stream_thinking_call.json", "stream_two_calls.json", "stream_web_search.json"}) {
    auto frames = cutSse(readRecording(kGolden / name).body);
    while (!frames.empty()) {
      frames.pop_back();
      const bool finished = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
        return frame.data.find("response.completed") != std::string::npos;
      });
      if (finished) continue;
      INFO(name << " with " << frames.size() << " events");
      const Exchange seen = playFrames(frames.empty() ? std::vector<Frame>{{"", ""}} : frames);
      REQUIRE(seen.status == PAGODA_E_PROTOCOL);
      for (const auto& [index, choice] : seen.choices) REQUIRE(choice.reason == -1);
    }
  }
}

TEST_CASE("recorded refusals of OpenAI and Azure have their class", "[openai][golden]") {
  const struct {
    const char* file;
    pagoda_status status;
    pagoda_retry retry = PAGODA_RETRY_DEFAULT;
  } cases[] = {{"error_400_context.json", PAGODA_E_CONTEXT_LENGTH},
               {"error_400_temperature.json", PAGODA_E_INVALID_REQUEST},
               {"error_401_key.json", PAGODA_E_AUTH},
               {"error_429_quota.json", PAGODA_E_QUOTA},
               {"error_429_rate.json", PAGODA_E_RATE_LIMIT},
               {"error_429_too_large.json", PAGODA_E_RATE_LIMIT, PAGODA_RETRY_NEXT},
               {"azure_error_400_filter.json", PAGODA_E_CONTENT_FILTER},
               {"azure_error_404_deployment.json", PAGODA_E_MODEL_NOT_FOUND}};
  for (const auto& c : cases) {
    DYNAMIC_SECTION(c.file) {
      const Recording recording = readRecording(kGolden / c.file);
      for (const Request& request : {gpt("gpt-4o"), byResponses()}) {
        const pagoda_error error =
            runFailure(recording.status, recording.body, PAGODA_E_UNAVAILABLE, {}, request);
        CHECK(error.status == c.status);
        CHECK(error.retry == c.retry);
      }
    }
  }
  const Recording rate = readRecording(kGolden / "error_429_rate.json");
  CHECK(runFailure(429, rate.body, PAGODA_E_RATE_LIMIT, {}, byResponses()).retry_after_ms == 1798);
}
