#include "core/net/proxy_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace pagoda::net {
namespace {

std::string base64(std::string_view plain) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < plain.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, plain.size() - i);
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < left ? static_cast<unsigned char>(plain[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= left ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

/// The first of `names` that is set.
std::optional<Proxy> readProxy(const std::function<std::string(const char*)>& variable,
                               std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string value = variable(name);
    if (value.empty()) continue;
    if (value.find("://") == std::string::npos) value = "http://" + value;
    const std::optional<Url> url = parseUrl(value);
    if (!url || url->tls) {
      throw std::invalid_argument(std::string(name) +
                                  " must be http://[user:password@]host[:port]");
    }
    Proxy proxy{url->host, url->port, Secret{}};
    if (!url->userInfo.empty()) {
      proxy.authorization = Secret("Basic " + base64(percentDecode(url->userInfo)));
    }
    return proxy;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

ProxySettings ProxySettings::fromEnvironment() {
  return fromEnvironment([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  });
}

ProxySettings ProxySettings::fromEnvironment(
    const std::function<std::string(const char*)>& variable) {
  ProxySettings settings;
  settings.forHttps_ =
      readProxy(variable, {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"});
  settings.forHttp_ = readProxy(variable, {"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"});
  const std::string capital = variable("NO_PROXY");
  settings.readExceptions(capital.empty() ? variable("no_proxy") : capital);
  return settings;
}

void ProxySettings::readExceptions(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (item == "*") exceptAll_ = true;
    if (item.starts_with("*.")) item.remove_prefix(1);
    if (item.empty() || item == "*") continue;

    // "host:port" and "[::1]:port", but the colons of a bare IPv6 address are its own.
    Exception exception;
    const std::size_t colon = item.rfind(':');
    if (colon != std::string_view::npos && colon > 0 &&
        (item.find(':') == colon || item[colon - 1] == ']')) {
      std::from_chars(item.data() + colon + 1, item.data() + item.size(), exception.port);
      item = item.substr(0, colon);
    }
    if (item.starts_with('[') && item.ends_with(']')) item = item.substr(1, item.size() - 2);
    if (item.empty()) continue;
    exception.suffix.assign(item);
    std::transform(exception.suffix.begin(), exception.suffix.end(), exception.suffix.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    exceptions_.push_back(std::move(exception));
  }
}

bool ProxySettings::isExcepted(const Url& url) const {
  if (exceptAll_) return true;
  return std::any_of(exceptions_.begin(), exceptions_.end(), [&](const Exception& e) {
    if (e.port != 0 && e.port != url.port) return false;
    std::string_view suffix = e.suffix;
    if (suffix.front() == '.') suffix.remove_prefix(1);
    if (url.host == suffix) return true;
    // "example.com" covers its subdomains, yet not "badexample.com"; an address covers only itself.
    return !isIpLiteral(url.host) && url.host.size() > suffix.size() &&
           url.host.ends_with(suffix) && url.host[url.host.size() - suffix.size() - 1] == '.';
  });
}

const Proxy* ProxySettings::proxyFor(const Url& url) const {
  const std::optional<Proxy>& proxy = url.tls ? forHttps_ : forHttp_;
  if (!proxy || isLoopback(url.host) || isExcepted(url)) return nullptr;
  return &*proxy;
}

}  // namespace pagoda::net
