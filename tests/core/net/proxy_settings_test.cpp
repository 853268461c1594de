#include "core/net/proxy_settings.h"

#include <stdexcept>

#include <catch2/catch.hpp>

using namespace pagoda::net;

namespace {

using Variables = std::map<std::string, std::string>;

ProxySettings settingsOf(const Variables& variables) {
  return ProxySettings::fromEnvironment([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

std::string proxyOf(const Variables& variables, const char* url) {
  const ProxySettings settings = settingsOf(variables);
  const Proxy* proxy = settings.proxyFor(*parseUrl(url));
  return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "none";
}

}  // namespace

TEST_CASE("each scheme has its own proxy variable", "[net][proxy]") {
  const Variables both = {{"HTTPS_PROXY", "http://secure:3128"}, {"http_proxy", "plain:8080/"}};
  CHECK(proxyOf(both, "https://api.example.com/") == "secure:3128");
  CHECK(proxyOf(both, "http://api.example.com/") == "plain:8080");
  CHECK(proxyOf({}, "https://api.example.com/") == "none");
  CHECK(proxyOf({{"ALL_PROXY", "http://all"}}, "https://api.example.com/") == "all:80");
  CHECK(proxyOf({{"HTTPS_PROXY", "http://a:1"}, {"https_proxy", "http://b:1"}}, "https://x/") ==
        "a:1");
}

TEST_CASE("loopback is never proxied", "[net][proxy]") {
  const Variables all = {{"ALL_PROXY", "http://proxy:3128"}};
  for (const char* url : {"http://localhost:11434/", "http://127.0.0.1/", "https://[::1]/"}) {
    CHECK(proxyOf(all, url) == "none");
  }
}

TEST_CASE("NO_PROXY names hosts, domains, ports and everything", "[net][proxy]") {
  struct Case {
    const char* exceptions;
    const char* url;
    bool proxied;
  };
  const Case cases[] = {
      {"example.com", "https://example.com/", false},
      {"example.com", "https://api.example.com/", false},
      {"example.com", "https://badexample.com/", true},
      {"example.com", "https://example.com.evil.org/", true},
      {".example.com", "https://api.example.com/", false},
      {".example.com", "https://example.com/", false},
      {"*.example.com", "https://api.example.com/", false},
      {" a.org , EXAMPLE.com ", "https://example.com/", false},
      {"example.com:8443", "https://example.com/", true},
      {"example.com:8443", "https://example.com:8443/", false},
      {"10.0.0.1", "https://10.0.0.1/", false},
      {"0.0.1", "https://10.0.0.1/", true},
      {"2001:db8::1", "https://[2001:db8::1]/", false},
      {"[2001:db8::1]:443", "https://[2001:db8::1]/", false},
      {"*", "https://example.com/", false},
      {",,", "https://example.com/", true},
      {".", "https://example.com/", true},
      {"[]", "https://example.com/", true},
  };
  for (const Case& c : cases) {
    INFO(c.exceptions << " " << c.url);
    const Variables variables = {{"HTTPS_PROXY", "http://proxy:3128"}, {"NO_PROXY", c.exceptions}};
    CHECK((proxyOf(variables, c.url) != "none") == c.proxied);
  }
}

TEST_CASE("user and password of a proxy become its authorization", "[net][proxy]") {
  const ProxySettings settings =
      settingsOf({{"HTTPS_PROXY", "http://Aladdin:open%20sesame@proxy:1"}});
  const Proxy* proxy = settings.proxyFor(*parseUrl("https://example.com/"));
  REQUIRE(proxy);
  CHECK(proxy->authorization.reveal() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_CASE("a proxy address that cannot be used is refused without showing it", "[net][proxy]") {
  for (const char* value :
       {"https://user:hunter2@proxy:1", "socks5://proxy:1", "http://:hunter2"}) {
    try {
      settingsOf({{"HTTPS_PROXY", value}});
      FAIL("accepted " << value);
    } catch (const std::invalid_argument& error) {
      const std::string message = error.what();
      CHECK(message.find("HTTPS_PROXY") != std::string::npos);
      CHECK(message.find("hunter2") == std::string::npos);
    }
  }
}
