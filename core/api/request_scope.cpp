#include "core/api/request_scope.h"

#include <algorithm>
#include <cctype>

#include "core/api/error_table.h"
#include "core/api/json_out.h"
#include "core/api/rate_gate.h"
#include "core/domain/parameter.h"

namespace pagoda::api {
namespace {

constexpr std::string_view kJson = "application/json";

bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool readableCharset(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    std::string_view parameter = trim(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    const std::size_t equals = parameter.find('=');
    if (!sameIgnoringCase(trim(parameter.substr(0, equals)), "charset")) continue;
    if (equals == std::string_view::npos) return false;
    std::string_view charset = trim(parameter.substr(equals + 1));
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
      charset.remove_prefix(1);
      charset.remove_suffix(1);
    }
    if (!sameIgnoringCase(charset, "utf-8") && !sameIgnoringCase(charset, "utf8") &&
        !sameIgnoringCase(charset, "us-ascii"))
      return false;
  }
  return true;
}

Result<void> checkMedia(const HttpRequest& request) {
  const std::string_view encoding = trim(request.header("content-encoding"));
  if (!encoding.empty() && !sameIgnoringCase(encoding, "identity"))
    return fail(ErrorCode::UnsupportedMedia,
                "the body must not be compressed; leave Content-Encoding out");
  const std::string_view type = request.header("content-type");
  if (type.empty()) return {};
  const std::size_t end = type.find(';');
  const std::string_view parameters =
      end == std::string_view::npos ? std::string_view{} : type.substr(end + 1);
  if (request.count("content-type") > 1 || !sameIgnoringCase(trim(type.substr(0, end)), kJson) ||
      !readableCharset(parameters))
    return fail(ErrorCode::UnsupportedMedia,
                "send the body as 'Content-Type: application/json' in UTF-8");
  return {};
}

// "upstream;dur=12.345"
void appendTiming(std::string& out, std::string_view name, Duration time) {
  const std::int64_t micros = std::max<std::int64_t>(0, time.count() / 1000);
  if (!out.empty()) out += ", ";
  out.append(name).append(";dur=");
  appendInteger(out, micros / 1000);
  const std::int64_t rest = micros % 1000;
  out += '.';
  out += static_cast<char>('0' + rest / 100);
  out += static_cast<char>('0' + rest / 10 % 10);
  out += static_cast<char>('0' + rest % 10);
}

void addRetryHeaders(HeaderList& headers, const Error& error) {
  // Official clients try a 409 again by themselves: one that no waiting resolves says so.
  const bool final = error.code == ErrorCode::BudgetExceeded ||
                     (error.code == ErrorCode::Conflict && !error.retryAfter);
  if (final) headers.emplace_back("x-should-retry", "false");
  if (!error.retryAfter) return;
  const std::int64_t ms = std::max<std::int64_t>(0, error.retryAfter->count());
  headers.emplace_back("retry-after", std::to_string((ms + 999) / 1000));
  headers.emplace_back("retry-after-ms", std::to_string(ms));
}

HeaderList errorHeaders(const RequestScope& scope, const Error& error) {
  HeaderList headers = baseHeaders(scope, kJson);
  headers.emplace_back("cache-control", "no-store");
  if (error.code == ErrorCode::Unauthenticated) headers.emplace_back("www-authenticate", "Bearer");
  addRetryHeaders(headers, error);
  return headers;
}

}  // namespace

