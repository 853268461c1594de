#pragma once
// A provider instance as the corridor sees it; implemented in core/plugin_host over the plugin ABI.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/ids.h"
#include "core/domain/chat.h"
#include "core/domain/embedding.h"
#include "core/domain/failure.h"
#include "core/domain/http_client.h"
#include "core/domain/runtime.h"

namespace pagoda {

/// Where a provider's events go. Called on the request's loop.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// False: stop now (client gone, limit passed); the provider ends the attempt as Cancelled.
  virtual bool emit(const Event& event) = 0;
};

/// One attempt's circumstances. Views live until the exchange is gone.
struct AttemptContext {
  RequestId request;
  std::uint32_t number = 0;
  TimePoint deadline = TimePoint::max();
  std::string_view upstreamModel;
  Tokens maxOutputTokens = -1;  ///< the host's bound, must be sent
  bool stream = false;          ///< ask the upstream for a stream
  std::string_view extraJson;   ///< object of the operator's: members to pass as they are, or empty
};

/// Hands what was emitted to the client and waits while it reads slower than we write.
using AfterBatch = std::function<Task<Result<void>>()>;

using AttemptStatus = tl::expected<void, AttemptFailure>;

enum class ExchangeStep { Done, Http, Wait };

/// A translator's state machine for one attempt; sans I/O. Its plugin stays loaded while it lives.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// What to do next. Http: `request` is filled, secrets put in by the host.
  virtual tl::expected<ExchangeStep, AttemptFailure> next(UpstreamRequest& request,
                                                          Millis& wait) = 0;
  virtual AttemptStatus onHead(const UpstreamResponse& response) = 0;
  virtual AttemptStatus onFrame(const Frame& frame, EventSink& sink) = 0;
  /// The plugin's reading of a response of status 300 or above.
  virtual AttemptFailure onFailure(const UpstreamResponse& response, std::string_view body) = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual const std::string& name() const = 0;      ///< of the instance
  virtual std::string_view pluginName() const = 0;  ///< "dev.pagoda.sim@1.0.0"
  virtual bool native() const = 0;
  /// Translator: starts an exchange; `request` and `context` must outlive it.
  virtual tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(
      const AttemptContext& context, const ChatRequest& request) = 0;
  /// The most inputs of one embedding request, 0 where none is known; absent: it has no
  /// embeddings.
  virtual std::optional<std::size_t> mostEmbeddings() const { return std::nullopt; }
  /// As begin(), for embeddings: emits Start and one Embedding for each input.
  virtual tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginEmbeddings(
      const AttemptContext& context, const EmbeddingRequest& request);
  /// As begin(), to count the request's prompt: emits one Usage.
  virtual bool countsTokens() const { return false; }
  virtual tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginTokenCount(
      const AttemptContext& context, const ChatRequest& request);
  /// Native: runs the whole attempt; events arrive at `sink` on the loop, in batches, and after
  /// each batch `afterBatch` is awaited (flush, back-pressure); its error ends the attempt as
  /// Cancelled. `cancel` asks it to stop.
  virtual Task<AttemptStatus> invoke(const AttemptContext& context, const ChatRequest& request,
                                     EventSink& sink, const AfterBatch& afterBatch,
                                     Runtime& runtime, CancelSource* cancel) = 0;
};

/// The provider instances in use. A pin (shared_ptr) keeps an instance and its library alive.
class ProviderSet {
 public:
  virtual ~ProviderSet() = default;
  virtual std::shared_ptr<Provider> find(std::string_view name) const = 0;
};

}  // namespace pagoda
