#pragma once
// The part of a host that asks the plugin for vectors, step by step.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <pagoda/sdk.hpp>

namespace test {

struct Embedding {
  pagoda_status status = PAGODA_OK;
  std::string message;
  std::vector<std::string> urls;    // one for each step
  std::vector<std::string> bodies;  // what was sent
  std::map<std::uint32_t, std::string> vectors;
  std::int64_t inputTokens = -1;
};

struct EmbeddingRequest {
  std::string config = R"({"base_url":"https://h/v1beta"})";
  std::string model = "gemini-embedding-001";
  std::vector<std::string> inputs;
  std::int64_t dimensions = -1;
  std::uint32_t flags = 0;
};

/// Runs the exchange; step i is answered with answers[i].
Embedding embed(const EmbeddingRequest& request, const std::vector<std::string>& answers);

}  // namespace test
