// Provider `anthropic`: Claude by the Messages API, at Anthropic, on Vertex, and whoever speaks it.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "answer.h"
#include "failure.h"
#include "schema.h"
#include "settings.h"
#include "wire.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::anthropic;

#define PAGODA_ANTHROPIC_ID "dev.pagoda.anthropic"
#define PAGODA_ANTHROPIC_VERSION "1.0.0"

/// What calls have in common: where they go, with which headers, and how they fail.
class MessageExchange : public Exchange {
 public:
  MessageExchange(const Settings& settings, const pagoda_attempt& attempt,
                  const pagoda_chat_request& request, Mode mode)
      : settings_(settings),
        endpoint_(view(attempt.endpoint)),
        model_(view(request.model)),
        mode_(mode),
        message_(settings, request, mode) {}

  void request(HttpRequest& http) override {
    const bool streams = mode_ == Mode::Stream;
    const std::string_view base =
        endpoint_.empty() ? std::string_view(settings_.baseUrl) : endpoint_;
    http.post(urlOf(settings_, base, model_, mode_),
              streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    http.header("content-type", "application/json");
    http.header("accept", streams ? "text/event-stream" : "application/json");
    if (settings_.platform == Platform::Anthropic)
      http.header("anthropic-version", settings_.version);
    if (const std::string betas = message_.betas(); !betas.empty())
      http.header("anthropic-beta", betas);
    for (const auto& [name, value] : settings_.headers) http.header(name, value);
    if (settings_.auth == Auth::ApiKey) {
      http.secretHeader("x-api-key", {}, "api_key");
    } else if (settings_.auth != Auth::None) {
      http.bearer("api_key");
    }
    Buffer body = http.body();
    message_.write(body);
  }

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 protected:
  const Message& message() const { return message_; }

 private:
  const Settings& settings_;
  const std::string endpoint_;
  const std::string model_;
  const Mode mode_;
  const Message message_;
};

class ChatExchange final : public MessageExchange {
 public:
  ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
               const pagoda_chat_request& request)
      : MessageExchange(settings, attempt, request,
                        (request.flags & PAGODA_REQ_STREAM) != 0 ? Mode::Stream : Mode::Whole),
        answer_(message().answersByTool(), view(attempt.request_id)) {}

  void data(const Frame& frame, Events& events) override {
    if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
    answer_.event(frame.event, frame.data, events);
    if (frame.last) answer_.end(events);
  }

 private:
  AnswerReader answer_;
};

class CountExchange final : public MessageExchange {
 public:
  CountExchange(const Settings& settings, const pagoda_attempt& attempt,
                const pagoda_chat_request& request)
      : MessageExchange(settings, attempt, request, Mode::CountTokens) {}

  void data(const Frame& frame, Events& events) override {
    if (frame.framing != PAGODA_FRAMING_WHOLE)
      throw Failure(PAGODA_E_PROTOCOL, "the upstream streams where a count was asked for");
    events.usage(tokenCountOf(frame.data), -1);
  }
};

class Anthropic {
 public:
  static constexpr const char* kType = "anthropic";
  static constexpr const char* kTitle = "Anthropic Claude";
  static constexpr const char* kConfigSchema = PAGODA_ANTHROPIC_SCHEMA;

  Anthropic(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    return std::make_unique<ChatExchange>(settings_, attempt, request);
  }
  std::unique_ptr<Exchange> beginTokenCount(const pagoda_attempt& attempt,
                                            const pagoda_chat_request& request) {
    return std::make_unique<CountExchange>(settings_, attempt, request);
  }

  /// Turns a built-in answer around, whole and streamed.
  void selfTest() {
    const std::string_view message =
        R"({"type":"message","id":"1","model":"m","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn"})";
    const std::string_view events[] = {
        R"({"type":"message_start","message":{"id":"1","model":"m","content":[]}})",
        R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ok"}})",
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})",
        R"({"type":"message_stop"})"};
    const std::string whole =
        textOf([&](Events& sink) { AnswerReader(false, "self-test").whole(message, sink); });
    const std::string streamed = textOf([&](Events& sink) {
      AnswerReader reader(false, "self-test");
      for (const std::string_view event : events) reader.event({}, event, sink);
      reader.end(sink);
    });
    if (whole != "ok" || streamed != "ok")
      throw Failure(PAGODA_E_INTERNAL, "the built-in answer was not understood");
  }

 private:
  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_ANTHROPIC_ID R"(","version":")" PAGODA_ANTHROPIC_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"Anthropic","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Claude by the Messages API",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"anthropic","config_schema":)" PAGODA_ANTHROPIC_SCHEMA
    R"(}],"permissions":{"hosts":["*"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_ANTHROPIC_ID, PAGODA_ANTHROPIC_VERSION, Providers<Anthropic>)
