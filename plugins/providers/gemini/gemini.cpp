// Provider `gemini`: Google's models through the Gemini API and through Vertex AI.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "answer.h"
#include "embeddings.h"
#include "failure.h"
#include "request.h"
#include "settings.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::gemini;

#define PAGODA_GEMINI_ID "dev.pagoda.gemini"
#define PAGODA_GEMINI_VERSION "1.0.0"

void writeHead(HttpRequest& http, const Settings& settings, bool streams) {
  http.header("content-type", "application/json");
  http.header("accept", streams ? "text/event-stream" : "application/json");
  for (const auto& [name, value] : settings.headers) http.header(name, value);
  if (settings.auth == Auth::Bearer) http.bearer("api_key");
  if (settings.auth == Auth::Key) http.secretHeader("x-goog-api-key", {}, "api_key");
}

class ChatExchange final : public Exchange {
 public:
  ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
               const pagoda_chat_request& request)
      : settings_(settings),
        endpoint_(view(attempt.endpoint)),
        request_(request),
        answer_(view(attempt.request_id)) {}

  void request(HttpRequest& http) override {
    const bool streams = (request_.flags & PAGODA_REQ_STREAM) != 0;
    const std::string_view model = view(request_.model);
    http.post(streams ? urlOf(settings_, endpoint_, model, "streamGenerateContent", "alt=sse")
                      : urlOf(settings_, endpoint_, model, "generateContent"),
              streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    writeHead(http, settings_, streams);
    Buffer body = http.body();
    writeRequest(request_, settings_, body);
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

class EmbeddingExchange final : public Exchange {
 public:
  EmbeddingExchange(const Settings& settings, const pagoda_attempt& attempt,
                    const pagoda_embedding_request& request)
      : settings_(settings),
        endpoint_(view(attempt.endpoint)),
        model_(view(request.model)),
        calls_(settings, request) {}

  void next(pagoda_step& step) override {
    step.kind = calls_.done() ? PAGODA_STEP_DONE : PAGODA_STEP_HTTP;
    if (calls_.done()) return;
    HttpRequest http(step.http);
    request(http);
  }

  void request(HttpRequest& http) override {
    http.post(urlOf(settings_, endpoint_, model_, calls_.method()), PAGODA_FRAMING_WHOLE);
    writeHead(http, settings_, false);
    Buffer body = http.body();
    calls_.writeBody(body);
  }

  void data(const Frame& frame, Events& events) override { calls_.read(frame.data, events); }

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 private:
  const Settings& settings_;
  std::string endpoint_;
  std::string_view model_;
  EmbeddingCalls calls_;
};

class TokenExchange final : public Exchange {
 public:
  TokenExchange(const Settings& settings, const pagoda_attempt& attempt,
                const pagoda_chat_request& request)
      : settings_(settings), endpoint_(view(attempt.endpoint)), request_(request) {}

  void request(HttpRequest& http) override {
    http.post(urlOf(settings_, endpoint_, view(request_.model), "countTokens"),
              PAGODA_FRAMING_WHOLE);
    writeHead(http, settings_, false);
    Buffer body = http.body();
    writeTokenCount(request_, settings_, body);
  }

  void data(const Frame& frame, Events& events) override {
    std::int64_t total = -1;
    pagoda::json::Reader reader(frame.data);
    reader.object([&](std::string_view key, pagoda::json::Reader& value) {
      if (key == "totalTokens") total = value.integer().value_or(-1);
    });
    reader.finish();
    if (total < 0) throw Failure(PAGODA_E_PROTOCOL, "the upstream sent no token count");
    auto counts = unknownUsage();
    counts.input_tokens = total;
    events.usage(counts);
  }

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 private:
  const Settings& settings_;
  std::string endpoint_;
  const pagoda_chat_request& request_;
};

class Gemini {
 public:
  static constexpr const char* kType = "gemini";
  static constexpr const char* kTitle = "Google Gemini and Vertex AI";
  static constexpr const char* kConfigSchema = PAGODA_GEMINI_SCHEMA;

  Gemini(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    return std::make_unique<ChatExchange>(settings_, attempt, request);
  }
  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt& attempt,
                                            const pagoda_embedding_request& request) {
    return std::make_unique<EmbeddingExchange>(settings_, attempt, request);
  }
  std::unique_ptr<Exchange> beginTokenCount(const pagoda_attempt& attempt,
                                            const pagoda_chat_request& request) {
    return std::make_unique<TokenExchange>(settings_, attempt, request);
  }

  /// Turns a built-in answer around, whole and streamed.
  void selfTest() {
    const std::string_view text =
        R"({"candidates":[{"content":{"parts":[{"text":"ok"}],"role":"model"},"finishReason":"STOP"}]})";
    if (read(text, false) != "ok" || read(text, true) != "ok")
      throw Failure(PAGODA_E_INTERNAL, "the built-in answer was not understood");
  }

 private:
  static std::string read(std::string_view text, bool streamed) {
    return textOf([&](Events& events) {
      AnswerReader reader("self-test");
      if (streamed) {
        reader.chunk(text, events);
        reader.end(events);
      } else {
        reader.whole(text, events);
      }
    });
  }

  Settings settings_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_GEMINI_ID R"(","version":")" PAGODA_GEMINI_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"Gemini","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"Google's models through the Gemini API and Vertex AI",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"gemini","config_schema":)" PAGODA_GEMINI_SCHEMA
    R"(}],"permissions":{"hosts":["*"],"secrets":["api_key"],"prompt":true},)"
    R"("unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_GEMINI_ID, PAGODA_GEMINI_VERSION, Providers<Gemini>)
