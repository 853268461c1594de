#include "core/api/idempotency.h"

#include <algorithm>

#include "core/api/recording_response.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestKey = 255;
constexpr Millis kAskAgain{1000};

/// The body that was read already.
class ReadBody final : public BodyReader {
 public:
  explicit ReadBody(std::string bytes) : bytes_(std::move(bytes)) {}
  Task<Result<std::string>> readAll(std::size_t) override {
    Result<std::string> bytes = std::move(bytes_);
    co_return bytes;
  }

 private:
  std::string bytes_;
};

Result<ClaimedKey> keyOf(const RequestScope& scope) {
  const std::string_view text = scope.http.header("idempotency-key");
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (scope.http.count("idempotency-key") != 1 || text.empty() || text.size() > kLongestKey ||
      !plain)
    return fail(ErrorCode::InvalidRequest,
                "Idempotency-Key must be one header of 1 to 255 printable ASCII characters",
                "Idempotency-Key");
  return ClaimedKey{scope.caller.key, std::string(text)};
}

// Routing wishes are headers too, and a key is good for one of the routes.
std::string askedFor(const HttpRequest& http, std::string_view body) {
  std::string asked(http.path);
  for (const std::string_view name :
       {"x-pagoda-task-type", "x-pagoda-preferred-tier", "x-pagoda-strategy"})
    asked.append("\n").append(http.header(name));
  return asked.append("\n").append(body);
}

Task<Result<Claim>> claimDurably(AnswerStore& answers, RequestScope& scope, const ClaimedKey& key,
                                 const std::string& asked) {
  Completion<Result<Claim>> done(scope.runtime);
  answers.claim(key, asked, scope.id, done.slot());
  Result<Claim> claim = co_await done.wait();
  co_return claim;
}

Task<Result<void>> endDurably(AnswerStore& answers, RequestScope& scope, const ClaimedKey& key,
                              const RecordingResponse& response) {
  Completion<Result<void>> done(scope.runtime);
  // What failed and cost nothing may be tried again under the same key.
  if (!scope.answered && scope.charged == Money{}) {
    answers.forget(key, done.slot());
  } else if (response.complete()) {
    answers.keep(key, response.recorded(scope.id), done.slot());
  } else {
    answers.lose(key);
    co_return Result<void>{};
  }
  Result<void> outcome = co_await done.wait();
  co_return outcome;
}

Task<void> replay(RequestScope& scope, const StoredAnswer& answer) {
  HeaderList headers = baseHeaders(scope, "application/json");
  headers.front().second = answer.headers.empty() ? "" : answer.headers.front().second;
  for (std::size_t i = 1; i < answer.headers.size(); ++i) headers.push_back(answer.headers[i]);
  headers.emplace_back("x-pagoda-cost-usd", Money{}.toString());
  headers.emplace_back("idempotent-replayed", "true");
  headers.emplace_back("x-pagoda-original-request", answer.request.toString());
  co_await scope.response.send(answer.status, headers, answer.body);
}

std::string_view nameOf(Claim::State state) {
  switch (state) {
    case Claim::State::First:
      return "first";
    case Claim::State::Running:
      return "running";
    case Claim::State::Kept:
      return "replayed";
    case Claim::State::Lost:
      return "lost";
    case Claim::State::OtherBody:
      break;
  }
  return "other_body";
}

Error refusalOf(const Claim& claim) {
  const std::string first = claim.answer.request.toString();
  Error error;
  error.code = ErrorCode::Conflict;
  error.param = "Idempotency-Key";
  switch (claim.state) {
    case Claim::State::OtherBody:
      error.code = ErrorCode::KeyReused;
      error.message = "this Idempotency-Key came with another request before (" + first +
                      "); use a new key for a new request";
      break;
    case Claim::State::Running:
      error.message = "the request with this Idempotency-Key (" + first +
                      ") has not ended yet; repeat this one to get its answer";
      error.retryAfter = kAskAgain;
      break;
    default:
      error.message = "the request with this Idempotency-Key (" + first +
                      ") was charged and its answer is not kept; a new key asks, and pays, again";
      break;
  }
  return error;
}

Task<void> serveFirst(const ApiContext& api, RequestScope& outer, RouteHandler handler,
                      const ClaimedKey& key, std::string body) {
  ReadBody bytes(std::move(body));
  RecordingResponse response(outer.response);
  RequestScope scope{.http = outer.http,
                     .body = bytes,
                     .response = response,
                     .runtime = outer.runtime,
                     .id = outer.id,
                     .idText = outer.idText,
                     .parameter = outer.parameter,
                     .corsOrigin = outer.corsOrigin,
                     .caller = outer.caller,
                     .identified = outer.identified,
                     .times = outer.times,
                     .status = {},
                     .answered = false,
                     .charged = {}};
  try {
    co_await handler(api, scope);
  } catch (...) {
    api.answers->lose(key);
    throw;
  }
  // Before the last byte: an answer that a client has in full is one that it can get again.
  const Result<void> ended = co_await endDurably(*api.answers, scope, key, response);
  if (!ended)
    api.log.warn("an answer is not kept for its idempotency key",
                 {{"request_id", scope.idText}, {"why", ended.error().message}});
  co_await response.release();
}

}  // namespace

Task<void> answerOnce(const ApiContext& api, RequestScope& scope, RouteHandler handler) {
  const Result<ClaimedKey> key = keyOf(scope);
  if (!key) {
    co_await refuse(api, scope, key.error());
    co_return;
  }
  Result<std::string> body = co_await readBytes(api, scope);
  if (!body) {
    co_await refuse(api, scope, body.error());
    co_return;
  }
  const std::string asked = askedFor(scope.http, *body);
  const Result<Claim> claim = co_await claimDurably(*api.answers, scope, *key, asked);
  if (!claim) {
    co_await refuse(api, scope, claim.error());
    co_return;
  }
  api.metrics.count("idempotency_keys", "outcome=" + std::string(nameOf(claim->state)));
  if (claim->state == Claim::State::First) {
    co_await serveFirst(api, scope, handler, *key, *std::move(body));
  } else if (claim->state == Claim::State::Kept) {
    co_await replay(scope, claim->answer);
  } else {
    const Error error = refusalOf(*claim);
    co_await refuse(api, scope, error);
  }
}

}  // namespace pagoda::api
