#include "core/net/url.h"

#include <catch2/catch.hpp>

using namespace pagoda::net;

TEST_CASE("an address is taken apart", "[net][url]") {
  struct Case {
    const char* text;
    bool tls;
    const char* host;
    int port;
    const char* target;
    const char* authority;
  };
  const Case cases[] = {
      {"http://Example.COM", false, "example.com", 80, "/", "example.com"},
      {"HTTPS://api.example.com/v1/chat?x=1#part", true, "api.example.com", 443, "/v1/chat?x=1",
       "api.example.com"},
      {"http://127.0.0.1:11434/v1", false, "127.0.0.1", 11434, "/v1", "127.0.0.1:11434"},
      {"https://host:443/a//b/../c", true, "host", 443, "/a//b/../c", "host"},
      {"http://host?q=a/b", false, "host", 80, "/?q=a/b", "host"},
      {"http://[::1]:8080/x", false, "::1", 8080, "/x", "[::1]:8080"},
      {"https://[2001:DB8::1]/", true, "2001:db8::1", 443, "/", "[2001:db8::1]"},
      {"http://my_host-1.local.", false, "my_host-1.local.", 80, "/", "my_host-1.local."},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const auto url = parseUrl(c.text);
    REQUIRE(url);
    CHECK(url->tls == c.tls);
    CHECK(url->host == c.host);
    CHECK(url->port == c.port);
    CHECK(url->target == c.target);
    CHECK(url->authority() == c.authority);
  }
  CHECK(parseUrl("http://user:p%40ss@host:3128")->userInfo == "user:p%40ss");
  CHECK(parseUrl("http://[::1]/")->hostAndPort() == "[::1]:80");
}

TEST_CASE("what is no http address is refused", "[net][url]") {
  for (const char* text : {"",
                           "host",
                           "//host",
                           "ftp://host",
                           "http:/host",
                           "http://",
                           "http:///path",
                           "http://:80/",
                           "http://host:/",
                           "http://host:0/",
                           "http://host:65536/",
                           "http://host:8a/",
                           "http://host:-1/",
                           "http://ho st/",
                           "http://host/a b",
                           "http://host/\r\nX: y",
                           "http://h\xC3\xB6st/",
                           "http://[::1",
                           "http://[::1]x/",
                           "http://[fe80::zz]/",
                           "http://::1/",
                           "http://a@b@c d/"}) {
    INFO(text);
    CHECK_FALSE(parseUrl(text));
  }
  CHECK_FALSE(parseUrl("http://host/" + std::string(1, '\0')));
  CHECK_FALSE(parseUrl("http://" + std::string(300, 'a') + "/"));
}

TEST_CASE("percent escapes are decoded once", "[net][url]") {
  CHECK(percentDecode("a%40b%3a%2541%zz%4") == "a@b:%41%zz%4");
}

TEST_CASE("loopback is known by its names and addresses", "[net][url]") {
  for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.8.9.10", "::1"})
    CHECK(isLoopback(host));
  for (const char* host : {"127.example.com", "128.0.0.1", "localhost.example.com", "::2"}) {
    CHECK_FALSE(isLoopback(host));
  }
}
