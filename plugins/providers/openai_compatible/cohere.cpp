#include "cohere.h"

#include "chat_completions/embeddings.h"
#include "chat_completions/exchange.h"
#include "chat_completions/failures.h"
#include "chat_completions/json_text.h"

namespace pagoda::cohere {

namespace {

using chat_completions::memberOf;
using chat_completions::Settings;

// The server's root: a base URL may name a version, or the path of a call.
std::string urlOf(const Settings& settings, const pagoda_attempt& attempt, std::string_view path) {
  const std::string_view endpoint = sdk::view(attempt.endpoint);
  std::string_view base = chat_completions::baseOf(
      endpoint.empty() ? std::string_view(settings.baseUrl) : endpoint, "/chat");
  for (const std::string_view version : {"/v2", "/v1", "/compatibility"}) {
    if (base.ends_with(version)) base.remove_suffix(version.size());
  }
  return std::string(base) + std::string(path);
}

class Chat final : public sdk::Exchange {
 public:
  Chat(const Settings& settings, const pagoda_attempt& attempt, const pagoda_chat_request& request)
      : settings_(settings),
        request_(request),
        url_(urlOf(settings, attempt, "/v2/chat")),
        answer_(sdk::view(request.model), sdk::view(attempt.request_id)) {}

  void request(sdk::HttpRequest& http) override {
    const bool streams = (request_.flags & PAGODA_REQ_STREAM) != 0;
    http.post(url_, streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
    chat_completions::writeHeaders(http, settings_, streams);
    sdk::Buffer out = http.body();
    writeChat(request_, settings_, out);
  }
  void data(const sdk::Frame& frame, sdk::Events& events) override {
    if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
    answer_.event(frame.data, events);
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
      : settings_(settings), request_(request), url_(urlOf(settings, attempt, "/v2/embed")) {}

  void request(sdk::HttpRequest& http) override {
    if ((request_.flags & PAGODA_EMBED_TOKENS) != 0)
      throw sdk::Failure(PAGODA_E_UNSUPPORTED, "cohere embeds texts, not token ids");
    http.post(url_, PAGODA_FRAMING_WHOLE);
    chat_completions::writeHeaders(http, settings_, false);
    sdk::Buffer out = http.body();
    json::Writer<sdk::Buffer> writer(out);
    writer.beginObject().member("model", sdk::view(request_.model)).key("texts").beginArray();
    for (const auto& text : sdk::Range<pagoda_str>(request_.inputs)) writer.string(sdk::view(text));
    writer.endArray();
    const std::string_view type = memberOf(sdk::view(request_.raw_json), "input_type");
    const bool query = (request_.flags & PAGODA_EMBED_QUERY) != 0;
    writer.rawMember("input_type", type.starts_with('"') ? type
                                   : query               ? R"("search_query")"
                                                         : R"("search_document")");
    writer.rawMember("embedding_types", R"(["float"])");
    if (request_.dimensions > 0) writer.member("output_dimension", request_.dimensions);
    writer.endObject();
  }
  void data(const sdk::Frame& frame, sdk::Events& events) override {
    const std::string_view text = frame.data;
    if (!json::validUtf8(text))
      throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent text that is not UTF-8");
    std::string_view vectors = memberOf(text, "embeddings");
    if (vectors.starts_with('{')) vectors = memberOf(vectors, "float");
    if (!vectors.starts_with('[')) {
      if (chat_completions::isError(text)) throw chat_completions::failureInBody(text);
      throw sdk::Failure(PAGODA_E_PROTOCOL, "the upstream sent an answer without vectors");
    }
    events.start(chat_completions::stringOf(memberOf(text, "id")), sdk::view(request_.model));
    chat_completions::VectorSink sink(request_);
    std::int64_t index = 0;
    chat_completions::eachElement(
        vectors, [&](std::string_view vector) { sink.put(index++, vector, false, events); });
    sink.finish();
    auto usage = sdk::unknownUsage();
    bool absurd = false;
    const std::string_view billed = memberOf(memberOf(text, "meta"), "billed_units");
    usage.input_tokens = chat_completions::countOf(memberOf(billed, "input_tokens"), absurd);
    if (absurd) usage.flags |= PAGODA_USAGE_ABSURD;
    if (absurd || usage.input_tokens >= 0) events.usage(usage);
  }
  void failed(const pagoda_http_head& head, std::string_view body, pagoda_error& error) override {
    chat_completions::readFailure(head, body, error);
  }

 private:
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

}  // namespace pagoda::cohere
