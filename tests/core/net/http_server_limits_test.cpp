// What a client may not do to the server: take its time, its connections, its memory.

#include <catch2/catch.hpp>

#include "tests/core/net/server_fixture.h"

namespace pagoda::net {
namespace {

using testing::RawClient;
using testing::RawResponse;

ServerLimits shortLimits() {
  ServerLimits limits;
  limits.headerTimeout = Millis{5'000};
  limits.bodyTimeout = Millis{8'000};
  limits.idleTimeout = Millis{20'000};
  limits.writeTimeout = Millis{6'000};
  return limits;
}

TEST_CASE("a head that comes a byte at a time is ended by the header limit",
          "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient slow(test.port);
  REQUIRE(slow.send("GET / HTTP/1.1\r\nHost: a\r\nX-"));
  for (int second = 0; second < 4; ++second) {
    test.loop.advance(Millis{1'000});
    REQUIRE(slow.send("a"));
  }
  CHECK(test.server.connections() == 1);
  test.loop.advance(Millis{1'000});
  const auto responses = slow.readResponses();
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].status == 408);
  CHECK(slow.closed());
}

TEST_CASE("a connection that sends nothing is closed without an answer", "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient silent(test.port);
  test.loop.advance(Millis{4'999});
  CHECK(test.server.connections() == 1);
  test.loop.advance(Millis{1});
  CHECK(silent.readToEnd().empty());
  CHECK(silent.closed());
}

TEST_CASE("an idle connection is closed by the idle limit, and a request restarts it",
          "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient client(test.port);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(client.send(getRequest("/")));
    REQUIRE(client.readResponse().status == 200);
    test.loop.advance(Millis{19'000});
  }
  CHECK(test.server.connections() == 1);
  test.loop.advance(Millis{1'000});
  CHECK(client.readToEnd().empty());
  CHECK(client.closed());
}

TEST_CASE("the header limit of a later request starts with its first byte", "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient client(test.port);
  REQUIRE(client.send(getRequest("/")));
  REQUIRE(client.readResponse().status == 200);
  test.loop.advance(Millis{15'000});
  REQUIRE(client.send("GET / HT"));
  test.loop.advance(Millis{4'999});
  REQUIRE(client.send("TP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(client.readResponse().status == 200);
}

TEST_CASE("a body that stalls is given up at the body limit", "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient client(test.port);
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"));
  test.loop.advance(Millis{7'999});
  CHECK(test.server.connections() == 1);
  test.loop.advance(Millis{1});
  const auto responses = client.readResponses();
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].status == 408);
}

TEST_CASE("connections above the limit get a 503, and room is made when one leaves",
          "[net][http][limits]") {
  ServerLimits limits = shortLimits();
  limits.maxConnections = 2;
  TestServer test(limits);
  RawClient first(test.port);
  auto second = std::make_unique<RawClient>(test.port);
  test.loop.settle();
  RawClient third(test.port);
  const auto refused = third.readResponses();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].status == 503);
  third.close();
  second.reset();
  test.loop.settle();
  RawClient fourth(test.port);
  REQUIRE(fourth.send(getRequest("/")));
  CHECK(fourth.readResponse().status == 200);
}

/// Streams without end until the client goes; tells how far it came.
struct EndlessStream {
  std::atomic<std::size_t> produced{0};
  std::atomic<bool> ended{false};
  std::atomic<bool> cancelled{false};
  std::atomic<int> outcome{-1};

  Route route() {
    return
        [this](const HttpRequest&, BodyReader&, ResponseWriter& response, Runtime&) -> Task<void> {
          const std::string piece(16 * 1024, 's');
          response.start(200, {});
          for (;;) {
            response.append(piece);
            const Result<void> flushed = co_await response.flush();
            if (!flushed) {
              outcome = static_cast<int>(flushed.error().code);
              break;
            }
            produced += piece.size();
          }
          cancelled = response.clientGone().cancelled();
          ended = true;
        };
  }
};

TEST_CASE("a reader that stops stalls the producer and is given up at the write limit",
          "[net][http][limits]") {
  TestServer test(shortLimits());
  EndlessStream stream;
  test.handler.route = stream.route();
  RawClient client(test.port, 8192);
  REQUIRE(client.send(getRequest("/")));
  REQUIRE(client.readUntil("\r\n\r\n"));
  test.loop.settle();
  const std::size_t stalledAt = stream.produced;
  test.loop.advance(Millis{5'000});
  CHECK(stream.produced == stalledAt);
  CHECK(stalledAt < (std::size_t{16} << 20));
  CHECK_FALSE(stream.ended);
  test.loop.advance(Millis{1'000});
  CHECK(stream.ended);
  CHECK(stream.outcome == static_cast<int>(ErrorCode::DeadlineExceeded));
  CHECK(test.server.connections() == 0);
}

TEST_CASE("a client that vanishes while its stream waits cancels it", "[net][http][limits]") {
  TestServer test(shortLimits());
  EndlessStream stream;
  test.handler.route = stream.route();
  RawClient client(test.port, 8192);
  REQUIRE(client.send(getRequest("/")));
  REQUIRE(client.readUntil("\r\n\r\n"));
  test.loop.settle();
  client.reset();
  test.loop.settle();
  CHECK(stream.ended);
  CHECK(stream.outcome == static_cast<int>(ErrorCode::Cancelled));
  CHECK(test.server.connections() == 0);
}

TEST_CASE("a client that goes while its request is served cancels it", "[net][http][limits]") {
  TestServer test(shortLimits());
  std::atomic<bool> begun{false};
  std::atomic<bool> slept{false};
  std::atomic<bool> done{false};
  test.handler.route = [&](const HttpRequest&, BodyReader&, ResponseWriter& response,
                           Runtime& runtime) -> Task<void> {
    begun = true;
    const TimePoint until = runtime.clock().now() + std::chrono::hours(1);
    slept = co_await runtime.sleepUntil(until, &response.clientGone());
    done = true;
  };
  enum class How { Reset, Close, HalfClose };
  for (const How how : {How::Reset, How::Close, How::HalfClose}) {
    DYNAMIC_SECTION("way " << static_cast<int>(how)) {
      RawClient client(test.port);
      REQUIRE(client.send(postRequest("/", "{}")));
      test.loop.settle();
      REQUIRE(begun);
      REQUIRE_FALSE(done);
      if (how == How::Reset) client.reset();
      if (how == How::Close) client.close();
      if (how == How::HalfClose) client.endSending();
      test.loop.settle();
      CHECK(done);
      CHECK_FALSE(slept);
      CHECK(test.server.connections() == 0);
    }
  }
}

TEST_CASE("pipelined bytes behind a running request are held back", "[net][http][limits]") {
  TestServer test(shortLimits());
  test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                          Runtime& runtime) -> Task<void> {
    const TimePoint until = runtime.clock().now() + Millis{1'000};
    co_await runtime.sleepUntil(until, &response.clientGone());
    const HeaderList headers;
    co_await response.send(200, headers, "ok");
  };
  RawClient client(test.port);
  REQUIRE(client.send(getRequest("/1") + getRequest("/2") + std::string(60'000, 'x')));
  test.loop.settle();
  CHECK(test.handler.requests == 1);
  test.loop.advance(Millis{1'000});
  CHECK(client.readResponse().status == 200);
  test.loop.settle();
  CHECK(test.handler.requests == 2);
}

TEST_CASE("draining finishes what is in flight and closes the rest", "[net][http][drain]") {
  TestServer test(shortLimits());
  test.handler.route = [](const HttpRequest& request, BodyReader&, ResponseWriter& response,
                          Runtime& runtime) -> Task<void> {
    const HeaderList headers;
    if (request.path == "/slow") {
      const TimePoint until = runtime.clock().now() + Millis{1'000};
      co_await runtime.sleepUntil(until, &response.clientGone());
    }
    co_await response.send(200, headers, "ok");
  };
  RawClient idle(test.port);
  RawClient busy(test.port);
  REQUIRE(idle.send(getRequest("/")));
  REQUIRE(idle.readResponse().status == 200);
  REQUIRE(busy.send(getRequest("/slow")));
  test.loop.settle();

  bool finished = false;
  std::thread drainer([&] { finished = test.server.drain(Millis{10'000}); });
  CHECK(idle.readToEnd().empty());
  CHECK(idle.closed());
  CHECK_THROWS(RawClient(test.port));
  test.loop.advance(Millis{1'000});
  const auto responses = busy.readResponses();
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].status == 200);
  CHECK(responses[0].header("connection") == "close");
  busy.close();
  drainer.join();
  CHECK(finished);
}

TEST_CASE("draining cuts what does not finish in time", "[net][http][drain]") {
  TestServer test(shortLimits());
  EndlessStream stream;
  test.handler.route = stream.route();
  RawClient client(test.port, 8192);
  REQUIRE(client.send(getRequest("/")));
  REQUIRE(client.readUntil("\r\n\r\n"));
  CHECK_FALSE(test.server.drain(Millis{1}));
  CHECK(stream.ended);
  CHECK(test.server.connections() == 0);
}

TEST_CASE("an unread body ends the wait of its route when the client goes", "[net][http][limits]") {
  TestServer test(shortLimits());
  RawClient client(test.port);
  REQUIRE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"));
  test.loop.settle();
  CHECK(test.server.connections() == 1);
  client.reset();
  test.loop.settle();
  CHECK(test.server.connections() == 0);
}

}  // namespace
}  // namespace pagoda::net
