#include "core/plugin_host/translator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/plugin_host/event_gate.h"
#include "core/plugin_host/http_builder.h"
#include "core/plugin_host/provider_instance.h"
#include "core/plugin_host/request_view.h"
#include "core/plugin_host/status.h"
#include "core/plugin_host/text.h"

namespace pagoda::plugin_host {
namespace {

constexpr std::uint64_t kLongestWaitMs = 3'600'000;
constexpr std::size_t kRoomBesideRequest = 1024;

template <class Request>
using BeginOf = pagoda_status(pagoda_provider*, const pagoda_attempt*, const Request*,
                              pagoda_exchange**, pagoda_error*);
using Next = pagoda_status(pagoda_exchange*, pagoda_step*, pagoda_error*);
using OnHead = pagoda_status(pagoda_exchange*, const pagoda_http_head*, pagoda_error*);
using OnData = pagoda_status(pagoda_exchange*, const pagoda_frame*, const pagoda_event_sink*,
                             pagoda_error*);
using OnFailure = void(pagoda_exchange*, const pagoda_http_head*, pagoda_bytes, pagoda_error*);
using End = void(pagoda_exchange*);

pagoda_framing framingOf(Framing framing) {
  switch (framing) {
    case Framing::Whole:
      return PAGODA_FRAMING_WHOLE;
    case Framing::Sse:
      return PAGODA_FRAMING_SSE;
    case Framing::Lines:
      return PAGODA_FRAMING_LINES;
    case Framing::Raw:
      return PAGODA_FRAMING_RAW;
    case Framing::AwsEventStream:
      return PAGODA_FRAMING_AWS;
    case Framing::JsonArray:
      return PAGODA_FRAMING_ARRAY;
  }
  return PAGODA_FRAMING_WHOLE;
}

class TranslatorExchange final : public Exchange {
 public:
  TranslatorExchange(std::shared_ptr<ProviderInstance> instance, AnswerKind kind,
                     std::uint32_t parts, std::size_t requestBytes)
      : instance_(std::move(instance)),
        gate_(instance_->limits(), parts, instance_->library().figures(), kind),
        expectedBody_(requestBytes + kRoomBesideRequest) {
    sink_.struct_size = sizeof sink_;
    sink_.impl = this;
    sink_.emit = emit;
  }
  TranslatorExchange(const TranslatorExchange&) = delete;
  TranslatorExchange& operator=(const TranslatorExchange&) = delete;
  ~TranslatorExchange() override {
    if (exchange_ != nullptr)
      tellPlugin(instance_->callee(), "end", static_cast<End*>(api().end), exchange_);
  }

  /// `call` is a begin of the plugin; the views of its request live here.
  template <class Request>
  std::optional<AttemptFailure> begin(BeginOf<Request>* call, const pagoda_attempt* attempt,
                                      const Request* request) {
    pagoda_error error = freshError();
    const pagoda_status status =
        callPlugin(instance_->callee(), "begin", &error, call, instance_->plugin(), attempt,
                   request, &exchange_, &error);
    if (status < 0) {
      exchange_ = nullptr;
      return failed(status, error);
    }
    if (exchange_ == nullptr) return failure(FailureKind::Internal, "the plugin began no exchange");
    return std::nullopt;
  }

  std::optional<RequestView> chat;
  std::optional<EmbeddingView> embeddings;

  tl::expected<ExchangeStep, AttemptFailure> next(UpstreamRequest& request, Millis& wait) override {
    HttpBuilder builder(instance_->sendRules(), request, expectedBody_);
    pagoda_error error = freshError();
    pagoda_step step{};
    step.struct_size = sizeof step;
    step.http = builder.request();
    const pagoda_status status =
        callPlugin(instance_->callee(), "next", &error, static_cast<Next*>(api().next), exchange_,
                   &step, &error);
    std::optional<AttemptFailure> fault;
    if (status < 0) {
      // What the host refused to put into the request says more than the status that came of it.
      std::optional<AttemptFailure> refused = builder.mistake();
      fault = refused ? std::move(refused) : failed(status, error);
    } else if (step.kind == PAGODA_STEP_WAIT) {
      wait = Millis(std::clamp<std::uint64_t>(step.wait_ms, 1, kLongestWaitMs));
      return ExchangeStep::Wait;
    } else if (step.kind == PAGODA_STEP_HTTP) {
      fault = builder.finish(used_);
    } else {
      fault = gate_.checkEnd();
    }
    if (fault) return tl::unexpected<AttemptFailure>(std::move(*fault));
    return step.kind == PAGODA_STEP_HTTP ? ExchangeStep::Http : ExchangeStep::Done;
  }

  AttemptStatus onHead(const UpstreamResponse& response) override {
    if (api().on_head == nullptr) return {};
    const pagoda_http_head head = headOf(response);
    pagoda_error error = freshError();
    const pagoda_status status =
        callPlugin(instance_->callee(), "on_head", &error, static_cast<OnHead*>(api().on_head),
                   exchange_, &head, &error);
    if (status < 0) return tl::unexpected<AttemptFailure>(failed(status, error));
    return {};
  }

  AttemptStatus onFrame(const Frame& frame, EventSink& sink) override {
    pagoda_frame raw{};
    raw.struct_size = sizeof raw;
    raw.flags = frame.last ? PAGODA_FRAME_LAST : 0;
    raw.event = strOf(frame.event);
    raw.data = bytesOf(frame.data);
    raw.framing = framingOf(frame.framing);
    pagoda_error error = freshError();
    target_ = &sink;
    const pagoda_status status =
        callPlugin(instance_->callee(), "on_data", &error, static_cast<OnData*>(api().on_data),
                   exchange_, &raw, &sink_, &error);
    target_ = nullptr;
    // What the gate found comes first: a plugin may ignore, or rename, the status that emit gave
    // it.
    if (gate_.failure()) return tl::unexpected<AttemptFailure>(*gate_.failure());
    if (stopped_)
      return tl::unexpected<AttemptFailure>(
          failure(FailureKind::Cancelled, "the caller stopped the answer"));
    if (status < 0) return tl::unexpected<AttemptFailure>(failed(status, error));
    return {};
  }

