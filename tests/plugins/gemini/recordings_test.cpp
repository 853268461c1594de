// Recorded exchanges: what the plugin makes of an answer equals an independent reading of it.
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/gemini/gemini_recording.h"

using namespace test;

namespace {

using Kind = GeminiExpected::Kind;

const std::filesystem::path kGolden =
    std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/gemini";

// A candidate that came to nothing by a fault of the model's is a failure, not an empty answer.
bool cameToNothing(const GeminiExpected& expected) {
  for (const auto& [index, choice] : expected.choices) {
    const bool told = choice.finish == "STOP" || choice.finish == "MAX_TOKENS" ||
                      choice.finish == "SAFETY" || choice.finish == "RECITATION" ||
                      choice.finish == "MODEL_ARMOR" || choice.finish == "#";
    if (!told && choice.text.empty() && choice.calls.empty()) return true;
  }
  return false;
}

std::string problemWith(const Recording& recording) {
  const GeminiExpected expected = readGemini(recording);
  for (const bool lastAlone : {false, true}) {
    const Exchange seen = playGemini(recording, lastAlone);
    if (expected.kind == Kind::Error || expected.kind == Kind::NoAnswer ||
        cameToNothing(expected)) {
      if (seen.status == PAGODA_OK) return "what is no answer was taken for one";
      if (!seen.fault.empty()) return "rule: " + seen.fault;
    } else if (expected.kind == Kind::Blocked) {
      if (seen.status != PAGODA_OK) return "refused: " + std::string(seen.error.message);
      if (seen.choices.at(0).reason != PAGODA_FINISH_FILTER) return "a block is not a filter";
    } else if (seen.status != PAGODA_OK) {
      return "refused: " + std::string(seen.error.message);
    } else if (std::string problem = geminiDifference(seen, expected); !problem.empty()) {
      return problem;
    }
    if (!recording.stream) break;
  }
  return {};
}

}  // namespace

TEST_CASE("golden recordings of Gemini read as they were recorded", "[gemini][golden]") {
  int answers = 0;
  for (const auto& file : filesIn(kGolden)) {
    const Recording recording = readRecording(file);
    if (recording.endpoint != "generateContent" || recording.status >= 300) continue;
    DYNAMIC_SECTION(recording.file) {
      CHECK(problemWith(recording) == "");
    }
    ++answers;
  }
  CHECK(answers >= 16);
}

TEST_CASE("every recorded answer of Gemini reads as it was recorded", "[gemini][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  std::map<std::string, int> counts;
  for (const char* provider : {"gemini", "vertex"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "generateContent" || recording.status >= 300) continue;
      ++counts[recording.stream ? "streamed" : "whole"];
      INFO(provider << "/" << recording.file);
      CHECK(problemWith(recording) == "");
    }
  }
  CHECK(counts["streamed"] >= 60);
  CHECK(counts["whole"] >= 200);
}

TEST_CASE("every recorded refusal of Gemini's has a cause", "[gemini][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int refusals = 0;
  for (const char* provider : {"gemini", "vertex"}) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint == "vertex.rawPredict" || recording.status < 300) continue;
      ++refusals;
      const pagoda_error error =
          runFailure(recording.status, recording.body, PAGODA_E_INTERNAL, {}, geminiRequest());
      INFO(provider << "/" << recording.file << " " << error.message);
      CHECK(error.status != PAGODA_E_INTERNAL);
      CHECK(error.message[0] != '\0');
      if (recording.status == 429) CHECK(error.status == PAGODA_E_RATE_LIMIT);
      if (recording.status == 503) CHECK(error.status == PAGODA_E_OVERLOADED);
    }
  }
  CHECK(refusals >= 18);
}

TEST_CASE("a recording of Gemini's cut short anywhere is never taken for an answer",
          "[gemini][golden]") {
  for (const char* name : {"stream_text", "stream_call", "stream_partial_arguments",
                           "stream_recitation", "stream_two_calls"}) {
    const Recording recording = readRecording(kGolden / (std::string(name) + ".json"));
    auto frames = cutSse(recording.body);
    Request request = geminiRequest();
    request.stream = true;
    while (!frames.empty()) {
      frames.pop_back();
      const bool finished = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
        return frame.data.find("finishReason") != std::string::npos;
      });
      const Exchange seen = run(request, frames, PAGODA_FRAMING_SSE);
      INFO(name << " cut after " << frames.size() << " events");
      CHECK(seen.status == (finished ? PAGODA_OK : PAGODA_E_PROTOCOL));
      CHECK(seen.fault == "");
    }
  }
  const Recording whole = readRecording(kGolden / "whole_thinking_call.json");
  for (std::size_t size = 0; size < whole.body.rfind('}'); size += 7) {
    const Exchange seen = runWhole(geminiRequest(), whole.body.substr(0, size));
    if (seen.status != PAGODA_E_PROTOCOL) FAIL("cut at " << size);
  }
}

TEST_CASE("an answer is the same as events, as an array and as the elements of an array",
          "[gemini][golden]") {
  for (const char* name : {"stream_text", "stream_thinking_call", "stream_partial_arguments",
                           "stream_blocked_prompt", "stream_recitation"}) {
    DYNAMIC_SECTION(name) {
      const Recording recording = readRecording(kGolden / (std::string(name) + ".json"));
      const auto frames = cutSse(recording.body);
      Request request = geminiRequest();
      request.stream = true;
      std::string array;
      for (const Frame& frame : frames) array += (array.empty() ? "[" : ",\r\n") + frame.data;
      array += "]";
      const Exchange events = run(request, frames, PAGODA_FRAMING_SSE);
      const Exchange elements = run(request, frames, PAGODA_FRAMING_ARRAY, true);
      const Exchange whole = run(request, {{array, {}}}, PAGODA_FRAMING_WHOLE);
      for (const Exchange* other : {&elements, &whole}) {
        CHECK(other->status == PAGODA_OK);
        REQUIRE(other->choices.size() == events.choices.size());
        for (const auto& [index, choice] : events.choices) {
          CHECK(other->choices.at(index).text == choice.text);
          CHECK(other->choices.at(index).reasoning == choice.reasoning);
          CHECK(other->choices.at(index).tools == choice.tools);
          CHECK(other->choices.at(index).reason == choice.reason);
        }
        CHECK(other->extraAt(PAGODA_EXTRA_MESSAGE) == events.extraAt(PAGODA_EXTRA_MESSAGE));
      }
    }
  }
}

TEST_CASE("bytes that were changed at random never break a rule of the answer",
          "[gemini][golden]") {
  std::mt19937 random(20261125);
  const Recording recording = readRecording(kGolden / "stream_thinking_call.json");
  const auto frames = cutSse(recording.body);
  Request request = geminiRequest();
  request.stream = true;
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    auto changed = frames;
    std::string& data = changed[random() % changed.size()].data;
    data[random() % data.size()] = static_cast<char>(random() % 256);
    const Exchange seen = run(request, changed, PAGODA_FRAMING_SSE);
    CHECK(seen.fault == "");
    if (seen.status != PAGODA_OK) ++refused;
  }
  CHECK(refused > 0);
}
