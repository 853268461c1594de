// POST /v1/chat/completions, POST /generate, POST /v1/tokens and POST /v1/route/explain: read the
// dialect, walk the corridor, write the dialect.

#include "core/api/corridor.h"
#include "core/api/error_table.h"
#include "core/api/fields.h"
#include "core/api/generate_dialect.h"
#include "core/api/json_out.h"
#include "core/api/openai_dialect.h"
#include "core/api/rate_gate.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

using ReadDialect = Result<ChatRequest> (*)(std::shared_ptr<JsonDocument>);

// The seed's routing wishes for dialects that have no member for them.
Result<void> readRoutingHeaders(const HttpRequest& request, ChatRequest& chat) {
  const std::string_view task = request.header("x-pagoda-task-type");
  if (!task.empty()) {
    if (!isTaskType(task))
      return wrong("x-pagoda-task-type", "auto, coding, general, analysis, premium or realtime");
    chat.taskType = task;
  }
  const std::string_view tier = request.header("x-pagoda-preferred-tier");
  if (tier.empty()) return {};
  if (tier.size() != 1 || tier.front() < '0' || tier.front() > '4')
    return wrong("x-pagoda-preferred-tier", "an integer from 0 to 4");
  chat.preferredTier = tier.front() - '0';
  return {};
}

Task<Result<ChatRequest>> readChat(const ApiContext& api, RequestScope& scope, ReadDialect read) {
  Result<std::shared_ptr<JsonDocument>> document = co_await readJsonBody(api, scope);
  if (!document) co_return tl::unexpected<Error>(std::move(document).error());
  const TimePoint before = scope.runtime.clock().now();
  Result<ChatRequest> chat = read(*std::move(document));
  if (chat) {
    Result<void> wishes = readRoutingHeaders(scope.http, *chat);
    if (!wishes) chat = tl::unexpected<Error>(std::move(wishes).error());
  }
  scope.times.parse += scope.runtime.clock().now() - before;
  co_return chat;
}

services::CorridorRequest corridorOf(const ApiContext& api, RequestScope& scope, ChatRequest chat) {
  services::CorridorRequest corridor = beginCorridor(api, scope, chat.stream);
  corridor.strategy = scope.http.header("x-pagoda-strategy");
  corridor.chat = std::move(chat);
  return corridor;
}

StreamHead streamHead(const ApiContext& api, const RequestScope& scope) {
  StreamHead head;
  head.requestId = scope.idText;
  head.createdUnix = api.clock.unixNow() / 1000;
  head.headers = [&scope](const Outcome& outcome) {
    HeaderList headers = baseHeaders(scope, "text/event-stream; charset=utf-8");
    headers.emplace_back("cache-control", "no-cache");
    headers.emplace_back("x-accel-buffering",
                         "no");  // a proxy in front must not collect the events
    addOutcomeHeaders(headers, outcome, true);
    return headers;
  };
  return head;
}

Task<void> answerStreaming(const ApiContext& api, RequestScope& scope,
                           services::CorridorRequest& corridor, StreamSink& stream,
                           services::RateTicket& ticket) {
  const Outcome outcome = co_await api.orchestrator.answer(corridor, &stream, scope.runtime);
  settleRate(ticket, outcome);
  note(scope, outcome);
  if (!scope.response.started() && outcome.error) {
    co_await sendOutcomeError(scope, outcome);
    co_return;
  }
  if (scope.response.clientGone().cancelled()) {
    scope.response.abort();
    co_return;
  }
  if (!scope.response.started()) stream.begin(outcome);
  if (outcome.error) {
    std::string error;
    appendErrorJson(error, *outcome.error, scope.idText, outcome.attempts);
    stream.fail(error);
  } else {
    stream.complete(outcome);
  }
  co_await scope.response.finish();
}

// POST /v1/tokens and POST /v1/route/explain take either form.
Result<ChatRequest> readEither(std::shared_ptr<JsonDocument> document) {
  return document->root().find("prompt") ? readGenerateRequest(std::move(document))
                                         : readOpenAiRequest(std::move(document));
}

}  // namespace

