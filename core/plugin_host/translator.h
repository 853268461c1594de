#pragma once
// A TRANSLATOR's attempt: the plugin's exchange, sans I/O, as the corridor drives it.

#include <memory>

#include "core/domain/provider.h"

namespace pagoda::plugin_host {

class ProviderInstance;

/// `context` and `request` must outlive the exchange. Loop thread only.
tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginExchange(
    std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
    const ChatRequest& request);
/// Only where instance->embeddings() is there.
tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginEmbeddings(
    std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
    const EmbeddingRequest& request);
/// Only where instance->tokenCounts() is there.
tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginTokenCount(
    std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
    const ChatRequest& request);

}  // namespace pagoda::plugin_host
