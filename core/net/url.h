#pragma once
// Absolute http and https addresses, as upstreams and proxies are named in the configuration.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pagoda::net {

struct Url {
  bool tls = false;
  std::string host;  ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;    ///< path and query as given, at least "/"; the fragment is gone
  std::string userInfo;  ///< "user:password" as given, else empty; used for proxies alone

  /// "host" or "host:port" for the Host header; the default port is left out, IPv6 is bracketed.
  std::string authority() const;
  /// "host:port", always with the port, for CONNECT and for messages.
  std::string hostAndPort() const;
};

/// Empty for anything but http(s)://[user@]host[:port][/path][?query][#fragment] made of visible
/// ASCII. Nothing is normalised in the target: what the configuration says is what is sent.
std::optional<Url> parseUrl(std::string_view text);

/// "%41" becomes "A"; a broken escape stays as it is.
std::string percentDecode(std::string_view text);

/// The text says an IPv4 or IPv6 address rather than a name.
bool isIpLiteral(std::string_view host);
/// localhost, its subdomains, 127.0.0.0/8 and ::1.
bool isLoopback(std::string_view host);

}  // namespace pagoda::net
