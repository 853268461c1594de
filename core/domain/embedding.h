#pragma once
// Texts to be turned into vectors, and the vectors.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/money.h"

namespace pagoda {

/// A validated request. Views point into `storage` and live as long as it.
struct EmbeddingRequest {
  std::vector<std::string_view> texts;   ///< in order; empty where token ids were sent
  std::vector<std::string_view> inputs;  ///< each input's own JSON, a string or an array of ids
  Tokens tokenIds = 0;                   ///< how many ids, where they were sent
  std::optional<Tokens> dimensions;      ///< absent: the model's own
  std::string_view user;
  /// The request in the form of OpenAI's embeddings.
  std::string_view rawJson;
  std::shared_ptr<void> storage;

  std::size_t size() const { return inputs.size(); }
  bool ofTokens() const { return texts.empty(); }
};

/// Inputs `first` to `first + count` of `request` as a request of their own.
EmbeddingRequest partOf(const EmbeddingRequest& request, std::size_t first, std::size_t count);
/// Sound upper bound of the tokens that are billed.
Tokens tokensBound(const EmbeddingRequest& request);
/// Bytes of all texts, or of the token ids taken as four bytes each.
std::size_t textBytes(const EmbeddingRequest& request);

/// One vector as the upstream wrote it; the other form is empty.
struct Embedding {
  std::string numbers;  ///< JSON array
  std::string base64;   ///< of little-endian binary32
};

/// Finite numbers, at least one; nothing if the text is anything else.
std::optional<std::vector<float>> vectorOfNumbers(std::string_view json);
std::optional<std::vector<float>> vectorOfBase64(std::string_view base64);
std::string numbersOf(const std::vector<float>& vector);
std::string base64Of(const std::vector<float>& vector);

}  // namespace pagoda
