#pragma once
// Texts to vectors: batchEmbedContents of the Gemini API, embedContent and predict of Vertex AI.
// Source: Gemini API v1beta models.batchEmbedContents; Vertex AI "Text embeddings API", read
// 2026-11-25.

#include <cstdint>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "settings.h"

namespace pagoda::gemini {

/// The calls that one request takes, one after the other: the upstream bounds the texts of each.
class EmbeddingCalls {
 public:
  /// Throws sdk::Failure(PAGODA_E_UNSUPPORTED) for inputs that are token ids.
  EmbeddingCalls(const Settings& settings, const pagoda_embedding_request& request);

  bool done() const { return done_ == total_; }
  /// The method of the next call, such as "batchEmbedContents".
  std::string_view method() const;
  void writeBody(sdk::Buffer& out) const;
  /// Reads the answer to the next call and goes on. Throws sdk::Failure(PAGODA_E_PROTOCOL) where it
  /// does not hold one vector for each text.
  void read(std::string_view text, sdk::Events& events);

 private:
  enum class Form { Batch, Single, Predict };

  std::uint32_t size() const;
  void writeText(json::Writer<sdk::Buffer>& writer, std::string_view text) const;
  void writeSettings(json::Writer<sdk::Buffer>& writer, std::string_view taskName) const;
  void vector(json::Reader& values, sdk::Events& events);
  void vectorsIn(json::Reader& value, sdk::Events& events);

  const Settings& settings_;
  const pagoda_embedding_request& request_;
  std::string_view model_;
  Form form_ = Form::Batch;
  std::uint32_t most_ = 1;  // texts of one call
  std::uint32_t total_ = 0;
  std::uint32_t done_ = 0;
  std::uint32_t found_ = 0;  // vectors in the answer being read
  std::int64_t tokens_ = -1;
  bool started_ = false;
};

}  // namespace pagoda::gemini
