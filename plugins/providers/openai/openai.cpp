// Provider `openai`: OpenAI and Azure OpenAI, by chat completions or by Responses.
#include <memory>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

#include "answer.h"
#include "chat_completions/exchange.h"
#include "chat_completions/schema.h"
#include "failure.h"
#include "responses.h"
#include "routing.h"
#include "settings.h"

namespace {

using namespace pagoda::sdk;
using namespace pagoda::openai;
namespace chat = pagoda::chat_completions;

#define PAGODA_OPENAI_ID "dev.pagoda.openai"
#define PAGODA_OPENAI_VERSION "1.0.0"
// clang-format off
#define PAGODA_OPENAI_SCHEMA                                                                    \
  R"({"type":"object","properties":{)" PAGODA_CHAT_COMPLETIONS_PROPERTIES                       \
  R"(,"quirks":{"enum":["openai","azure"],"description":"where the host name does not tell"},)" \
  R"("api":{"enum":["auto","chat","responses"],"default":"auto",)"                              \
  R"("description":"auto: chat completions unless model or request need Responses"},)"          \
  R"("api_version":{"type":"string","description":"Azure: such as 2024-10-21; not set: the v1 paths"},)" \
  R"("store":{"type":"boolean","default":false,"description":"Responses: keep answers at OpenAI"},)" \
  R"("reasoning_summary":{"enum":["none","auto","concise","detailed"],"default":"none"},)"      \
  R"("organization":{"type":"string"},"project":{"type":"string"}}})"
// clang-format on

// The attempt with the whole URL as its endpoint, which the shared exchanges keep.
pagoda_attempt at(const pagoda_attempt& attempt, std::string_view url) {
  pagoda_attempt there = init<pagoda_attempt>();
  there.number = attempt.number;
  there.request_id = attempt.request_id;
  there.endpoint = str(url);
  return there;
}

std::string urlFor(const Settings& settings, const pagoda_attempt& attempt, Path call,
                   pagoda_str model) {
  const std::string_view base =
      attempt.endpoint.size == 0 ? std::string_view(settings.chat.baseUrl) : view(attempt.endpoint);
  return urlOf(settings, base, call, view(model));
}

class ChatExchange final : public chat::ChatExchange {
 public:
  ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
               const pagoda_chat_request& request, Learned& learned)
      : chat::ChatExchange(settings.chat, attempt, request),
        learns_(settings.api == Api::Auto),
        learned_(learned) {}

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
    // The same model answers by the other dialect: at once, and from now on.
    if (!learns_ || !wantsResponses(head.status, body)) return;
    learned_.add(view(chat().model));
    error.retry = PAGODA_RETRY_SAME;
  }

 private:
  const bool learns_;
  Learned& learned_;
};

class ResponsesExchange final : public Exchange {
 public:
  ResponsesExchange(const Settings& settings, const pagoda_attempt& attempt,
                    const pagoda_chat_request& request, Mode mode)
      : settings_(settings),
        request_(request),
        mode_(mode),
        url_(urlFor(settings, attempt, mode == Mode::Count ? Path::InputTokens : Path::Responses,
                    request.model)),
        answer_(settings, view(attempt.request_id), knowsCustomTools(request)) {}

  void request(HttpRequest& http) override {
    const bool streams = mode_ == Mode::Stream;
    http.post(url_, streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    chat::writeHeaders(http, settings_.chat, streams);
    Buffer body = http.body();
    writeResponses(request_, settings_, mode_, body);
  }

  void data(const Frame& frame, Events& events) override {
    if (mode_ == Mode::Count) return count(frame, events);
    if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
    answer_.event(frame.event, frame.data, events);
    if (frame.last) answer_.end(events);
  }

  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }

 private:
  static void count(const Frame& frame, Events& events) {
    if (frame.framing != PAGODA_FRAMING_WHOLE)
      throw Failure(PAGODA_E_PROTOCOL, "the upstream streams where a count was asked for");
    events.usage(tokenCountOf(frame.data), -1);
  }

  const Settings& settings_;
  const pagoda_chat_request& request_;
  const Mode mode_;
  const std::string url_;
  ResponseReader answer_;
};

class EmbeddingsExchange final : public chat::EmbeddingsExchange {
 public:
  using chat::EmbeddingsExchange::EmbeddingsExchange;
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    readFailure(head, body, error);
  }
};

class OpenAi {
 public:
  static constexpr const char* kType = "openai";
  static constexpr const char* kTitle = "OpenAI and Azure OpenAI";
  static constexpr const char* kConfigSchema = PAGODA_OPENAI_SCHEMA;
  static constexpr std::uint32_t kMostEmbeddings = 2048;

  OpenAi(Host, std::string_view config) : settings_(readSettings(config)) {}

  std::unique_ptr<Exchange> begin(const pagoda_attempt& attempt,
                                  const pagoda_chat_request& request) {
    if (goesToResponses(settings_, request, learned_)) {
      const bool streams = (request.flags & PAGODA_REQ_STREAM) != 0;
      return std::make_unique<ResponsesExchange>(settings_, attempt, request,
                                                 streams ? Mode::Stream : Mode::Whole);
    }
    const std::string url = urlFor(settings_, attempt, Path::Chat, request.model);
    return std::make_unique<ChatExchange>(settings_, at(attempt, url), request, learned_);
  }

  std::unique_ptr<Exchange> beginEmbeddings(const pagoda_attempt& attempt,
                                            const pagoda_embedding_request& request) {
    const std::string url = urlFor(settings_, attempt, Path::Embeddings, request.model);
    return std::make_unique<EmbeddingsExchange>(settings_.chat, at(attempt, url), request);
  }

  std::unique_ptr<Exchange> beginTokenCount(const pagoda_attempt& attempt,
                                            const pagoda_chat_request& request) {
    return std::make_unique<ResponsesExchange>(settings_, attempt, request, Mode::Count);
  }

  /// Turns a built-in answer of each dialect around.
  void selfTest() {
    chat::selfTest(settings_.chat);
    const std::string_view answer =
        R"({"object":"response","id":"1","model":"m","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"ok"}]}]})";
    const std::string seen = textOf([&](Events& events) {
      ResponseReader(settings_, "self-test", false).whole(answer, events);
    });
    if (seen != "ok") throw Failure(PAGODA_E_INTERNAL, "the built-in answer was not understood");
  }

 private:
  Settings settings_;
  Learned learned_;
};

}  // namespace

PAGODA_MANIFEST(
    R"({"id":")" PAGODA_OPENAI_ID R"(","version":")" PAGODA_OPENAI_VERSION
    R"(","abi":{"major":1,"minor":0},"name":"OpenAI","vendor":"Pagoda",)"
    R"("license":"Apache-2.0","description":"OpenAI and Azure OpenAI, both dialects",)"
    R"("provides":[{"kind":"pagoda.provider/1","type":"openai","config_schema":)" PAGODA_OPENAI_SCHEMA
    R"(}],"permissions":{"hosts":["api.openai.com","*.api.openai.com","*.openai.azure.com",)"
    R"("*.services.ai.azure.com","*.cognitiveservices.azure.com"],)"
    R"("secrets":["api_key"],"prompt":true},"unloadable":true,"isolation":"any"})");
PAGODA_PLUGIN(PAGODA_OPENAI_ID, PAGODA_OPENAI_VERSION, Providers<OpenAi>)