Task<void> postChatCompletions(const ApiContext& api, RequestScope& scope) {
  Result<ChatRequest> chat = co_await readChat(api, scope, readOpenAiRequest);
  if (!chat) {
    co_await refuse(api, scope, chat.error());
    co_return;
  }
  const bool streaming = chat->stream;
  const StreamForm form{chat->includeUsage, chat->legacyFunctions};
  services::CorridorRequest corridor = corridorOf(api, scope, *std::move(chat));
  std::optional<services::RateTicket> ticket = co_await enterByRate(api, scope, &corridor);
  if (!ticket) co_return;
  if (streaming) {
    OpenAiStream stream(scope.response, streamHead(api, scope), form);
    co_await answerStreaming(api, scope, corridor, stream, *ticket);
    co_return;
  }
  const Outcome outcome = co_await api.orchestrator.answer(corridor, nullptr, scope.runtime);
  settleRate(*ticket, outcome);
  if (outcome.error) {
    co_await sendOutcomeError(scope, outcome);
    co_return;
  }
  const std::string body =
      writeOpenAiAnswer(outcome, scope.idText, api.clock.unixNow() / 1000, form.legacyFunctions);
  co_await sendAnswer(scope, outcome, body);
}

Task<void> postGenerate(const ApiContext& api, RequestScope& scope) {
  Result<ChatRequest> chat = co_await readChat(api, scope, readGenerateRequest);
  if (!chat) {
    co_await refuse(api, scope, chat.error());
    co_return;
  }
  const bool streaming = chat->stream;
  services::CorridorRequest corridor = corridorOf(api, scope, *std::move(chat));
  std::optional<services::RateTicket> ticket = co_await enterByRate(api, scope, &corridor);
  if (!ticket) co_return;
  const Clock& clock = scope.runtime.clock();
  if (streaming) {
    GenerateStream stream(scope.response, streamHead(api, scope), clock, scope.http.received);
    co_await answerStreaming(api, scope, corridor, stream, *ticket);
    co_return;
  }
  const Outcome outcome = co_await api.orchestrator.answer(corridor, nullptr, scope.runtime);
  settleRate(*ticket, outcome);
  if (outcome.error) {
    co_await sendOutcomeError(scope, outcome);
    co_return;
  }
  const Millis latency = std::chrono::duration_cast<Millis>(clock.now() - scope.http.received);
  const std::string body =
      writeGenerateAnswer(outcome, scope.idText, answerText(outcome.answer), latency);
  co_await sendAnswer(scope, outcome, body);
}

Task<void> postExplain(const ApiContext& api, RequestScope& scope) {
  Result<ChatRequest> chat = co_await readChat(api, scope, readEither);
  if (!chat) {
    co_await refuse(api, scope, chat.error());
    co_return;
  }
  const services::CorridorRequest corridor = corridorOf(api, scope, *std::move(chat));
  const Result<std::string> decision = api.orchestrator.explain(corridor);
  if (!decision) {
    co_await refuse(api, scope, decision.error());
    co_return;
  }
  co_await sendJson(scope, 200, *decision);
}

Task<void> postTokens(const ApiContext& api, RequestScope& scope) {
  Result<ChatRequest> chat = co_await readChat(api, scope, readEither);
  if (!chat) {
    co_await refuse(api, scope, chat.error());
    co_return;
  }
  services::CorridorRequest corridor = corridorOf(api, scope, *std::move(chat));
  std::optional<services::RateTicket> ticket = co_await enterByRate(api, scope, &corridor);
  if (!ticket) co_return;
  const Result<services::TokenCount> count =
      co_await api.orchestrator.countTokens(corridor, scope.runtime);
  ticket->settle(0);
  if (!count) {
    co_await refuse(api, scope, count.error());
    co_return;
  }
  std::string body = R"({"object":"token_count","model":)";
  appendJsonString(body, count->model);
  body += R"(,"provider":)";
  appendJsonString(body, count->provider);
  body += R"(,"prompt_tokens":)";
  appendInteger(body, count->prompt);
  body += count->estimated ? R"(,"estimated":true})" : R"(,"estimated":false})";
  co_await sendJson(scope, 200, body);
}

}  // namespace pagoda::api
