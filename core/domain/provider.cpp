#include "core/domain/provider.h"

namespace pagoda {
namespace {

tl::unexpected<AttemptFailure> lacks(const std::string& provider, std::string_view ability) {
  AttemptFailure failure;
  failure.kind = FailureKind::Unsupported;
  failure.message = "the provider " + provider + " has no " + std::string(ability);
  return tl::unexpected<AttemptFailure>(std::move(failure));
}

}  // namespace

tl::expected<std::unique_ptr<Exchange>, AttemptFailure> Provider::beginEmbeddings(
    const AttemptContext&, const EmbeddingRequest&) {
  return lacks(name(), "embeddings");
}

tl::expected<std::unique_ptr<Exchange>, AttemptFailure> Provider::beginTokenCount(
    const AttemptContext&, const ChatRequest&) {
  return lacks(name(), "token counts");
}

}  // namespace pagoda
