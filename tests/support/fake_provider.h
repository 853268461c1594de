#pragma once
// A native provider that plays a script: one entry per attempt.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/provider.h"

namespace pagoda::testing {

class FakeProvider final : public Provider {
 public:
  using Attempt =
      std::function<AttemptStatus(const AttemptContext&, const ChatRequest&, EventSink&)>;

  explicit FakeProvider(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  std::string_view pluginName() const override { return "fake@1.0.0"; }
  bool native() const override { return true; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(const AttemptContext&,
                                                                const ChatRequest&) override {
    return tl::unexpected<AttemptFailure>(failure(FailureKind::NotImplemented, "native"));
  }
  Task<AttemptStatus> invoke(const AttemptContext& context, const ChatRequest& request,
                             EventSink& sink, const AfterBatch& afterBatch, Runtime&,
                             CancelSource*) override {
    ++calls;
    contexts.push_back(context);
    // The view dies with the exchange.
    upstreamModels.emplace_back(context.upstreamModel);
    if (script.empty())
      co_return tl::unexpected<AttemptFailure>(
          failure(FailureKind::Unavailable, "the script is over"));
    const Attempt attempt = std::move(script.front());
    script.pop_front();
    AttemptStatus status = attempt(context, request, sink);
    const Result<void> drained = co_await afterBatch();
    if (!drained)
      co_return tl::unexpected<AttemptFailure>(
          failure(FailureKind::Cancelled, drained.error().message));
    co_return status;
  }

  static AttemptFailure failure(FailureKind kind, std::string message) {
    AttemptFailure result;
    result.kind = kind;
    result.message = std::move(message);
    return result;
  }
  /// Answers `text`; without usage where `usage` is empty.
  static Attempt answers(std::string text, std::optional<Usage> usage) {
    return [text, usage](const AttemptContext& context, const ChatRequest&,
                         EventSink& sink) -> AttemptStatus {
      Event event;
      event.type = EventType::Start;
      event.name = context.upstreamModel;
      sink.emit(event);
      event = {};
      event.text = text;
      if (!sink.emit(event))
        return tl::unexpected<AttemptFailure>(failure(FailureKind::Cancelled, "stopped"));
      if (usage) {
        event = {};
        event.type = EventType::Usage;
        event.usage = &*usage;
        sink.emit(event);
      }
      event = {};
      event.type = EventType::Finish;
      sink.emit(event);
      return {};
    };
  }
  static Attempt fails(FailureKind kind, std::string said = {}) {
    return
        [kind, said](const AttemptContext&, const ChatRequest&, EventSink& sink) -> AttemptStatus {
          if (!said.empty()) {
            Event event;
            event.text = said;
            sink.emit(event);
          }
          return tl::unexpected<AttemptFailure>(failure(kind, "as the script says"));
        };
  }

  std::deque<Attempt> script;
  int calls = 0;
  std::vector<AttemptContext> contexts;
  std::vector<std::string> upstreamModels;

 private:
  std::string name_;
};

class FakeProviders final : public ProviderSet {
 public:
  std::shared_ptr<Provider> find(std::string_view name) const override {
    const auto found = providers.find(std::string(name));
    return found == providers.end() ? nullptr : found->second;
  }
  std::map<std::string, std::shared_ptr<Provider>> providers;
};

}  // namespace pagoda::testing
