#include "core/plugin_host/provider_proxy.h"

#include "core/plugin_host/native_call.h"
#include "core/plugin_host/provider_instance.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/translator.h"

namespace pagoda::plugin_host {

const std::string& ProviderProxy::name() const {
  return instance_->name();
}
std::string_view ProviderProxy::pluginName() const {
  return instance_->library().label();
}
bool ProviderProxy::native() const {
  return instance_->native();
}

tl::expected<std::unique_ptr<Exchange>, AttemptFailure> ProviderProxy::begin(
    const AttemptContext& context, const ChatRequest& request) {
  if (native())
    return tl::unexpected<AttemptFailure>(
        failure(FailureKind::NotImplemented, "the provider answers by itself"));
  return beginExchange(instance_, context, request);
}

std::optional<std::size_t> ProviderProxy::mostEmbeddings() const {
  if (instance_->embeddings() == nullptr) return std::nullopt;
  return instance_->embeddings()->most_inputs;
}

tl::expected<std::unique_ptr<Exchange>, AttemptFailure> ProviderProxy::beginEmbeddings(
    const AttemptContext& context, const EmbeddingRequest& request) {
  if (instance_->embeddings() == nullptr) return Provider::beginEmbeddings(context, request);
  return plugin_host::beginEmbeddings(instance_, context, request);
}

bool ProviderProxy::countsTokens() const {
  return instance_->tokenCounts() != nullptr;
}

tl::expected<std::unique_ptr<Exchange>, AttemptFailure> ProviderProxy::beginTokenCount(
    const AttemptContext& context, const ChatRequest& request) {
  if (instance_->tokenCounts() == nullptr) return Provider::beginTokenCount(context, request);
  return plugin_host::beginTokenCount(instance_, context, request);
}

Task<AttemptStatus> ProviderProxy::invoke(const AttemptContext& context, const ChatRequest& request,
                                          EventSink& sink, const AfterBatch& afterBatch,
                                          Runtime& runtime, CancelSource* cancel) {
  if (!native())
    co_return tl::unexpected<AttemptFailure>(
        failure(FailureKind::NotImplemented, "the provider is a translator"));
  // The coroutine's own reference: the proxy may be replaced while it runs.
  std::shared_ptr<ProviderInstance> instance = instance_;
  AttemptStatus status = co_await invokeNative(std::move(instance), context, request, sink,
                                               afterBatch, runtime, cancel);
  co_return status;
}

}  // namespace pagoda::plugin_host
