#include "core/api/router.h"

#include <algorithm>
#include <array>
#include <exception>
#include <simdjson.h>

#include "core/api/credentials.h"
#include "core/api/error_table.h"
#include "core/api/idempotency.h"
#include "core/api/rate_gate.h"
#include "core/api/request_scope.h"
#include "core/api/routes.h"

namespace pagoda::api {
namespace {

constexpr std::array kRoutes = std::to_array<Route>({
    {"POST", "/v1/chat/completions", Access::User, once<postChatCompletions>},
    {"POST", "/generate", Access::User, once<postGenerate>},
    {"POST", "/v1/embeddings", Access::User, once<postEmbeddings>},
    {"POST", "/v1/tokens", Access::User, postTokens},
    {"POST", "/v1/route/explain", Access::User, postExplain},
    {"POST", "/assistant/code-interpreter", Access::User, once<postCodeInterpreter>},
    {"GET", "/assistant/runs/", Access::User, getRunFile},
    {"GET", "/v1/models", Access::User, getModels, kScopeModels},
    {"GET", "/v1/models/", Access::User, getModel, kScopeModels},
    {"GET", "/health", Access::Optional, getHealth, kScopeUsage},
    {"GET", "/healthz", Access::Open, getLiveness, kScopeUsage},
    {"GET", "/readyz", Access::Open, getReadiness, kScopeUsage},
    {"GET", "/info", Access::User, getInfo, kScopeUsage},
    {"GET", "/metrics", Access::User, getMetrics, kScopeUsage},
    {"GET", "/metrics/prometheus", Access::User, getPrometheus, kScopeUsage},
    {"POST", "/reset-metrics", Access::Admin, postResetMetrics, kScopeAdmin},
    {"GET", "/v1/decisions/", Access::User, getDecision, kScopeUsage},
    {"POST", "/v1/feedback", Access::User, postFeedback},
    {"GET", "/admin/keys", Access::Admin, getKeys, kScopeAdmin},
    {"POST", "/admin/keys", Access::Admin, postKey, kScopeAdmin},
    {"GET", "/admin/keys/", Access::Admin, getKey, kScopeAdmin},
    {"PATCH", "/admin/keys/", Access::Admin, patchKey, kScopeAdmin},
    {"DELETE", "/admin/keys/", Access::Admin, deleteKey, kScopeAdmin},
    {"POST", "/admin/keys/", Access::Admin, postKeyRotation, kScopeAdmin},
    {"GET", "/admin/audit", Access::Admin, getAudit, kScopeAdmin},
    {"POST", "/admin/reload", Access::Admin, postReload, kScopeAdmin},
    {"GET", "/admin/plugins", Access::Admin, getPlugins, kScopeAdmin},
    {"POST", "/admin/plugins/", Access::Admin, postPlugin, kScopeAdmin},
});

bool matches(const Route& route, std::string_view path) {
  if (!route.path.ends_with('/')) return path == route.path;
  return path.size() > route.path.size() && path.starts_with(route.path);
}

bool serves(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

// "GET, HEAD, OPTIONS" of the routes at this path; empty: there are none.
std::string allowedAt(std::string_view path) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!matches(route, path)) continue;
    allowed.append(route.method).append(route.method == "GET" ? ", HEAD, " : ", ");
  }
  return allowed.empty() ? allowed : allowed + "OPTIONS";
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A path parameter without escapes; nothing where it holds bad ones, control characters or broken
// UTF-8.
std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hexDigit(text[i + 1]);
      const int low = hexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    plain += c;
  }
  if (!simdjson::validate_utf8(plain.data(), plain.size())) return std::nullopt;
  return plain;
}

std::string_view hostOf(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

// A name that a stranger's DNS cannot point at this machine.
bool isLoopbackHost(std::string_view host) {
  const std::size_t port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos)
    host = host.substr(0, port);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

Task<void> answerOptions(const RequestScope& scope, const std::string& allowed) {
  HeaderList headers = baseHeaders(scope, "text/plain");
  headers.emplace_back("allow", allowed);
  if (!scope.corsOrigin.empty()) {
    headers.emplace_back("access-control-allow-methods", allowed);
    headers.emplace_back("access-control-allow-headers",
                         "authorization, content-type, idempotency-key, x-api-key, x-request-id");
    headers.emplace_back("access-control-max-age", "600");
  }
  co_await scope.response.send(204, headers, {});
}

}  // namespace

std::span<const Route> allRoutes() {
  return kRoutes;
}

Router::Router(ApiContext context) : context_(std::move(context)) {}

