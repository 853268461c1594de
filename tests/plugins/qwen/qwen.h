#pragma once
// Requests to the provider `qwen` in either of its modes.

#include <filesystem>
#include <string>

#include "tests/plugins/support/recording.h"

namespace test {

inline Request qwen(const std::string& settings, std::string raw = Request{}.rawJson,
                    std::string model = "qwen-plus") {
  Request request;
  request.type = "qwen";
  request.config = "{" + settings + "}";
  request.rawJson = std::move(raw);
  request.model = std::move(model);
  return request;
}

inline Request nativeQwen(std::string raw = Request{}.rawJson, std::string model = "qwen-plus") {
  return qwen(R"("api":"native")", std::move(raw), std::move(model));
}

inline Recording goldenQwen(const std::string& name) {
  return readRecording(std::filesystem::path(PAGODA_SOURCE_DIR) / "tests/golden/qwen" / name);
}

}  // namespace test