std::string headerText(std::string_view text) {
  std::string safe(text.substr(0, 512));
  std::ranges::replace_if(
      safe, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return safe;
}

HeaderList baseHeaders(const RequestScope& scope, std::string_view contentType) {
  HeaderList headers;
  headers.reserve(16);
  headers.emplace_back("content-type", contentType);
  headers.emplace_back("x-request-id", scope.idText);
  headers.emplace_back("x-content-type-options", "nosniff");
  if (!scope.corsOrigin.empty()) {
    headers.emplace_back("access-control-allow-origin", scope.corsOrigin);
    headers.emplace_back("vary", "Origin");
  }
  if (scope.rate) addRateHeaders(headers, *scope.rate);
  return headers;
}

void addOutcomeHeaders(HeaderList& headers, const Outcome& outcome, bool streaming) {
  if (!outcome.model.empty()) headers.emplace_back("x-pagoda-model", headerText(outcome.model));
  if (!outcome.provider.empty())
    headers.emplace_back("x-pagoda-provider", headerText(outcome.provider));
  if (outcome.tier >= 0) headers.emplace_back("x-pagoda-tier", std::to_string(outcome.tier));
  // The attempt that streams is not recorded yet when the headers go out; one that was collected
  // before it is streamed is.
  const bool underWay = streaming && !outcome.ended;
  headers.emplace_back("x-pagoda-attempts",
                       std::to_string(outcome.attempts.size() + (underWay ? 1 : 0)));
  if (outcome.simulated) headers.emplace_back("x-pagoda-simulated", "true");
  if (outcome.clampedTo)
    headers.emplace_back("x-pagoda-max-tokens-clamped", std::to_string(*outcome.clampedTo));
  if (outcome.dropped != 0)
    headers.emplace_back("x-pagoda-dropped-parameters", namesOf(outcome.dropped));
  std::string timing;
  timing.reserve(160);
  appendTiming(timing, "parse", outcome.times.parse);
  appendTiming(timing, "auth", outcome.times.authenticate);
  appendTiming(timing, "classify", outcome.times.classify);
  appendTiming(timing, "plan", outcome.times.plan);
  if (!streaming) {
    headers.emplace_back("x-pagoda-cost-usd", outcome.cost.toString());
    appendTiming(timing, "reserve", outcome.times.reserve);
    appendTiming(timing, "upstream", outcome.times.upstream);
    appendTiming(timing, "account", outcome.times.account);
  }
  headers.emplace_back("server-timing", std::move(timing));
}

Task<void> sendJson(RequestScope& scope, int status, std::string_view body) {
  const HeaderList headers = baseHeaders(scope, kJson);
  co_await scope.response.send(status, headers, body);
}

Task<void> sendError(RequestScope& scope, const Error& error) {
  const HeaderList headers = errorHeaders(scope, error);
  std::string body;
  appendErrorJson(body, error, scope.idText);
  co_await scope.response.send(scope.status.value_or(httpStatusOf(error.code)), headers, body);
}

Task<void> refuse(const ApiContext& api, RequestScope& scope, const Error& error) {
  api.metrics.count("refused_total", "code=" + std::string(nameOf(error.code)));
  co_await sendError(scope, error);
}

void note(RequestScope& scope, const Outcome& outcome) {
  scope.answered = !outcome.error;
  if (!outcome.simulated) scope.charged = outcome.cost;
}

Task<void> sendOutcomeError(RequestScope& scope, const Outcome& outcome) {
  note(scope, outcome);
  HeaderList headers = errorHeaders(scope, *outcome.error);
  addOutcomeHeaders(headers, outcome, false);
  std::string body;
  appendErrorJson(body, *outcome.error, scope.idText, outcome.attempts);
  co_await scope.response.send(httpStatusOf(outcome.error->code), headers, body);
}

Task<Result<std::string>> readBytes(const ApiContext& api, RequestScope& scope) {
  PAGODA_CO_CHECK(checkMedia(scope.http));
  Result<std::string> bytes = co_await scope.body.readAll(api.limits.maxBody);
  if (!bytes && bytes.error().code == ErrorCode::DeadlineExceeded) {
    scope.status = 408;
    co_return fail(ErrorCode::InvalidRequest, "the body did not arrive in time");
  }
  co_return bytes;
}

Task<Result<std::shared_ptr<JsonDocument>>> readJsonBody(const ApiContext& api,
                                                         RequestScope& scope) {
  Result<std::string> bytes = co_await readBytes(api, scope);
  if (!bytes) co_return tl::unexpected<Error>(std::move(bytes).error());
  const TimePoint before = scope.runtime.clock().now();
  Result<std::shared_ptr<JsonDocument>> document = JsonDocument::parse(*std::move(bytes));
  scope.times.parse += scope.runtime.clock().now() - before;
  co_return document;
}

}  // namespace pagoda::api
