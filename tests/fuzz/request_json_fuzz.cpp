// A client's body through the document index and both dialects: no crash, and what was accepted is
// passed on as text of the same length or less, plus nothing that the client did not write.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/api/generate_dialect.h"
#include "core/api/json_body.h"
#include "core/api/openai_dialect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pagoda;
  for (const auto read : {api::readOpenAiRequest, api::readGenerateRequest}) {
    auto document =
        api::JsonDocument::parse(std::string(reinterpret_cast<const char*>(data), size));
    if (!document) return 0;
    const Result<ChatRequest> request = read(*std::move(document));
    if (request && read == api::readOpenAiRequest && request->rawJson.size() > size)
      __builtin_trap();
  }
  return 0;
}
