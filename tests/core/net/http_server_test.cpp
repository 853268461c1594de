#include "core/net/http_server.h"

#include <catch2/catch.hpp>

#include "tests/core/net/server_fixture.h"

namespace pagoda::net {
namespace {

using testing::RawClient;
using testing::RawResponse;

TEST_CASE("a request is answered and the connection kept", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(client.send(postRequest("/echo", "number " + std::to_string(i))));
    const RawResponse response = client.readResponse();
    REQUIRE(response.status == 200);
    CHECK(response.body == "POST /echo number " + std::to_string(i));
    CHECK(response.header("connection").empty());
    CHECK(response.header("date") == "Wed, 25 Nov 2026 00:00:00 GMT");
  }
  CHECK(test.handler.requests == 200);
}

TEST_CASE("pipelined requests are answered in their order", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  std::string all;
  for (int i = 0; i < 50; ++i) all += postRequest("/" + std::to_string(i), std::to_string(i));
  all += getRequest("/last", "Connection: close\r\n");
  REQUIRE(client.send(all));
  const auto responses = client.readResponses();
  REQUIRE(responses.size() == 51);
  for (int i = 0; i < 50; ++i) {
    CHECK(responses[static_cast<std::size_t>(i)].body ==
          "POST /" + std::to_string(i) + " " + std::to_string(i));
  }
  CHECK(responses.back().body == "GET /last ");
  CHECK(responses.back().header("connection") == "close");
  CHECK_FALSE(client.wasReset());
}

TEST_CASE("more pipelined bytes than are read ahead are served too", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  const std::string padding = "X-Padding: " + std::string(4000, 'p') + "\r\n";
  std::string all;
  for (int i = 0; i < 40; ++i) all += getRequest("/" + std::to_string(i), padding);
  all += getRequest("/last", "Connection: close\r\n");
  REQUIRE(client.send(all));
  const auto responses = client.readResponses();
  REQUIRE(responses.size() == 41);
  CHECK(responses[39].body == "GET /39 ");
}

TEST_CASE("bodies arrive whole in every framing", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  const std::string large(700'000, 'x');

  REQUIRE(client.send(postRequest("/", large)));
  CHECK(client.readResponse().body == "POST / " + large);

  REQUIRE(
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5;q=1\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n"));
  CHECK(client.readResponse().body == "POST / hello world");

  // One byte a segment, the next request in the last one.
  for (const char c : postRequest("/slow", "drip")) REQUIRE(client.send({&c, 1}));
  CHECK(client.readResponse().body == "POST /slow drip");
}

TEST_CASE("a body may be asked for only once and only up to the limit", "[net][http][server]") {
  ServerLimits limits;
  limits.maxBodyBytes = 1000;
  TestServer test(limits);

  SECTION("exactly the limit") {
    RawClient client(test.port);
    REQUIRE(client.send(postRequest("/", std::string(1000, 'b'))));
    CHECK(client.readResponse().status == 200);
  }
  SECTION("a declared length above it is refused before the body comes") {
    RawClient client(test.port);
    REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"));
    const auto responses = client.readResponses();
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].status == 413);
    CHECK(responses[0].header("connection") == "close");
  }
  SECTION("a chunked body that grows above it is refused and the connection closed") {
    RawClient client(test.port);
    REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 100; ++i) {
      if (!client.send("64\r\n" + std::string(100, 'c') + "\r\n")) break;
    }
    const auto responses = client.readResponses();
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].status == 413);
    CHECK(client.closed());
  }
}

