#pragma once
// A plugin's provider instance as the domain's Provider.

#include <memory>
#include <string>

#include "core/domain/provider.h"

namespace pagoda::plugin_host {

class ProviderInstance;

class ProviderProxy final : public Provider {
 public:
  explicit ProviderProxy(std::shared_ptr<ProviderInstance> instance)
      : instance_(std::move(instance)) {}

  const std::string& name() const override;
  std::string_view pluginName() const override;
  bool native() const override;
  std::optional<std::size_t> mostEmbeddings() const override;
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginEmbeddings(
      const AttemptContext& context, const EmbeddingRequest& request) override;
  bool countsTokens() const override;
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginTokenCount(
      const AttemptContext& context, const ChatRequest& request) override;
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(
      const AttemptContext& context, const ChatRequest& request) override;
  Task<AttemptStatus> invoke(const AttemptContext& context, const ChatRequest& request,
                             EventSink& sink, const AfterBatch& afterBatch, Runtime& runtime,
                             CancelSource* cancel) override;

 private:
  const std::shared_ptr<ProviderInstance> instance_;
};

}  // namespace pagoda::plugin_host
