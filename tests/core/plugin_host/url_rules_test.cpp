#include "core/plugin_host/url_rules.h"

#include <catch2/catch.hpp>

using pagoda::plugin_host::readUrl;
using pagoda::plugin_host::UrlRules;

TEST_CASE("a URL is read as the HTTP client will read it", "[plugin_host][url]") {
  const auto plain = readUrl("HTTPS://Api.Example.com/v1?x=/@");
  REQUIRE(plain);
  CHECK(plain->scheme == "https");
  CHECK(plain->host == "api.example.com");
  CHECK(plain->port == 443);
  CHECK(readUrl("http://[::1]:8080/")->host == "[::1]");
  CHECK(readUrl("http://[::1]:8080/")->port == 8080);
  for (const char* wrong : {"", "api.example.com", "ftp://a", "https://", "https://a:0/",
                            "https://a:99999/", "https://a:/", "https://user@a/", "https://a b/",
                            "https://a/\r\nx", "https://a/#f", "https://a\\@b/", "https://[::1/",
                            "https://a:80:90/", "https:///x", "https://\xe3\x81\x82/"}) {
    INFO(wrong);
    CHECK_FALSE(readUrl(wrong));
  }
}

TEST_CASE("a plugin reaches the hosts of its manifest and of base_url, and no other",
          "[plugin_host][url]") {
  const UrlRules rules({"api.example.com", "*.example.org", "box:8443"}, "http://10.0.0.7:8000/v1");
  for (const char* allowed :
       {"https://api.example.com/", "https://API.example.com:444/", "https://eu.example.org/",
        "https://a.b.example.org/", "https://box:8443/", "http://10.0.0.7:8000/x"}) {
    INFO(allowed);
    CHECK(rules.refusal(allowed).empty());
  }
  for (const char* refused :
       {"https://example.com/", "https://example.org/", "https://evilexample.org/", "https://box/",
        "http://api.example.com/", "http://10.0.0.7:8001/", "https://api.example.com.evil.net/"}) {
    INFO(refused);
    CHECK_FALSE(rules.refusal(refused).empty());
  }
  CHECK(UrlRules({"*"}, "").refusal("https://anything.example/").empty());
  CHECK(UrlRules({"*"}, "").refusal("http://127.0.0.1:11434/").empty());
  CHECK_FALSE(UrlRules({"*"}, "").refusal("http://anything.example/").empty());
  CHECK_FALSE(UrlRules({"*"}, "").refusal("http://127.0.0.1.evil.net/").empty());
}