TEST_CASE("malformed requests get one JSON error and the connection is closed",
          "[net][http][server]") {
  TestServer test;
  const std::string hidden = getRequest("/hidden");
  struct Case {
    const char* name;
    std::string bytes;
    int status = 400;
  };
  const std::string chunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";
  const Case cases[] = {
      {"length and chunked", chunkedHead + "Content-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
      {"two lengths",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 60\r\n\r\n{}" + hidden},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n" + hidden},
      {"no Host", "GET / HTTP/1.1\r\n\r\n" + hidden},
      {"HTTP/0.9", "GET /\r\n\r\n"},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"a header of 1 MiB",
       "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1u << 20, 'v') + "\r\n\r\n", 431},
      {"a target of 64 KiB", "GET /" + std::string(65536, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       414},
      {"an unknown expectation",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: x\r\n\r\n{}" + hidden, 417},
      {"an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" + hidden, 501},
      {"chunk size 0x5", chunkedHead + "\r\n0x5\r\nhello\r\n0\r\n\r\n" + hidden},
      {"chunk without its line end", chunkedHead + "\r\n5\r\nhelloXY0\r\n\r\n" + hidden},
      {"chunk extension of 1 MiB",
       chunkedHead + "\r\n5;a=" + std::string(1u << 20, 'e') + "\r\nhello\r\n0\r\n\r\n"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      RawClient client(test.port);
      client.send(c.bytes);
      const auto responses = client.readResponses();
      REQUIRE(responses.size() == 1);
      CHECK(responses[0].status == c.status);
      CHECK(responses[0].complete);
      CHECK(responses[0].body.find("{\"error\":") == 0);
      CHECK(responses[0].header("connection") == "close");
      CHECK(client.closed());
      CHECK_FALSE(client.wasReset());
    }
  }
}

TEST_CASE("a body that is cut off is never taken for whole", "[net][http][server]") {
  TestServer test;
  for (const std::string head :
       {"Content-Length: 50\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"}) {
    RawClient client(test.port);
    REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\n" + head));
    client.endSending();
    const auto responses = client.readResponses();
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].status == 400);
  }
}

TEST_CASE("an early answer is read by a client that still sends", "[net][http][server]") {
  TestServer test;
  test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                          Runtime&) -> Task<void> {
    const HeaderList headers;
    co_await response.send(401, headers, "{\"error\":{}}");
  };
  RawClient client(test.port);
  const std::string hidden = getRequest("/hidden");
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                      std::to_string(hidden.size() + 2'000'000) + "\r\n\r\n" + hidden));
  REQUIRE(client.send(std::string(2'000'000, 'z')));
  const auto responses = client.readResponses();
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].status == 401);
  CHECK(responses[0].header("connection") == "close");
  CHECK_FALSE(client.wasReset());
  CHECK(test.handler.requests == 1);
}

TEST_CASE("what is read after an early answer is bounded", "[net][http][server]") {
  ServerLimits limits;
  limits.lingerBytes = 100'000;
  TestServer test(limits);
  test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                          Runtime&) -> Task<void> {
    const HeaderList headers;
    co_await response.send(401, headers, "no");
  };
  RawClient client(test.port);
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n"));
  std::size_t sent = 0;
  const std::string piece(65536, 'z');
  while (sent < (std::size_t{64} << 20) && client.send(piece)) sent += piece.size();
  CHECK(sent < (std::size_t{64} << 20));
}

TEST_CASE("Expect: 100-continue is answered when the route asks for the body",
          "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  const std::string head =
      "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

  SECTION("100, then the answer") {
    REQUIRE(client.send(head));
    CHECK(client.readResponse().status == 100);
    REQUIRE(client.send("hello"));
    CHECK(client.readResponse().body == "POST /e hello");
  }
  SECTION("no 100 if the body is there already") {
    REQUIRE(client.send(head + "hello"));
    CHECK(client.readResponse().body == "POST /e hello");
  }
  SECTION("no 100 if the route answers without it, and the connection ends") {
    test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                            Runtime&) -> Task<void> {
      const HeaderList headers;
      co_await response.send(401, headers, "no");
    };
    REQUIRE(client.send(head));
    const auto responses = client.readResponses();
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].status == 401);
  }
}

TEST_CASE("HEAD is answered with a head only", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  REQUIRE(client.send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n"));
  const RawResponse response = client.readResponse(true);
  CHECK(response.status == 200);
  CHECK(response.header("content-length") == std::to_string(std::string("HEAD /h ").size()));
  REQUIRE(client.send(getRequest("/after", "Connection: close\r\n")));
  const auto rest = client.readResponses();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].body == "GET /after ");
}

TEST_CASE("streamed answers are chunked, and end with the connection for HTTP/1.0",
          "[net][http][server]") {
  TestServer test;
  test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                          Runtime&) -> Task<void> {
    const HeaderList headers = {{"content-type", "text/event-stream"},
                                {"Content-Length", "7"},
                                {"x-split", "a\r\nset-cookie: b"}};
    response.start(200, headers);
    for (const char* piece : {"one ", "two ", "", "three"}) {
      response.append(piece);
      const Result<void> flushed = co_await response.flush();
      if (!flushed) co_return;
    }
    co_await response.finish();
  };

  SECTION("HTTP/1.1") {
    RawClient client(test.port);
    REQUIRE(client.send(getRequest("/")));
    const RawResponse response = client.readResponse();
    CHECK(response.body == "one two three");
    CHECK(response.chunks == "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n");
    CHECK(response.header("content-length").empty());
    CHECK(response.header("x-split").empty());
    CHECK(response.header("set-cookie").empty());
    REQUIRE(client.send(getRequest("/")));
    CHECK(client.readResponse().body == "one two three");
  }
  SECTION("HTTP/1.0") {
    RawClient client(test.port);
    REQUIRE(client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"));
    const auto responses = client.readResponses();
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].header("transfer-encoding").empty());
    CHECK(responses[0].header("connection") == "close");
    CHECK(responses[0].body == "one two three");
  }
  SECTION("HEAD") {
    RawClient client(test.port);
    REQUIRE(client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    const std::string& received = client.readToEnd();
    CHECK(received.substr(received.find("\r\n\r\n")) == "\r\n\r\n");
  }
}