  AttemptFailure onFailure(const UpstreamResponse& response, std::string_view body) override {
    pagoda_error error = freshError();
    readHttpStatus(response.status(), response.headers(), instance_->parts().clock.unixNow(),
                   error);
    const pagoda_error reading = error;
    if (api().on_failure != nullptr) {
      const pagoda_http_head head = headOf(response);
      tellPlugin(instance_->callee(), "on_failure", static_cast<OnFailure*>(api().on_failure),
                 exchange_, &head, bytesOf(body), &error);
    }
    // A failed response stays a failure, whatever the plugin makes of it.
    if (error.status >= 0) error = reading;
    if (error.http_status == 0) error.http_status = reading.http_status;
    return failed(error.status, error);
  }

 private:
  const pagoda_provider_api& api() const { return instance_->api(); }

  AttemptFailure failed(pagoda_status status, const pagoda_error& error) {
    AttemptFailure made = failureOf(status, error, instance_->secrets());
    switch (made.kind) {
      case FailureKind::Auth:
      case FailureKind::Permission:
      case FailureKind::Quota:
      case FailureKind::RateLimit:
        for (const UsedSecret& secret : used_)
          made.anotherKey |=
              instance_->secrets().failed(secret.name, secret.ordinal, made.kind, made.retryAfter);
        break;
      default:
        break;
    }
    return made;
  }

  pagoda_http_head headOf(const UpstreamResponse& response) {
    headers_.clear();
    for (const auto& [name, value] : response.headers())
      headers_.push_back({strOf(name), strOf(value)});
    pagoda_http_head head{};
    head.struct_size = sizeof head;
    head.status = response.status();
    head.headers = {headers_.data(), static_cast<std::uint32_t>(headers_.size()),
                    sizeof(pagoda_pair)};
    return head;
  }

  static pagoda_status PAGODA_CALL emit(const pagoda_event_sink* sink,
                                        const pagoda_event* event) noexcept {
    auto& self = *static_cast<TranslatorExchange*>(sink->impl);
    if (self.target_ == nullptr) return PAGODA_E_BAD_STATE;
    if (self.stopped_) return PAGODA_E_CANCELLED;
    try {
      std::optional<Event> checked;
      if (const pagoda_status status = self.gate_.check(event, checked); status < 0) return status;
      if (checked && !self.target_->emit(*checked)) {
        self.stopped_ = true;
        return PAGODA_E_CANCELLED;
      }
      return PAGODA_OK;
    } catch (...) {  // out of memory; nothing may cross the plugin's frames
      self.stopped_ = true;
      return PAGODA_E_NO_MEMORY;
    }
  }

  const std::shared_ptr<ProviderInstance> instance_;
  EventGate gate_;
  const std::size_t expectedBody_;
  pagoda_event_sink sink_{};
  pagoda_exchange* exchange_ = nullptr;
  EventSink* target_ = nullptr;
  bool stopped_ = false;
  std::vector<UsedSecret> used_;
  std::vector<pagoda_pair> headers_;
};

}  // namespace

using Begun = tl::expected<std::unique_ptr<Exchange>, AttemptFailure>;

Begun beginExchange(std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
                    const ChatRequest& request) {
  const pagoda_provider_api& api = instance->api();
  const std::string& endpoint = instance->baseUrl();
  auto exchange = std::make_unique<TranslatorExchange>(instance, AnswerKind::Chat, request.choices,
                                                       request.rawJson.size());
  const RequestView& view = exchange->chat.emplace(context, request, endpoint);
  if (auto failed = exchange->begin<pagoda_chat_request>(api.begin, view.attempt(), view.request()))
    return tl::unexpected<AttemptFailure>(std::move(*failed));
  return exchange;
}

Begun beginEmbeddings(std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
                      const EmbeddingRequest& request) {
  const pagoda_provider_embeddings& calls = *instance->embeddings();
  const std::string& endpoint = instance->baseUrl();
  auto exchange = std::make_unique<TranslatorExchange>(instance, AnswerKind::Embeddings,
                                                       static_cast<std::uint32_t>(request.size()),
                                                       request.rawJson.size());
  const EmbeddingView& view = exchange->embeddings.emplace(context, request, endpoint);
  if (auto failed =
          exchange->begin<pagoda_embedding_request>(calls.begin, view.attempt(), view.request()))
    return tl::unexpected<AttemptFailure>(std::move(*failed));
  return exchange;
}

Begun beginTokenCount(std::shared_ptr<ProviderInstance> instance, const AttemptContext& context,
                      const ChatRequest& request) {
  const pagoda_provider_tokens& calls = *instance->tokenCounts();
  const std::string& endpoint = instance->baseUrl();
  auto exchange = std::make_unique<TranslatorExchange>(instance, AnswerKind::TokenCount, 1,
                                                       request.rawJson.size());
  const RequestView& view = exchange->chat.emplace(context, request, endpoint);
  if (auto failed =
          exchange->begin<pagoda_chat_request>(calls.begin, view.attempt(), view.request()))
    return tl::unexpected<AttemptFailure>(std::move(*failed));
  return exchange;
}

}  // namespace pagoda::plugin_host
