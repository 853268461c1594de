// Recorded exchanges: what the plugin makes of an answer equals an independent reading of it.
#include <filesystem>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/plugins/support/recording.h"

using namespace test;

namespace {

const char* const kProviders[] = {"openai", "openrouter", "groq", "deepseek",          "mistral",
                                  "xai",    "ollama",     "qwen", "openai-compatible", "perplexity",
                                  "azure"};

std::string problemWith(const Recording& recording) {
  const Expected expected = readExpected(recording);
  for (const bool lastAlone : {false, true}) {
    const Exchange seen = play(recording, lastAlone);
    if (expected.error) {
      if (seen.status == PAGODA_OK) return "the reported error was taken for an answer";
      if (!seen.fault.empty()) return "rule: " + seen.fault;
      continue;
    }
    if (seen.status != PAGODA_OK) return "refused: " + std::string(seen.error.message);
    if (std::string problem = difference(seen, expected); !problem.empty()) return problem;
    if (!recording.stream) break;
  }
  return {};
}

}  // namespace

TEST_CASE("golden recordings read as they were recorded", "[chat_completions][golden]") {
  const auto files =
      filesIn(std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/chat_completions");
  int answers = 0;
  for (const auto& file : files) {
    const Recording recording = readRecording(file);
    if (recording.status >= 300) continue;
    DYNAMIC_SECTION(recording.file) {
      CHECK(problemWith(recording) == "");
    }
    ++answers;
  }
  CHECK(answers >= 12);
}

TEST_CASE("every recorded chat completion reads as it was recorded", "[chat_completions][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  std::map<std::string, int> counts;
  for (const char* provider : kProviders) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "chat.completions" || recording.status >= 300) continue;
      ++counts[recording.stream ? "streamed" : "whole"];
      const std::string problem = problemWith(recording);
      INFO(provider << "/" << recording.file);
      CHECK(problem == "");
    }
  }
  CHECK(counts["streamed"] > 150);
  CHECK(counts["whole"] > 400);
}

TEST_CASE("every recorded refusal is told apart by its body", "[chat_completions][shared]") {
  const std::filesystem::path root = std::filesystem::path(PAGODA_SHARED_DIR) / "wire/fixtures";
  if (!std::filesystem::exists(root)) {
    WARN("skipped: " << root << " is not there");
    return;
  }
  int refusals = 0;
  for (const char* provider : kProviders) {
    for (const auto& file : filesIn(root / provider)) {
      const Recording recording = readRecording(file);
      if (recording.endpoint != "chat.completions" || recording.status < 300) continue;
      ++refusals;
      const pagoda_error error = runFailure(recording.status, recording.body, PAGODA_E_INTERNAL);
      INFO(provider << "/" << recording.file << " " << error.message);
      CHECK(error.status != PAGODA_E_INTERNAL);
      CHECK(error.message[0] != '\0');
      if (recording.status == 401) CHECK(error.status == PAGODA_E_AUTH);
    }
  }
  CHECK(refusals > 20);
}

TEST_CASE("a recording cut short anywhere is never taken for an answer",
          "[chat_completions][golden]") {
  const std::filesystem::path folder =
      std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/chat_completions";
  for (const char* name :
       {"openai_stream_tools.json", "openrouter_stream_tools.json", "openai_whole_tools.json"}) {
    const Recording recording = readRecording(folder / name);
    if (!recording.stream) {
      for (std::size_t size = 0; size < recording.body.size(); size += 7) {
        if (runWhole({}, recording.body.substr(0, size)).status != PAGODA_E_PROTOCOL)
          FAIL(name << " cut at " << size);
      }
      continue;
    }
    auto frames = cutSse(recording.body);
    while (!frames.empty()) {
      frames.pop_back();
      const bool finished = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
        return frame.data.find("\"finish_reason\":\"") != std::string::npos;
      });
      const Exchange seen = run({}, frames, PAGODA_FRAMING_SSE);
      INFO(name << " cut after " << frames.size() << " events");
      CHECK(seen.status == (finished ? PAGODA_OK : PAGODA_E_PROTOCOL));
      CHECK(seen.fault == "");
    }
  }
}
