#pragma once
// OpenAI's embeddings, both ways.
// Source: openai/openai-openapi, CreateEmbeddingRequest/Response, read 2026-08.

#include <memory>
#include <string>
#include <string_view>

#include "core/api/json_body.h"
#include "core/base/result.h"
#include "core/domain/answer.h"
#include "core/domain/embedding.h"

namespace pagoda::api {

struct EmbeddingCall {
  std::string_view model;
  EmbeddingRequest request;
  bool base64 = false;  ///< the client wants base64 of little-endian binary32, not numbers
};

/// Reads POST /v1/embeddings. Errors: InvalidRequest with the member as param.
Result<EmbeddingCall> readEmbeddings(std::shared_ptr<JsonDocument> document);

/// A vector that the upstream sent in the other form is converted; one in the form that is asked
/// for keeps its bytes.
std::string writeEmbeddings(const Outcome& outcome, bool base64);

}  // namespace pagoda::api
