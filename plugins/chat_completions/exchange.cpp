#include "chat_completions/exchange.h"

#include <algorithm>
#include <cstring>

#include "chat_completions/embeddings.h"
#include "chat_completions/failures.h"
#include "chat_completions/request_body.h"

namespace pagoda::chat_completions {

namespace {

std::string baseFor(const Settings& settings, const pagoda_attempt& attempt) {
  const std::string_view endpoint = sdk::view(attempt.endpoint);
  return endpoint.empty() ? settings.baseUrl : std::string(endpoint);
}

// A host of an older SDK hands over a shorter struct.
pagoda_chat_request copyOf(const pagoda_chat_request& request) {
  pagoda_chat_request copy{};
  const std::size_t size = std::min<std::size_t>(request.struct_size, sizeof copy);
  std::memcpy(&copy, &request, size);
  copy.struct_size = static_cast<std::uint32_t>(size);
  return copy;
}

std::string readBack(const Settings& settings, std::string_view text, bool streamed) {
  return sdk::textOf([&](sdk::Events& events) {
    AnswerReader reader(settings, "self-test");
    if (streamed) {
      reader.chunk(text, events);
      reader.end(events);
    } else {
      reader.whole(text, events);
    }
  });
}

}  // namespace

void writeHeaders(sdk::HttpRequest& http, const Settings& settings, bool streams) {
  http.header("content-type", "application/json");
  http.header("accept", streams ? "text/event-stream" : "application/json");
  for (const auto& [name, value] : settings.headers) http.header(name, value);
  if (!settings.noAuth) http.secretHeader(settings.authHeader, settings.authPrefix, "api_key");
}

ChatExchange::ChatExchange(const Settings& settings, const pagoda_attempt& attempt,
                           const pagoda_chat_request& request)
    : settings_(settings),
      base_(baseFor(settings, attempt)),
      request_(copyOf(request)),
      answer_(settings, sdk::view(attempt.request_id)) {}

void ChatExchange::request(sdk::HttpRequest& http) {
  const bool streams = (request_.flags & PAGODA_REQ_STREAM) != 0;
  http.post(chatUrl(base_, settings_.chatPath),
            streams ? PAGODA_FRAMING_SSE : PAGODA_FRAMING_WHOLE);
  writeHeaders(http, settings_, streams);
  sdk::Buffer out = http.body();
  body(out);
}

void ChatExchange::body(sdk::Buffer& out) {
  writeRequestBody(request_, settings_, out);
}

void ChatExchange::data(const sdk::Frame& frame, sdk::Events& events) {
  if (frame.framing == PAGODA_FRAMING_WHOLE) return answer_.whole(frame.data, events);
  answer_.chunk(frame.data, events);
  if (frame.last) answer_.end(events);
}

void ChatExchange::failed(const pagoda_http_head& head, std::string_view body,
                          pagoda_error& error) {
  readFailure(head, body, error);
}

EmbeddingsExchange::EmbeddingsExchange(const Settings& settings, const pagoda_attempt& attempt,
                                       const pagoda_embedding_request& request)
    : settings_(settings), base_(baseFor(settings, attempt)), request_(request) {}

void EmbeddingsExchange::request(sdk::HttpRequest& http) {
  // A base URL may be the whole URL of chat completions, and may hold a query (Azure's version).
  std::string base(baseOf(base_, settings_.chatPath));
  if (const std::size_t query = base_.find('?'); query != std::string::npos)
    base += base_.substr(query);
  std::string_view path = settings_.embeddingsPath;
  constexpr std::string_view kVersion = "/v1";
  if (baseOf(base, path).ends_with(kVersion) && path.starts_with("/v1/"))
    path.remove_prefix(kVersion.size());
  http.post(chatUrl(base, path), PAGODA_FRAMING_WHOLE);
  writeHeaders(http, settings_, false);
  sdk::Buffer out = http.body();
  writeEmbeddingsBody(request_, settings_, out);
}

void EmbeddingsExchange::data(const sdk::Frame& frame, sdk::Events& events) {
  readEmbeddings(frame.data, request_, settings_, events);
}

void EmbeddingsExchange::failed(const pagoda_http_head& head, std::string_view body,
                                pagoda_error& error) {
  readFailure(head, body, error);
}

void selfTest(const Settings& settings) {
  constexpr std::string_view kWhole =
      R"({"id":"1","model":"m","choices":[{"index":0,"message":{"content":"ok"},"finish_reason":"stop"}]})";
  constexpr std::string_view kChunk =
      R"({"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]})";
  if (readBack(settings, kWhole, false) != "ok" || readBack(settings, kChunk, true) != "ok")
    throw sdk::Failure(PAGODA_E_INTERNAL, "the built-in answer was not understood");
}

}  // namespace pagoda::chat_completions
