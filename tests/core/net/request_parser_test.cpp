#include "core/net/request_parser.h"

#include <catch2/catch.hpp>

namespace pagoda::net {
namespace {

using State = RequestParser::State;

/// Feeds the bytes in one piece, and again byte by byte: the outcome may not depend on the cut.
struct Parsed {
  State state = State::More;
  int status = 0;
  std::string buffer;
  RequestParser parser;

  explicit Parsed(std::string bytes, HeadLimits limits = {})
      : buffer(std::move(bytes)), parser(limits) {
    RequestParser slow(limits);
    std::string grown;
    State slowState = State::More;
    for (const char c : buffer) {
      grown.push_back(c);
      grown.reserve(grown.size() + (grown.size() % 7));  // the buffer moves now and then
      slowState = slow.parse(grown.data(), grown.size());
      if (slowState != State::More) break;
    }
    state = parser.parse(buffer.data(), buffer.size());
    status = parser.refusal().status;
    CHECK(slowState == state);
    CHECK(slow.refusal().status == status);
  }
  const HttpRequest& request() { return parser.head().request; }
};

std::string get(std::string_view target, std::string_view fields = "Host: a\r\n") {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

TEST_CASE("a valid head is taken apart", "[net][http][parser]") {
  Parsed parsed(
      "POST /v1/chat?x=1&y=%20 HTTP/1.1\r\nHost: pagoda.example:8080\r\nX-Mixed-CASE: \t two words "
      "\r\n"
      "Content-Length: 12\r\nEmpty:\r\n\r\nbody follows");
  REQUIRE(parsed.state == State::Complete);
  const HttpRequest& request = parsed.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v1/chat?x=1&y=%20");
  CHECK(request.path == "/v1/chat");
  CHECK(request.query == "x=1&y=%20");
  CHECK_FALSE(request.http10);
  CHECK(request.headers.size() == 4);
  CHECK(request.header("host") == "pagoda.example:8080");
  CHECK(request.header("x-mixed-case") == "two words");
  CHECK(request.count("empty") == 1);
  CHECK(request.header("empty").empty());
  CHECK(parsed.parser.head().body == BodyKind::Sized);
  CHECK(parsed.parser.head().contentLength == 12);
  CHECK(parsed.buffer.substr(parsed.parser.head().size) == "body follows");
}

TEST_CASE("heads with one reading are accepted", "[net][http][parser]") {
  const std::pair<const char*, std::string> cases[] = {
      {"no body", get("/")},
      {"an empty line first", "\r\n" + get("/")},
      {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute form of the same host", get("http://A.example/x?y", "Host: a.example\r\n")},
      {"absolute form without a path", get("https://a", "Host: a\r\n")},
      {"chunked", get("/", "Host: a\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked in capitals", get("/", "Host: a\r\nTransfer-Encoding: Chunked\r\n")},
      {"no blank behind the colon", get("/", "Host:a\r\nContent-Length:5\r\n")},
      {"length zero", get("/", "Host: a\r\nContent-Length: 0\r\n")},
      {"the largest length", get("/", "Host: a\r\nContent-Length: 9223372036854775807\r\n")},
      {"IPv4 host", get("/", "Host: 127.0.0.1:80\r\n")},
      {"IPv6 host", get("/", "Host: [::1]:8080\r\n")},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"},
      {"obs-text in a value", get("/", "Host: a\r\nX: caf\xc3\xa9\r\n")},
      {"an upgrade, which is ignored",
       get("/",
           "Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
           "AAA\r\n")},
      {"a model id with an escaped slash", get("/v1/models/openai%2Fgpt-4o")},
      {"dots within a segment", get("/a..b/...c/.well-known")},
      {"UTF-8 escapes", get("/%E4%BA%88%E7%AE%97")},
      {"brackets in the query", get("/?a[]=1&b={x|y}")},
      {"escaped line ends in the query", get("/?a=%0d%0aSet-Cookie:%20x")},
      {"100-continue", get("/", "Host: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n")},
      {"many Cookie fields", get("/", "Host: a\r\nCookie: a\r\nCookie: b\r\n")},
  };
  for (const auto& [name, bytes] : cases) {
    DYNAMIC_SECTION(name) {
      Parsed parsed(bytes);
      CHECK(parsed.state == State::Complete);
      CHECK(parsed.parser.head().size == bytes.size());
    }
  }
}

TEST_CASE("heads that two readers could read differently are refused", "[net][http][parser]") {
  struct Case {
    const char* name;
    std::string bytes;
    int status = 400;
  };
  const std::string nul(1, '\0');
  const Case cases[] = {
      // Framing
      {"length and chunked",
       get("/", "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked and length",
       get("/", "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
      {"two lengths", get("/", "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n")},
      {"two equal lengths", get("/", "Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n")},
      {"a list of lengths", get("/", "Host: a\r\nContent-Length: 3, 3\r\n")},
      {"an empty length", get("/", "Host: a\r\nContent-Length: \r\n")},
      {"a signed length", get("/", "Host: a\r\nContent-Length: +3\r\n")},
      {"a negative length", get("/", "Host: a\r\nContent-Length: -3\r\n")},
      {"a hexadecimal length", get("/", "Host: a\r\nContent-Length: 0x10\r\n")},
      {"a length with a fraction", get("/", "Host: a\r\nContent-Length: 3.0\r\n")},
      {"a length with an exponent", get("/", "Host: a\r\nContent-Length: 1e3\r\n")},
      {"a length with a blank inside", get("/", "Host: a\r\nContent-Length: 1 2\r\n")},
      {"a length behind two blanks", get("/", "Host: a\r\nContent-Length:  3\r\n")},
      {"a length with a blank behind", get("/", "Host: a\r\nContent-Length: 3 \r\n")},
      {"a length behind a tab", get("/", "Host: a\r\nContent-Length:\t3\r\n")},
      {"a length of 2^63", get("/", "Host: a\r\nContent-Length: 9223372036854775808\r\n")},
      {"a length of 2^64+5", get("/", "Host: a\r\nContent-Length: 18446744073709551621\r\n")},
      {"a length of 40 digits",
       get("/", "Host: a\r\nContent-Length: " + std::string(40, '0') + "\r\n")},
      {"an unknown coding", get("/", "Host: a\r\nTransfer-Encoding: xchunked\r\n")},
      {"gzip, chunked", get("/", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n")},
      {"chunked, identity", get("/", "Host: a\r\nTransfer-Encoding: chunked, identity\r\n")},
      {"chunked, chunked", get("/", "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n")},
      {"two codings",
       get("/", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
      {"chunked with a parameter", get("/", "Host: a\r\nTransfer-Encoding: chunked;q=1\r\n")},
      {"identity", get("/", "Host: a\r\nTransfer-Encoding: identity\r\n")},
      {"an empty coding", get("/", "Host: a\r\nTransfer-Encoding:\r\n")},
      {"a coding behind VT", get("/",
                                 "Host: a\r\nTransfer-Encoding: \x0b"
                                 "chunked\r\n")},
      {"a coding behind a tab", get("/", "Host: a\r\nTransfer-Encoding:\tchunked\r\n")},
      {"a quoted coding", get("/", "Host: a\r\nTransfer-Encoding: \"chunked\"\r\n")},
      {"chunked with HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      // Fields
      {"a blank ahead of the colon", get("/", "Host: a\r\nContent-Length : 3\r\n")},
      {"a blank ahead of Host's colon", get("/", "Host : a\r\n")},
      {"a folded line", get("/", "Host: a\r\nX: 1\r\n 2\r\n")},
      {"a line folded by a tab", get("/", "Host: a\r\nX: 1\r\n\t2\r\n")},
      {"a blank ahead of the first field", get("/", " Host: a\r\n")},
      {"no colon", get("/", "Host: a\r\nNoColon\r\n")},
      {"an empty name", get("/", "Host: a\r\n: 1\r\n")},
      {"a blank in a name", get("/", "Host: a\r\nX A: 1\r\n")},
      {"a control byte in a name", get("/", "Host: a\r\nX\x01: 1\r\n")},
      {"a non-ASCII name", get("/", "Host: a\r\n\xc3\xa9: 1\r\n")},
      {"a separator in a name", get("/", "Host: a\r\nX(y): 1\r\n")},
      {"a bare CR in a value", get("/", "Host: a\r\nX: a\rX-B: b\r\n")},
      {"a bare LF in a value", get("/", "Host: a\r\nX: a\nX-B: b\r\n")},
      {"NUL in a value", get("/", "Host: a\r\nX: a" + nul + "b\r\n")},
      {"DEL in a value", get("/", "Host: a\r\nX: a\x7f\r\n")},
      {"ESC in a value", get("/", "Host: a\r\nX: \x1b[2J\r\n")},
      {"line ends without CR", "GET / HTTP/1.1\nHost: a\n\n"},
      {"a last line end without CR", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"},
      {"two credentials",
       get("/", "Host: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n")},
      {"two content types", get("/", "Host: a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n")},
      // Host
      {"no Host", get("/", "X: 1\r\n")},
      {"two Hosts", get("/", "Host: a\r\nHost: b\r\n")},
      {"an empty Host", get("/", "Host:\r\n")},
      {"Host with a blank", get("/", "Host: a b\r\n")},
      {"Host with a user", get("/", "Host: a@b\r\n")},
      {"Host with a path", get("/", "Host: a/b\r\n")},
      {"a list of Hosts", get("/", "Host: a,b\r\n")},
      {"Host with a bad port", get("/", "Host: a:8x\r\n")},
      {"Host with a port too large", get("/", "Host: a:65536\r\n")},
      {"Host with two ports", get("/", "Host: a:1:2\r\n")},
      {"Host with an open bracket", get("/", "Host: [::1\r\n")},
      {"Host with brackets around a name", get("/", "Host: [abc]\r\n")},
      {"Host with an escape", get("/", "Host: a%2eb\r\n")},
      {"two Hosts with HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
      // Request line
      {"HTTP/0.9", "GET /\r\n"},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two blanks ahead of the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two blanks ahead of the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a blank ahead of the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a blank at the line's end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"version 9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n"},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"version 1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
      {"version 01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n"},
      {"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"version with a letter", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n"},
      {"another protocol", "GET / ICY/1.1\r\nHost: a\r\n\r\n"},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"a TLS hello", "\x16\x03\x01\x02"},
      {"a quote in the method", "PO\"ST / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"two empty lines first", "\r\n\r\n" + get("/")},
      // Target
      {"an authority", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"},
      {"* for GET", get("*")},
      {"no slash", get("x")},
      {"another scheme", get("ftp://a/x")},
      {"another host", get("http://b/x")},
      {"a user in the target", get("http://a@b/x", "Host: b\r\n")},
      {"an absolute form without host", get("http:///x")},
      {"a fragment", get("/x#y")},
      {"a backslash", get("/x\\y")},
      {"a quote", get("/x\"y")},
      {"a raw non-ASCII byte", get("/caf\xc3\xa9")},
      {"dot segments", get("/../../etc/passwd")},
      {"a dot segment at the end", get("/a/..")},
      {"a single dot", get("/./a")},
      {"escaped dots", get("/%2e%2e/%2e%2e/etc")},
      {"escaped slashes around dots", get("/a/..%2f..%2fetc")},
      {"escaped backslashes around dots", get("/a%5c..%5cetc")},
      {"dot segments in absolute form", get("http://a/../x")},
      {"an escaped NUL", get("/%00")},
      {"an escaped NUL in the query", get("/?a=%00")},
      {"escaped line ends in the path", get("/a%0d%0aX:%201")},
      {"overlong UTF-8", get("/%c0%ae%c0%ae/")},
      {"overlong UTF-8 of three bytes", get("/%e0%80%af")},
      {"an escaped surrogate", get("/%ed%a0%80")},
      {"a bad escape", get("/%zz")},
      {"a cut-off escape", get("/%2")},
      {"a bad escape in the query", get("/?%g0")},
      // Expectations
      {"an unknown expectation", get("/", "Host: a\r\nExpect: 200-ok\r\n"), 417},
      {"two expectations", get("/", "Host: a\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n")},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Parsed parsed(c.bytes);
      CHECK(parsed.state == State::Refused);
      CHECK(parsed.status == c.status);
      CHECK_FALSE(parsed.parser.refusal().why.empty());
    }
  }
}

TEST_CASE("heads over a limit are refused before they end", "[net][http][parser]") {
  const HeadLimits limits{2048, 512, 10};
  struct Case {
    const char* name;
    std::string bytes;
    int status;
  };
  std::string fields;
  for (int i = 0; i < 11; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  const Case cases[] = {
      {"a long target", "GET /" + std::string(512, 'q') + " HTTP/1.1\r\n", 414},
      {"a request line without end", "GET /" + std::string(2100, 'q'), 414},
      {"a version without end", "GET /x HTTP/1.1 " + std::string(2100, 'j'), 414},
      {"a long value", "GET / HTTP/1.1\r\nX: " + std::string(2100, 'v'), 431},
      {"many fields", "GET / HTTP/1.1\r\n" + fields, 431},
      {"a head that is whole and too long",
       get("/", "Host: a\r\nX: " + std::string(2048, 'v') + "\r\n"), 431},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Parsed parsed(c.bytes, limits);
      CHECK(parsed.state == State::Refused);
      CHECK(parsed.status == c.status);
    }
  }
}

TEST_CASE("keep-alive follows version and Connection", "[net][http][parser]") {
  struct Case {
    const char* name;
    std::string bytes;
    bool keepAlive;
  };
  const Case cases[] = {
      {"1.1", get("/"), true},
      {"1.1 close", get("/", "Host: a\r\nConnection: close\r\n"), false},
      {"close in a list", get("/", "Host: a\r\nConnection: te , CLOSE\r\n"), false},
      {"close in a second field", get("/", "Host: a\r\nConnection: te\r\nConnection: close\r\n"),
       false},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", false},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
      {"1.0 both", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Parsed parsed(c.bytes);
      REQUIRE(parsed.state == State::Complete);
      CHECK(parsed.parser.head().keepAlive == c.keepAlive);
    }
  }
}

TEST_CASE("a parser serves the next request after reset()", "[net][http][parser]") {
  RequestParser parser{HeadLimits{}};
  std::string first = get("/one", "Host: a\r\nX: 1\r\n");
  REQUIRE(parser.parse(first.data(), first.size()) == State::Complete);
  parser.reset();
  std::string second = get("/two");
  REQUIRE(parser.parse(second.data(), second.size()) == State::Complete);
  CHECK(parser.head().request.path == "/two");
  CHECK(parser.head().request.headers.size() == 1);
}

}  // namespace
}  // namespace pagoda::net
