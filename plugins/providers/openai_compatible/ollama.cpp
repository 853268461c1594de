#include "ollama.h"

#include "chat_completions/embeddings.h"
#include "chat_completions/exchange.h"
#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"

namespace pagoda::ollama {

namespace {

using chat_completions::Settings;

// The server's root: a base URL may name its OpenAI dialect, or the path of a call.
std::string urlOf(const Settings& settings, const pagoda_attempt& attempt, std::string_view path) {
  const std::string_view endpoint = sdk::view(attempt.endpoint);
  std::string_view base = chat_completions::baseOf(
      endpoint.empty() ? std::string_view(settings.baseUrl) : endpoint, "/api/chat");
  for (const std::string_view suffix : {"/v1", "/api"}) {
    if (base.ends_with(suffix)) base.remove_suffix(suffix.size());
  }
  return std::string(base) + std::string(path);
}

class Chat final : public sdk::Exchange {
 public:
  Chat(const Settings& settings, const pagoda_attempt& attempt, const pagoda_chat_request& request)
      : settings_(settings),
        request_(request),
        url_(urlOf(settings, attempt, "/api/chat")),
        answer_(sdk::view(request.model), sdk::view(attempt.request_id)) {}

  void request(sdk::HttpRequest& http) override {
    // Proxies may stream all the same; one document comes whole in any case.
    http.post(url_, PAGODA_FRAMING_LINES);
    chat_completions::writeHeaders(http, settings_, false);
    sdk::Buffer out = http.body();
    writeChat(request_, settings_, out);
  }
  void data(const sdk::Frame& frame, sdk::Events& events) override {
    answer_.line(frame.data, events);
    if (frame.last) answer_.end();
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    chat_completions::readFailure(head, body, error);
  }

 private:
  const Settings& settings_;
  const pagoda_chat_request& request_;
  std::string url_;
  AnswerReader answer_;
};

class Embeddings final : public sdk::Exchange {
 public:
  Embeddings(const Settings& settings, const pagoda_attempt& attempt,
             const pagoda_embedding_request& request)
      : settings_(settings), request_(request), url_(urlOf(settings, attempt, "/api/embed")) {}

  void request(sdk::HttpRequest& http) override {
    if ((request_.flags & PAGODA_EMBED_TOKENS) != 0)
      throw sdk::Failure(PAGODA_E_UNSUPPORTED, "ollama embeds texts, not token ids");
    http.post(url_, PAGODA_FRAMING_WHOLE);
    chat_completions::writeHeaders(http, settings_, false);
    sdk::Buffer out = http.body();
    json::Writer<sdk::Buffer> writer(out);
    writer.beginObject().member("model", sdk::view(request_.model)).key("input").beginArray();
    for (const auto& text : sdk::Range<pagoda_str>(request_.inputs)) writer.string(sdk::view(text));
    writer.endArray();
    if (request_.dimensions > 0) writer.member("dimensions", request_.dimensions);
    writer.endObject();
  }
  void data(const sdk::Frame& frame, sdk::Events& events) override {
    if (!json::validUtf8(frame.data))
      throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent text that is not UTF-8");
    const std::string_view vectors = chat_completions::memberOf(frame.data, "embeddings");
    if (!vectors.starts_with('[')) {
      if (chat_completions::isError(frame.data)) throw chat_completions::failureInBody(frame.data);
      throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent an answer without vectors");
    }
    events.start({}, sdk::view(request_.model));
    chat_completions::VectorSink sink(request_);
    std::int64_t index = 0;
    chat_completions::eachElement(
        vectors, [&](std::string_view vector) { sink.put(index++, vector, false, events); });
    sink.finish();
    auto usage = sdk::unknownUsage();
    bool absurd = false;
    usage.input_tokens =
        countOf(chat_completions::memberOf(frame.data, "prompt_eval_count"), absurd);
    if (absurd) usage.flags |= PAGODA_USAGE_ABSURD;
    if (absurd || usage.input_tokens >= 0) events.usage(usage);
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    chat_completions::readFailure(head, body, error);
  }

 private:
  static std::int64_t countOf(std::string_view raw, bool& absurd) {
    return chat_completions::countOf(raw, absurd);
  }
  const Settings& settings_;
  const pagoda_embedding_request& request_;
  std::string url_;
};

}  // namespace

std::unique_ptr<sdk::Exchange> chat(const Settings& settings, const pagoda_attempt& attempt,
                                    const pagoda_chat_request& request) {
  return std::make_unique<Chat>(settings, attempt, request);
}

std::unique_ptr<sdk::Exchange> embeddings(const Settings& settings, const pagoda_attempt& attempt,
                                          const pagoda_embedding_request& request) {
  return std::make_unique<Embeddings>(settings, attempt, request);
}

}  // namespace pagoda::ollama
