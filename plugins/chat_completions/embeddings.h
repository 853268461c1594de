#pragma once
// Embeddings in OpenAI's form, and what other forms of them share.

#include <cstdint>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/settings.h"

namespace pagoda::chat_completions {

/// The body of one call of `/embeddings`: the client's own bytes with the provider's name for the
/// model. Vectors are asked for as base64 where the settings say that the upstream knows it.
void writeEmbeddingsBody(const pagoda_embedding_request& request, const Settings& settings,
                         sdk::Buffer& out);

/// Reads a whole answer. Throws sdk::Failure: PAGODA_E_PROTOCOL unless there is one vector for each
/// input, or the upstream's own error.
void readEmbeddings(std::string_view text, const pagoda_embedding_request& request,
                    const Settings& settings, sdk::Events& events);

/// Takes vectors in any order and passes each on once; for the forms of other servers.
class VectorSink {
 public:
  explicit VectorSink(const pagoda_embedding_request& request) noexcept : request_(request) {}
  /// `raw` is a JSON array of numbers or a string of base64; with `int8`, of signed bytes. Throws
  /// PAGODA_E_PROTOCOL for what is no vector and for an index without an input.
  void put(std::int64_t index, std::string_view raw, bool int8, sdk::Events& events);
  /// Throws PAGODA_E_PROTOCOL if an input got no vector.
  void finish() const;

 private:
  const pagoda_embedding_request& request_;
  std::string seen_;  // a character for each input
  std::string buffer_;
  std::size_t count_ = 0;
};

}  // namespace pagoda::chat_completions