TEST_CASE("HTTP/1.0 with keep-alive serves a second request", "[net][http][server]") {
  TestServer test;
  RawClient client(test.port);
  REQUIRE(client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  const RawResponse first = client.readResponse();
  CHECK(first.body == "GET /1 ");
  CHECK(first.header("connection") == "keep-alive");
  REQUIRE(client.send("GET /2 HTTP/1.0\r\n\r\n"));
  const auto rest = client.readResponses();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].body == "GET /2 ");
}

TEST_CASE("a stream that is aborted is visibly incomplete", "[net][http][server]") {
  TestServer test;
  test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                          Runtime&) -> Task<void> {
    response.start(200, {});
    response.append("part");
    response.abort();
    co_return;
  };
  SECTION("chunked: the last chunk is missing") {
    RawClient client(test.port);
    REQUIRE(client.send(getRequest("/")));
    const RawResponse response = client.readResponse();
    CHECK(response.body == "part");
    CHECK_FALSE(response.complete);
    CHECK(client.closed());
  }
  SECTION("HTTP/1.0: reset, since its end would look like the stream's") {
    RawClient client(test.port);
    REQUIRE(client.send("GET / HTTP/1.0\r\n\r\n"));
    client.readToEnd();
    CHECK(client.wasReset());
  }
}

TEST_CASE("a route that fails is answered with 500, or broken off once it has started",
          "[net][http][server]") {
  TestServer test;
  SECTION("throws") {
    test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter&,
                            Runtime&) -> Task<void> {
      throw std::runtime_error("secret detail");
      co_return;
    };
    RawClient client(test.port);
    REQUIRE(client.send(getRequest("/")));
    const RawResponse response = client.readResponse();
    CHECK(response.status == 500);
    CHECK(response.body.find("secret") == std::string::npos);
  }
  SECTION("never answers") {
    test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter&,
                            Runtime&) -> Task<void> { co_return; };
    RawClient client(test.port);
    REQUIRE(client.send(getRequest("/")));
    CHECK(client.readResponse().status == 500);
  }
  SECTION("throws in the middle of a stream") {
    test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                            Runtime&) -> Task<void> {
      response.start(200, {});
      response.append("x");
      const Result<void> flushed = co_await response.flush();
      if (flushed) throw 42;
    };
    RawClient client(test.port);
    REQUIRE(client.send(getRequest("/")));
    CHECK_FALSE(client.readResponse().complete);
    CHECK(client.closed());
  }
}

TEST_CASE("a large answer reaches a slow reader whole", "[net][http][server]") {
  TestServer test;
  const std::string large(8u << 20, 'L');
  test.handler.route = [&large](const HttpRequest&, BodyReader&, ResponseWriter& response,
                                Runtime&) -> Task<void> {
    const HeaderList headers;
    co_await response.send(200, headers, large);
  };
  RawClient client(test.port, 8192);
  REQUIRE(client.send(getRequest("/")));
  const RawResponse response = client.readResponse();
  CHECK(response.complete);
  CHECK(response.body == large);
}

TEST_CASE("two loops share one port", "[net][http][server]") {
  testing::ManualClock clock;
  WorkerPool workers(1, 1);
  EventLoopGroup loops(2, clock, workers);
  EchoHandler handler;
  HttpServer server(loops, {}, handler);
  const std::uint16_t port = server.listen("127.0.0.1", 0);
  CHECK_THROWS_WITH(server.listen("127.0.0.1", port),
                    Catch::Contains("127.0.0.1:" + std::to_string(port)));
  loops.start();
  for (int i = 0; i < 50; ++i) {
    RawClient client(port);
    REQUIRE(client.send(getRequest("/x", "Connection: close\r\n")));
    CHECK(client.readResponse().body == "GET /x ");
  }
  CHECK(server.drain(Millis{5000}));
  loops.stop();
}

}  // namespace
}  // namespace pagoda::net
