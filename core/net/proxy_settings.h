#pragma once
// Which requests go through a proxy: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl reads
// them, capital or small letters.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"
#include "core/net/url.h"

namespace pagoda::net {

/// A proxy as it is spoken to. The connection to it is plain; https:// proxies are not supported.
struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  /// "Basic ..." for Proxy-Authorization, made of the address's user and password; may be empty.
  Secret authorization;
};

class ProxySettings {
 public:
  /// No proxy for anything.
  ProxySettings() = default;
  /// Throws std::invalid_argument, naming the variable and not its value, when an address cannot be
  /// used. `variable` answers like getenv, with an empty string for what is not set.
  static ProxySettings fromEnvironment(const std::function<std::string(const char*)>& variable);
  static ProxySettings fromEnvironment();

  /// The proxy for this address, or null: none is set, NO_PROXY names the host, or it is loopback.
  const Proxy* proxyFor(const Url& url) const;

 private:
  struct Exception {
    std::string suffix;      ///< ".example.com" or a whole name
    std::uint16_t port = 0;  ///< 0: every port
  };
  void readExceptions(std::string_view list);
  bool isExcepted(const Url& url) const;

  std::optional<Proxy> forHttp_;
  std::optional<Proxy> forHttps_;
  std::vector<Exception> exceptions_;
  bool exceptAll_ = false;
};

}  // namespace pagoda::net
