// Provider `openai_compatible`: any server that speaks OpenAI's chat completions.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "chat_completions/answer_reader.h"
#include "chat_completions/failures.h"
#include "chat_completions/request_body.h"
#include "chat_completions/schema.h"
#include "chat_completions/settings.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::chat_completions;

#define PAGODA_OPENAI_COMPATIBLE_ID "dev.pagoda.openai-compatible"
#define PAGODA_OPENAI_COMPATIBLE_VERSION "1.0.0"

class ChatExchange final : public Exchange {
 public:
  ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
               const pagoda_chat_request& request)
      : settings_(settings),
        endpoint_(view(attempt.endpoint)),
        request_(request),
        answer_(settings, view(attempt.request_id)) {}

  void request(HttpRequest& http) override {
    const bool streams = (request_.flags & PAGODA_REQ_STREAM) != 0;
    const std::string_view base =
        endpoint_.empty() ? std::string_view(settings_.baseUrl) : endpoint_;
    http.post(chatUrl(base, settings_.chatPath),
              streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    http.header("content-type", "application/json");
    http.header("accept", streams ? "text/event-stream" : "application/json");
    for (const auto& [name, value] : settings_.headers) http.header(name, value);
    if (!settings_.noAuth) http.secretHeader(settings_.authHeader, settings_.authPrefix, "api_key");
    Buffer body = http.body();
    writeRequestBody(request_, settings_, body);
  }

  void data(const Frame& frame, Events& events) override {
    if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
    answer_.chunk(frame.data, events);
    if (frame.last) answer_.end(events);
  }

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 private:
  const Settings& settings_;
  std::string endpoint_;
  const pagoda_chat_request& request_;
  AnswerReader answer_;
};

class OpenAiCompatible {
 public:
  static constexpr const char* kType = "openai_compatible";
  static constexpr const char* kTitle = "OpenAI-compatible chat completions";
  static constexpr const char* kConfigSchema = PAGODA_CHAT_COMPLETIONS_SCHEMA;

  OpenAiCompatible(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    return std::make_unique<ChatExchange>(settings_, attempt, request);
  }

  /// Turns a built-in answer around, whole and streamed.
  void selfTest() {
    const std::string_view wholeText =
        R"({"id":"1","model":"m","choices":[{"index":0,"message":{"content":"ok"},"finish_reason":"stop"}]})";
    const std::string_view chunkText =
        R"({"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]})";
    if (read(wholeText, false) != "ok" || read(chunkText, true) != "ok")
      throw Failure(PAGODA_E_INTERNAL, "the built-in answer was not understood");
  }

 private:
  std::string read(std::string_view text, bool streamed) {
    std::string seen;
    auto sink = init<pagoda_event_sink>();
    sink.impl = &seen;
    sink.emit = [](const pagoda_event_sink* self,
                   const pagoda_event* event) noexcept -> pagoda_status {
      if (event->type != PAGODA_EV_TEXT) return PAGODA_OK;
      return guard(nullptr, [&] {
        *static_cast<std::string*>(self->impl) += view(event->text);
        return PAGODA_OK;
      });
    };
    Events events(&sink);
    AnswerReader reader(settings_, "self-test");
    if (streamed) {
      reader.chunk(text, events);
      reader.end(events);
    } else {
      reader.whole(text, events);
    }
    return seen;
  }

  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_OPENAI_COMPATIBLE_ID R"(","version":")" PAGODA_OPENAI_COMPATIBLE_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"OpenAI-compatible","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Any server that speaks chat completions",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"openai_compatible","config_schema":)" PAGODA_CHAT_COMPLETIONS_SCHEMA
    R"(}],"permissions":{"hosts":["*"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_OPENAI_COMPATIBLE_ID, PAGODA_OPENAI_COMPATIBLE_VERSION,
              Providers<OpenAiCompatible>)
