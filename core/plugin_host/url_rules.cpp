#include "core/plugin_host/url_rules.h"

#include <algorithm>
#include <charconv>

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kLongestUrl = 16'384;
constexpr int kLastPort = 65535;

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool isHost(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  if (host.front() == '[')
    return host.size() > 2 && host.back() == ']' &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdef:.") ==
               std::string_view::npos;
  return std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

std::optional<int> readPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > kLastPort)
    return std::nullopt;
  return port;
}

}  // namespace

std::optional<UrlParts> readUrl(std::string_view url) {
  if (url.size() > kLongestUrl) return std::nullopt;
  if (!std::ranges::all_of(url,
                           [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; }))
    return std::nullopt;
  UrlParts parts;
  const std::string start = lowered(url.substr(0, 8));
  if (start.starts_with("https://")) {
    parts.scheme = "https";
  } else if (start.starts_with("http://")) {
    parts.scheme = "http";
  } else {
    return std::nullopt;
  }
  url.remove_prefix(parts.scheme.size() + 3);
  const std::string authority = lowered(url.substr(0, url.find_first_of("/?")));
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string::npos) return std::nullopt;
  const std::size_t colon = authority.find(':', bracket);
  parts.host = authority.substr(0, colon);
  parts.port = parts.scheme == "https" ? 443 : 80;
  if (colon != std::string::npos) {
    const auto port = readPort(std::string_view(authority).substr(colon + 1));
    if (!port) return std::nullopt;
    parts.port = *port;
  }
  if (!isHost(parts.host)) return std::nullopt;
  return parts;
}

bool isLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") &&
          host.find_first_not_of("0123456789.") == std::string_view::npos);
}

UrlRules::UrlRules(const std::vector<std::string>& hosts, std::string_view baseUrl) {
  for (const std::string& host : hosts) hosts_.push_back(lowered(host));
  if (const auto base = readUrl(baseUrl)) {
    baseHost_ = base->host;
    basePort_ = base->port;
    basePlain_ = base->scheme == "http";
  }
}

bool UrlRules::names(const UrlParts& url) const {
  if (!baseHost_.empty() && url.host == baseHost_ && url.port == basePort_) return true;
  const std::string withPort = url.host + ":" + std::to_string(url.port);
  return std::ranges::any_of(hosts_, [&](const std::string& allowed) {
    if (allowed == "*" || allowed == url.host || allowed == withPort) return true;
    // "*.example.com" names the hosts below example.com, not itself.
    return allowed.starts_with("*.") && url.host.size() > allowed.size() - 1 &&
           url.host.ends_with(std::string_view(allowed).substr(1));
  });
}

std::string UrlRules::refusal(std::string_view url) const {
  const auto parts = readUrl(url);
  if (!parts) return "the plugin asked for something that is no http or https URL";
  if (!names(*parts))
    return "the plugin may not send to " + parts->host + " (permissions.hosts, base_url)";
  const bool base = parts->host == baseHost_ && parts->port == basePort_;
  if (parts->scheme == "http" && !(base && basePlain_) && !isLoopback(parts->host))
    return "the plugin may not send to " + parts->host + " without TLS";
  return {};
}

}  // namespace pagoda::plugin_host
