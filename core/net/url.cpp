#include "core/net/url.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace pagoda::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool isVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool isHostName(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool isIpv6(std::string_view host) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

bool readPort(std::string_view text, std::uint16_t& port) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end && port != 0;
}

bool readHostAndPort(std::string_view text, Url& url) {
  std::string_view host = text;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    if (!isIpv6(host)) return false;
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (!isHostName(host)) return false;
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  url.host.assign(host);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower);
  url.port = url.tls ? 443 : 80;
  return port.empty() || readPort(port.substr(1), url.port);
}

bool takeScheme(std::string_view& text, bool& tls) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return false;
  std::string scheme(text.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  tls = scheme == "https";
  text.remove_prefix(end + 3);
  return tls || scheme == "http";
}

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

std::string Url::hostAndPort() const {
  const bool bracketed = host.find(':') != std::string::npos;
  std::string text;
  text.reserve(host.size() + 8);
  if (bracketed) text += '[';
  text += host;
  if (bracketed) text += ']';
  text += ':';
  text += std::to_string(port);
  return text;
}

std::string Url::authority() const {
  std::string text = hostAndPort();
  if (port == (tls ? 443 : 80)) text.resize(text.rfind(':'));
  return text;
}

std::optional<Url> parseUrl(std::string_view text) {
  Url url;
  if (!isVisibleAscii(text) || !takeScheme(text, url.tls)) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const std::size_t pathStart = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, pathStart);
  const std::string_view target = text.substr(pathStart);

  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    url.userInfo.assign(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  if (!readHostAndPort(authority, url)) return std::nullopt;
  if (target.empty() || target.front() == '?') url.target = '/';
  url.target += target;
  return url;
}

std::string percentDecode(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool whole = text[i] == '%' && i + 2 < text.size();
    const int high = whole ? hexValue(text[i + 1]) : -1;
    const int low = whole ? hexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

bool isIpLiteral(std::string_view host) {
  in_addr v4{};
  return inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1 || isIpv6(host);
}

bool isLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1" || host.ends_with(".localhost")) return true;
  return host.starts_with("127.") && isIpLiteral(host);
}

}  // namespace pagoda::net
