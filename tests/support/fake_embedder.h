#pragma once
// A translator that makes vectors of the lengths of its texts, by way of a fake HTTP client.

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/provider.h"
#include "tests/support/fake_provider.h"

namespace pagoda::testing {

/// Answers each request with 200 and one empty last frame.
class EmptyHttpClient final : public HttpClient {
 public:
  Task<tl::expected<std::unique_ptr<UpstreamResponse>, AttemptFailure>> send(
      UpstreamRequest, CancelSource*) override {
    ++sent;
    co_return std::make_unique<Response>();
  }
  int sent = 0;

 private:
  class Response final : public UpstreamResponse {
   public:
    int status() const override { return 200; }
    const std::vector<std::pair<std::string, std::string>>& headers() const override {
      return headers_;
    }
    Task<tl::expected<Frame, AttemptFailure>> next() override {
      Frame frame;
      frame.last = true;
      co_return frame;
    }

   private:
    std::vector<std::pair<std::string, std::string>> headers_;
  };
};

class FakeEmbedder final : public Provider {
 public:
  explicit FakeEmbedder(std::string name, std::size_t most = 0)
      : name_(std::move(name)), most_(most) {}
  const std::string& name() const override { return name_; }
  std::string_view pluginName() const override { return "fake@1.0.0"; }
  bool native() const override { return false; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> begin(const AttemptContext&,
                                                                const ChatRequest&) override {
    return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::NotImplemented, "embeddings only"));
  }
  Task<AttemptStatus> invoke(const AttemptContext&, const ChatRequest&, EventSink&,
                             const AfterBatch&, Runtime&, CancelSource*) override {
    co_return tl::unexpected<AttemptFailure>(
        FakeProvider::failure(FailureKind::NotImplemented, "a translator"));
  }
  std::optional<std::size_t> mostEmbeddings() const override { return most_; }
  tl::expected<std::unique_ptr<Exchange>, AttemptFailure> beginEmbeddings(
      const AttemptContext&, const EmbeddingRequest& request) override {
    bodies.emplace_back(request.rawJson);
    if (!failures.empty()) {
      AttemptFailure failure = std::move(failures.front());
      failures.pop_front();
      if (failure.message != "none") return tl::unexpected<AttemptFailure>(std::move(failure));
    }
    return std::make_unique<Speaking>(request, countsTokens);
  }

  std::vector<std::string> bodies;
  std::deque<AttemptFailure> failures;  ///< one for each attempt; of message "none": it answers
  bool countsTokens = true;

 private:
  class Speaking final : public Exchange {
   public:
    Speaking(const EmbeddingRequest& request, bool counts) : request_(request), counts_(counts) {}
    tl::expected<ExchangeStep, AttemptFailure> next(UpstreamRequest&, Millis&) override {
      return std::exchange(asked_, true) ? ExchangeStep::Done : ExchangeStep::Http;
    }
    AttemptStatus onHead(const UpstreamResponse&) override { return {}; }
    AttemptStatus onFrame(const Frame&, EventSink& sink) override {
      Event event;
      event.type = EventType::Start;
      event.name = "vectors-1";
      sink.emit(event);
      Usage usage;
      usage.prompt = request_.tokenIds;
      for (std::size_t i = 0; i < request_.size(); ++i) {
        const std::size_t length = request_.ofTokens() ? 1 : request_.texts[i].size();
        const std::string vector = "[" + std::to_string(length) + ",0.5]";
        event = {};
        event.type = EventType::Embedding;
        event.index = static_cast<std::uint32_t>(i);
        event.text = vector;
        sink.emit(event);
        usage.prompt = *usage.prompt + static_cast<Tokens>(length);
      }
      if (!counts_) return {};
      event = {};
      event.type = EventType::Usage;
      event.usage = &usage;
      sink.emit(event);
      return {};
    }
    AttemptFailure onFailure(const UpstreamResponse&, std::string_view) override { return {}; }

   private:
    const EmbeddingRequest& request_;
    const bool counts_;
    bool asked_ = false;
  };

  std::string name_;
  std::size_t most_;
};

}  // namespace pagoda::testing