Task<void> Router::handle(const HttpRequest& request, BodyReader& body, ResponseWriter& response,
                          Runtime& runtime) {
  RequestScope scope{.http = request,
                     .body = body,
                     .response = response,
                     .runtime = runtime,
                     .id = context_.ids.next(),
                     .idText = {},
                     .parameter = {},
                     .corsOrigin = {},
                     .caller = {},
                     .identified = false,
                     .times = {},
                     .status = {},
                     .answered = false,
                     .charged = {}};
  scope.idText = scope.id.toString();
  bool failed = false;
  try {
    co_await dispatch(scope);
  } catch (const std::exception& fault) {
    failed = true;
    context_.log.error("request_fault", {{"request_id", scope.idText}, {"what", fault.what()}});
  } catch (...) {
    failed = true;
    context_.log.error("request_fault", {{"request_id", scope.idText}});
  }
  if (!failed) co_return;
  if (response.started()) {
    response.abort();
    co_return;
  }
  const Error error{ErrorCode::Internal,
                    "the server failed; the log tells more under this request id",
                    {},
                    {},
                    {}};
  co_await sendError(scope, error);
}

Task<void> Router::dispatch(RequestScope& scope) {
  const std::string_view path = scope.http.path;
  const std::string_view origin = scope.http.header("origin");
  if (!origin.empty() &&
      std::ranges::find(context_.corsOrigins, origin) != context_.corsOrigins.end())
    scope.corsOrigin = origin;

  const auto route = std::ranges::find_if(kRoutes, [&](const Route& each) {
    return serves(each, scope.http.method) && matches(each, path);
  });
  if (route == kRoutes.end()) {
    const std::string allowed = allowedAt(path);
    if (allowed.empty()) {
      const Error error{ErrorCode::NotFound,
                        "there is nothing at this path; API_DOCUMENTATION.md lists the routes",
                        {},
                        {},
                        {}};
      co_await refuse(context_, scope, error);
    } else if (scope.http.method == "OPTIONS") {
      co_await answerOptions(scope, allowed);
    } else {
      HeaderList headers = baseHeaders(scope, "application/json");
      headers.emplace_back("allow", allowed);
      headers.emplace_back("cache-control", "no-store");
      const Error error{ErrorCode::MethodNotAllowed, "this path allows " + allowed, {}, {}, {}};
      std::string body;
      appendErrorJson(body, error, scope.idText);
      co_await scope.response.send(405, headers, body);
    }
    co_return;
  }

  const TimePoint before = scope.runtime.clock().now();
  Result<void> admitted = co_await authenticate(*route, scope);
  if (admitted) admitted = checkOrigin(scope);
  scope.times.authenticate = scope.runtime.clock().now() - before;
  if (admitted && route->path.ends_with('/')) {
    std::optional<std::string> parameter = decoded(path.substr(route->path.size()));
    if (parameter) {
      scope.parameter = *std::move(parameter);
    } else {
      admitted = fail(ErrorCode::NotFound, "there is nothing at this path");
    }
  }
  if (!admitted) {
    co_await refuse(context_, scope, admitted.error());
    co_return;
  }
  co_await route->handler(context_, scope);
}

Task<Result<void>> Router::authenticate(const Route& route, RequestScope& scope) {
  if (route.access == Access::Open) co_return Result<void>{};
  const Result<std::string_view> key = credentialOf(scope.http);
  if (!key) co_return tl::unexpected<Error>(key.error());
  if (route.access == Access::Optional && context_.authRequired() && key->empty())
    co_return Result<void>{};
  Result<Caller> caller = co_await context_.authenticator.identify(*key, scope.runtime);
  if (!caller && key->empty()) co_return tl::unexpected<Error>(std::move(caller).error());
  if (!caller)
    co_return tl::unexpected<Error>(countWrongKey(context_, scope.http, std::move(caller).error()));
  scope.caller = *std::move(caller);
  scope.identified = true;
  if (route.access == Access::Admin && !scope.isAdmin())
    co_return fail(ErrorCode::Forbidden, "this needs the key of an admin");
  if (route.access != Access::Optional && !scope.caller.has(route.scope))
    co_return fail(ErrorCode::Forbidden,
                   "this key is not made for this route; it needs the scope '" +
                       scopeWords(route.scope) + "'");
  co_return Result<void>{};
}

// Without keys, any page that a browser on this machine shows could spend money here. A page of
// another origin is refused; programs send no Origin.
Result<void> Router::checkOrigin(const RequestScope& scope) const {
  const std::string_view origin = scope.http.header("origin");
  if (context_.authRequired() || origin.empty() || !scope.corsOrigin.empty()) return {};
  const std::string_view host = scope.http.header("host");
  if (hostOf(origin) == host && isLoopbackHost(host)) return {};
  return fail(ErrorCode::Forbidden,
              "pages of this origin may not call a server without keys; see server.cors_origins");
}

std::pair<HeaderList, std::string> Router::protocolError(int status, std::string_view why) {
  const std::string id = context_.ids.next().toString();
  const Error error{codeOfStatus(status), std::string(why), {}, {}, {}};
  std::string body;
  appendErrorJson(body, error, id);
  HeaderList headers{{"content-type", "application/json"},
                     {"x-request-id", id},
                     {"x-content-type-options", "nosniff"},
                     {"cache-control", "no-store"}};
  return {std::move(headers), std::move(body)};
}

}  // namespace pagoda::api
