#include "core/net/request_writer.h"

#include <algorithm>
#include <iterator>

#include "core/net/attempt_failures.h"

namespace pagoda::net {
namespace {

/// One TLS record; a larger body goes out behind the head as a second piece of the same write.
constexpr std::size_t kCopiedBody = 15 * 1024;
constexpr std::string_view kUserAgent = "user-agent: pagoda/1.0\r\n";

bool isTokenByte(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), isTokenByte);
}

bool isHeaderValue(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

bool equalsIgnoringCase(std::string_view a, std::string_view small) {
  return std::equal(a.begin(), a.end(), small.begin(), small.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

bool isOurs(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "host",   "content-length",   "connection",          "accept-encoding", "user-agent",
      "te",     "trailer",          "transfer-encoding",   "keep-alive",      "upgrade",
      "expect", "proxy-connection", "proxy-authorization", "http2-settings"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view ours) { return equalsIgnoringCase(name, ours); });
}

/// A body of no bytes still has a length where the method is expected to carry one.
bool hasLength(const UpstreamRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

tl::unexpected<AttemptFailure> refuse(std::string message) {
  return failAttempt(FailureKind::Internal, std::move(message));
}

std::size_t roomFor(const UpstreamRequest& request, const Url& url) {
  std::size_t room = 192 + url.target.size() + 2 * url.host.size() + request.body.size();
  for (const auto& [name, value] : request.headers) room += name.size() + value.size() + 4;
  return room;
}

void addProxyAuthorization(std::string& text, const Secret& authorization) {
  if (authorization.empty()) return;
  text.append("proxy-authorization: ").append(authorization.reveal()).append("\r\n");
}

}  // namespace

tl::expected<RequestBytes, AttemptFailure> writeRequest(const UpstreamRequest& request,
                                                        const Url& url, bool proxied,
                                                        const Secret& proxyAuthorization) {
  if (!isToken(request.method) || request.method == "CONNECT") {
    return refuse("the request's method is not one that can be sent");
  }
  RequestBytes bytes;
  bytes.bodyAppended = request.body.size() <= kCopiedBody;
  std::string& text = bytes.text;
  text.reserve(roomFor(request, url) - (bytes.bodyAppended ? 0 : request.body.size()));
  const std::string authority = url.authority();
  text.append(request.method).append(" ");
  if (proxied) text.append("http://").append(authority);
  text.append(url.target).append(" HTTP/1.1\r\nhost: ").append(authority).append("\r\n");
  if (proxied) addProxyAuthorization(text, proxyAuthorization);
  text.append(kUserAgent).append("accept-encoding: identity\r\n");

  for (const auto& [name, value] : request.headers) {
    if (!isToken(name)) return refuse("a header's name has a byte that headers cannot carry");
    if (isOurs(name)) continue;
    if (!isHeaderValue(value)) {
      return refuse("the value of header " + name + " has a byte that headers cannot carry");
    }
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (hasLength(request)) {
    text.append("content-length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  text.append("\r\n");
  if (bytes.bodyAppended) text.append(request.body);
  return bytes;
}

std::string writeConnect(const Url& url, const Secret& proxyAuthorization) {
  const std::string target = url.hostAndPort();
  std::string text = "CONNECT " + target + " HTTP/1.1\r\nhost: " + target + "\r\n";
  text.append(kUserAgent);
  addProxyAuthorization(text, proxyAuthorization);
  return text.append("\r\n");
}

}  // namespace pagoda::net
