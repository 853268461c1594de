// Every way in which an upstream can misbehave: a clear failure, in time, and the client goes on.
#include <future>
#include <thread>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <catch2/catch.hpp>

#include "core/net/http_client.h"
#include "core/net/tls_context.h"
#include "tests/support/fake_upstream.h"
#include "tests/support/net_loop.h"

using namespace pagoda;
using pagoda::test::FakeRequest;
using pagoda::test::FakeUpstream;
using pagoda::test::Fetched;
using pagoda::test::NetLoop;
using pagoda::test::Reply;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\n";

struct Fixture {
  NetLoop net;
  net::TlsClientContext tls{{}};
  std::unique_ptr<HttpClient> client = net::makeHttpClient(net.loop, tls, {});

  Fetched fetch(UpstreamRequest request) {
    return net.run(test::fetch(*client, std::move(request), nullptr));
  }
  Fetched fetch(const FakeUpstream& upstream, Framing framing = Framing::Whole) {
    return fetch(request(upstream, framing));
  }
  static UpstreamRequest request(const FakeUpstream& upstream, Framing framing = Framing::Whole) {
    UpstreamRequest r;
    r.url = upstream.url("/v1/chat/completions");
    r.body = "{}";
    r.framing = framing;
    return r;
  }
};

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("answers that make no sense fail as such, and the next request is served",
          "[net][client][fault]") {
  struct Case {
    const char* name;
    Reply reply;
    FailureKind kind;
    const char* message;
  };
  const std::string hello = "\r\n\r\nhello";
  const Case cases[] = {
      {"reset before a byte", Reply().reset(), FailureKind::Unavailable, "without an answer"},
      {"closed before a byte", Reply().close(), FailureKind::Unavailable, "without an answer"},
      {"reset in the head", Reply().bytes(kOk + "Content-Type: applic").reset(),
       FailureKind::Unavailable, "before the end of its answer"},
      {"FIN in the body", Reply().bytes(kOk + "Content-Length: 10" + hello).close(),
       FailureKind::Unavailable, "closed the connection before the end of its answer"},
      {"FIN in a chunk",
       Reply().bytes(kOk + "Transfer-Encoding: chunked\r\n\r\na\r\nhello").close(),
       FailureKind::Unavailable, "before the end of its answer"},
      {"FIN between chunks",
       Reply().bytes(kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n").close(),
       FailureKind::Unavailable, "before the end of its answer"},
      {"two lengths", Reply().bytes(kOk + "Content-Length: 5\r\nContent-Length: 3" + hello).close(),
       FailureKind::Protocol, "cannot be used"},
      {"length and chunks",
       Reply().bytes(
           kOk + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
       FailureKind::Protocol, "cannot be used"},
      {"not HTTP", Reply().bytes("\x16\x03\x01\x02 not http at all\n\n").hang(),
       FailureKind::Protocol, "does not speak HTTP"},
      {"no status", Reply().bytes("HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n").hang(),
       FailureKind::Protocol, "cannot be used"},
      {"a bare CR in a header",
       Reply().bytes(kOk + "X-A: a\rX-Evil: 1\r\nContent-Length: 5" + hello), FailureKind::Protocol,
       "bare CR"},
      {"a NUL in a header",
       Reply().bytes(kOk + "X-A: a" + std::string(1, '\0') + "\r\nContent-Length: 5" + hello),
       FailureKind::Protocol, "NUL"},
      {"compressed", Reply().bytes(kOk + "Content-Encoding: gzip\r\nContent-Length: 5" + hello),
       FailureKind::Protocol, "compressed"},
      {"switches protocols", Reply().bytes("HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n").hang(),
       FailureKind::Protocol, "switches protocols"},
      {"20,000 headers",
       Reply().bytes(kOk).repeat("X-H: " + std::string(200, 'h') + "\r\n", 20'000).hang(),
       FailureKind::Protocol, "head is larger"},
      {"a header of 32 MiB",
       Reply().bytes(kOk + "X-H: ").repeat(std::string(1 << 20, 'h'), 32).hang(),
       FailureKind::Protocol, "head is larger"},
      {"200,000 interim answers", Reply().repeat("HTTP/1.1 102 Processing\r\n\r\n", 200'000).hang(),
       FailureKind::Protocol, "interim"},
      {"a malformed chunk", Reply().bytes(kOk + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").hang(),
       FailureKind::Protocol, "chunked body"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Fixture f;
      bool healthy = false;
      FakeUpstream upstream(
          [&](const FakeRequest&) { return healthy ? Reply().json(200, "{}") : c.reply; });
      const Fetched got = f.fetch(upstream);
      REQUIRE(got.failure);
      CHECK(got.failure->kind == c.kind);
      INFO(got.failure->message);
      CHECK(contains(got.failure->message, c.message));
      CHECK(upstream.waitForOpen(0));
      CHECK(upstream.requests().size() == 1);
      healthy = true;
      CHECK(f.fetch(upstream).body == "{}");
    }
  }
}

TEST_CASE("a stream that breaks off delivers what came, then fails", "[net][client][fault]") {
  struct Case {
    const char* name;
    Reply reply;
    const char* message;
  };
  const Case cases[] = {
      {"reset", Reply().sseHead().event("a").event("b").hold().reset(), "reset"},
      {"FIN", Reply().sseHead().event("a").event("b").hold().close(), "closed"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      Fixture f;
      FakeUpstream upstream(c.reply);
      auto sent = f.net.run(f.client->send(Fixture::request(upstream, Framing::Sse), nullptr));
      REQUIRE(sent);
      std::string seen;
      while (seen.size() < 2) {
        auto frame = f.net.run((*sent)->next());
        REQUIRE(frame);
        seen += frame->data;
      }
      CHECK(seen == "ab");
      upstream.release();
      const auto end = f.net.run((*sent)->next());
      REQUIRE_FALSE(end);
      CHECK(end.error().kind == FailureKind::Unavailable);
      CHECK(end.error().httpStatus == 200);
      CHECK(contains(end.error().message, c.message));
      CHECK_FALSE(f.net.run((*sent)->next()));  // and it stays failed
    }
  }
}

TEST_CASE("frames before a malformed byte are delivered first", "[net][client][fault]") {
  Fixture f;
  FakeUpstream upstream(
      Reply().bytes(kOk + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked"
                          "\r\n\r\n9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\nzz\r\n"));
  const Fetched got = f.fetch(upstream, Framing::Sse);
  CHECK(got.frames.size() == 2);
  REQUIRE(got.failure);
  CHECK(got.failure->kind == FailureKind::Protocol);
}

TEST_CASE("each limit on time ends its own wait and says which it was", "[net][client][fault]") {
  Fixture f;
  struct Case {
    const char* name;
    Reply reply;
    Millis UpstreamRequest::*limit;
    const char* message;
  };
  const Case cases[] = {
      {"no answer", Reply().hang(), &UpstreamRequest::firstByteTimeout,
       "the upstream did not answer within 30 ms"},
      {"half a head", Reply().bytes("HTTP/1.1 200 OK\r\nX-").hang(),
       &UpstreamRequest::firstByteTimeout, "did not answer within 30 ms"},
      {"a head in drips", Reply().drip(kOk + "Content-Length: 0\r\n\r\n", Millis{5}),
       &UpstreamRequest::firstByteTimeout, "did not answer within 30 ms"},
      {"half a body", Reply().bytes(kOk + "Content-Length: 10\r\n\r\nhello").hang(),
       &UpstreamRequest::idleTimeout, "sent nothing more within 30 ms"},
      {"a silent stream", Reply().sseHead().event("a").hang(), &UpstreamRequest::idleTimeout,
       "sent nothing more within 30 ms"},
  };
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      FakeUpstream upstream(c.reply);
      UpstreamRequest request = Fixture::request(upstream);
      request.*c.limit = Millis{30};
      const Fetched got = f.fetch(std::move(request));
      REQUIRE(got.failure);
      CHECK(got.failure->kind == FailureKind::Timeout);
      INFO(got.failure->message);
      CHECK(contains(got.failure->message, c.message));
      CHECK(upstream.waitForOpen(0));
    }
  }
}

TEST_CASE("bytes without a frame do not put off when one is expected", "[net][client][fault]") {
  Fixture f;
  std::string comments;
  for (int i = 0; i < 200; ++i) comments += ": still here\n\n";
  FakeUpstream upstream(
      Reply().bytes(kOk + "Content-Type: text/event-stream\r\n\r\n").drip(comments, Millis{2}));
  const TimePoint by = f.net.loop.now() + Millis{60};
  const Fetched got = f.net.run(test::fetch(*f.client, Fixture::request(upstream), nullptr, by));
  REQUIRE(got.failure);
  CHECK(got.failure->kind == FailureKind::Timeout);
  CHECK(upstream.waitForOpen(0));
}

TEST_CASE("the deadline ends what no other limit would", "[net][client][fault]") {
  Fixture f;
  const std::string body(1000, 'x');
  const Reply replies[] = {
      Reply().hang(),
      Reply().drip(kOk + "Content-Length: 1000\r\n\r\n" + body, Millis{3}),
      Reply().bytes(kOk + "Content-Length: 1000\r\n\r\n").drip(body, Millis{3}),
      // Never silent, never at its end, and never large enough for a limit on size.
      Reply().sseHead().repeat("c\r\n: keep-alive\r\n", std::size_t{1} << 40),
  };
  for (const Reply& reply : replies) {
    FakeUpstream upstream(reply);
    UpstreamRequest request = Fixture::request(upstream);
    request.deadline = f.net.clock.now() + Millis{60};
    const Fetched got = f.fetch(std::move(request));
    REQUIRE(got.failure);
    INFO(got.failure->message);
    CHECK(got.failure->kind == FailureKind::Deadline);
    CHECK(contains(got.failure->message, "before the request's deadline"));
    CHECK(upstream.waitForOpen(0));
  }
}

TEST_CASE("an upstream that does not take the request is given up", "[net][client][fault]") {
  Fixture f;
  // Nobody accepts: the kernel takes the first bytes and no more.
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  UpstreamRequest request;
  request.url = "http://" + listener.address().toString() + "/";
  request.body = std::string(64u << 20, 'x');
  request.idleTimeout = Millis{30};
  const Fetched got = f.fetch(std::move(request));
  REQUIRE(got.failure);
  CHECK(got.failure->kind == FailureKind::Timeout);
  CHECK(contains(got.failure->message, "did not take the rest of the request within 30 ms"));
}

TEST_CASE("an answer that comes before the request was read counts", "[net][client][fault]") {
  const std::string answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}";
  for (const bool closes : {true, false}) {
    Fixture f;
    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
    std::promise<void> done;
    std::thread server([&] {
      Poco::Net::StreamSocket socket = listener.acceptConnection();
      socket.sendBytes(answer.data(), static_cast<int>(answer.size()));
      // Closed with bytes unread, the client's next write fails; open, it would wait for ever.
      if (closes) socket.close();
      done.get_future().wait();
    });
    UpstreamRequest request;
    request.url = "http://" + listener.address().toString() + "/";
    request.body = std::string(16u << 20, 'x');
    const Fetched got = f.fetch(std::move(request));
    done.set_value();
    server.join();
    CHECK(got.status == 413);
    CHECK(got.body == "{}");
  }
}

TEST_CASE("an interim answer does not stop a large request", "[net][client]") {
  Fixture f;
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  constexpr std::size_t kBody = 16u << 20;
  std::thread server([&] {
    Poco::Net::StreamSocket socket = listener.acceptConnection();
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    socket.sendBytes(interim.data(), static_cast<int>(interim.size()));
    std::vector<char> buffer(1 << 20);
    std::size_t read = 0;
    while (read < kBody) {
      const int got = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) return;
      read += static_cast<std::size_t>(got);
    }
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    socket.sendBytes(answer.data(), static_cast<int>(answer.size()));
  });
  UpstreamRequest request;
  request.url = "http://" + listener.address().toString() + "/";
  request.body = std::string(kBody, 'x');
  const Fetched got = f.fetch(std::move(request));
  server.join();
  CHECK(got.status == 200);
  CHECK(got.body == "{}");
}

TEST_CASE("cancelling ends the sending of a large request", "[net][client]") {
  Fixture f;
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  UpstreamRequest request;
  request.url = "http://" + listener.address().toString() + "/";
  request.body = std::string(16u << 20, 'x');
  CancelSource cancel;
  std::optional<Fetched> got;
  spawn([](Task<Fetched> task, std::optional<Fetched>& out) -> Task<void> {
    out.emplace(co_await task);
  }(test::fetch(*f.client, std::move(request), &cancel), got));
  Poco::Net::StreamSocket accepted = listener.acceptConnection();
  f.net.until([&] { return accepted.available() > 1 << 16; });
  cancel.cancel();
  REQUIRE(got);
  CHECK(got->failure->kind == FailureKind::Cancelled);
}

TEST_CASE("bodies and frames over their limit are refused early", "[net][client][fault]") {
  Fixture f;
  const auto limited = [&](const Reply& reply, Framing framing) {
    FakeUpstream upstream(reply);
    UpstreamRequest request = Fixture::request(upstream, framing);
    request.maxBody = 100'000;
    request.maxFrame = 10'000;
    const Fetched got = f.fetch(std::move(request));
    REQUIRE(got.failure);
    CHECK(upstream.waitForOpen(0));
    return got.failure->kind;
  };
  const std::string block(64 * 1024, 'x');
  // The length says it: not a byte of the body is read.
  CHECK(limited(Reply().head(200, {"content-length: 209715200"}).hang(), Framing::Whole) ==
        FailureKind::TooLarge);
  CHECK(limited(Reply().head(200, {"content-length: 209715200"}).repeat(block, 3200),
                Framing::Whole) == FailureKind::TooLarge);
  CHECK(limited(Reply().head(200, {}).repeat(block, 3200), Framing::Whole) ==
        FailureKind::TooLarge);
  CHECK(limited(Reply()
                    .head(200, {"transfer-encoding: chunked"})
                    .repeat("10000\r\n" + block + "\r\n", 3200),
                Framing::Whole) == FailureKind::TooLarge);
  CHECK(limited(Reply()
                    .head(200, {"content-type: text/event-stream"})
                    .bytes("data: ")
                    .repeat(block, 3200),
                Framing::Sse) == FailureKind::TooLarge);
  CHECK(limited(Reply().head(200, {}).repeat(block, 3200), Framing::Lines) ==
        FailureKind::TooLarge);
}

TEST_CASE("answers of old servers are understood", "[net][client]") {
  Fixture f;
  FakeUpstream old(
      Reply().bytes("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":1}").close());
  const Fetched got = f.fetch(old);
  CHECK_FALSE(got.failure);
  CHECK(got.body == "{\"a\":1}");
  CHECK(got.ended);

  FakeUpstream stream(
      Reply()
          .bytes("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata: b")
          .close());
  CHECK(f.fetch(stream, Framing::Sse).frames.size() == 2);

  // A reset is no end, even where the end is the connection's.
  FakeUpstream cut(Reply().bytes("HTTP/1.0 200 OK\r\n\r\nhalf").hold().reset());
  cut.release();
  CHECK(f.fetch(cut).failure->kind == FailureKind::Unavailable);

  FakeUpstream interim(
      Reply().bytes("HTTP/1.1 100 Continue\r\n\r\n").bytes(kOk + "Content-Length: 2\r\n\r\nhi"));
  CHECK(f.fetch(interim).body == "hi");
}

TEST_CASE("an answer in drips arrives whole", "[net][client]") {
  Fixture f;
  FakeUpstream upstream(Reply().drip(kOk + "Content-Length: 5\r\n\r\nhello", Millis{0}));
  CHECK(f.fetch(upstream).body == "hello");
  CHECK(f.fetch(upstream).body == "hello");
  CHECK(upstream.connections() == 1);
}
