#include "core/net/http_client.h"

#include <catch2/catch.hpp>

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

struct Fixture {
  NetLoop net;
  net::TlsClientContext tls{{}};
  std::unique_ptr<HttpClient> client;

  explicit Fixture(net::HttpClientOptions options = {}) {
    client = net::makeHttpClient(net.loop, tls, std::move(options));
  }
  static UpstreamRequest post(const std::string& url, std::string body = "{}",
                              Framing framing = Framing::Whole) {
    UpstreamRequest request;
    request.url = url;
    request.body = std::move(body);
    request.framing = framing;
    return request;
  }
  Fetched fetch(UpstreamRequest request, CancelSource* cancel = nullptr) {
    return net.run(test::fetch(*client, std::move(request), cancel));
  }
  Fetched get(const std::string& url) { return fetch(post(url)); }
  /// Starts an exchange that goes on by itself.
  void start(UpstreamRequest request, CancelSource* cancel, std::optional<Fetched>& out) {
    spawn([](Task<Fetched> task, std::optional<Fetched>& result) -> Task<void> {
      result.emplace(co_await task);
    }(test::fetch(*client, std::move(request), cancel), out));
  }
};

Reply echo(const FakeRequest& request) {
  return Reply().answer(200, "text/plain", request.body);
}

}  // namespace

TEST_CASE("a request goes out and its answer comes back", "[net][client]") {
  Fixture f;
  FakeUpstream upstream(Reply().answer(200, "application/json", "{\"ok\":true}", {"X-Info: yes"}));
  UpstreamRequest request = Fixture::post(upstream.url("/v1/chat?x=1"), "{\"a\":1}");
  request.headers = {{"content-type", "application/json"}};
  const Fetched got = f.fetch(std::move(request));
  CHECK_FALSE(got.failure);
  CHECK(got.status == 200);
  CHECK(got.body == "{\"ok\":true}");
  CHECK(got.ended);
  CHECK(got.frames.size() == 1);
  CHECK(got.headers.back() == std::pair<std::string, std::string>{"x-info", "yes"});
  const FakeRequest seen = upstream.requests().at(0);
  CHECK(seen.method == "POST");
  CHECK(seen.target == "/v1/chat?x=1");
  CHECK(seen.body == "{\"a\":1}");
  CHECK(seen.headers.at("host") == "127.0.0.1:" + std::to_string(upstream.port()));
}

TEST_CASE("a large request is sent whole", "[net][client]") {
  Fixture f;
  FakeUpstream upstream(echo);
  std::string body;
  for (int i = 0; body.size() < (4u << 20); ++i) body += std::to_string(i) + ",";
  const Fetched got = f.fetch(Fixture::post(upstream.url(), body));
  CHECK_FALSE(got.failure);
  CHECK(got.body == body);
}

TEST_CASE("one connection carries request after request", "[net][client][pool]") {
  Fixture f;
  FakeUpstream upstream(echo);
  for (int i = 0; i < 20; ++i) {
    CHECK(f.fetch(Fixture::post(upstream.url(), std::to_string(i))).body == std::to_string(i));
  }
  CHECK(upstream.connections() == 1);
}

TEST_CASE("concurrent requests get their own answers", "[net][client][pool]") {
  Fixture f;
  FakeUpstream upstream(echo);
  std::vector<std::optional<Fetched>> got(100);
  for (std::size_t i = 0; i < got.size(); ++i) {
    f.start(Fixture::post(upstream.url(), "id " + std::to_string(i)), nullptr, got[i]);
  }
  f.net.until([&] {
    return std::all_of(got.begin(), got.end(), [](const auto& g) { return g.has_value(); });
  });
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i]->body == "id " + std::to_string(i));
}

TEST_CASE("bytes behind an answer never reach the next request", "[net][client][pool]") {
  const std::string poison = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nPOISONED";
  Fixture f;
  const auto poisonFirst = [](const Reply& bad) {
    return [bad](const FakeRequest& r) { return r.body == "bad" ? bad : echo(r); };
  };
  const Reply replies[] = {
      Reply().bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" + poison),
      // Behind the answer, by itself.
      Reply().bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").bytes(poison),
      // A length that is too short.
      Reply().bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, there"),
      Reply().bytes("HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nbody"),
      Reply().bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + poison),
  };
  for (const Reply& bad : replies) {
    FakeUpstream upstream(poisonFirst(bad));
    f.fetch(Fixture::post(upstream.url(), "bad"));
    // The second write may arrive after the answer was taken: let the watch see it.
    f.net.until([&] { return upstream.open() == 0; });
    for (int i = 0; i < 10; ++i) {
      CHECK(f.fetch(Fixture::post(upstream.url(), std::to_string(i))).body == std::to_string(i));
    }
    CHECK(upstream.connections() == 2);
  }
}

TEST_CASE("a connection that the upstream closes at rest is replaced", "[net][client][pool]") {
  Fixture f;
  FakeUpstream upstream([](const FakeRequest& request) { return echo(request).close(); });
  for (int i = 0; i < 20; ++i) {
    CHECK(f.fetch(Fixture::post(upstream.url(), std::to_string(i))).body == std::to_string(i));
  }
  CHECK(upstream.requests().size() == 20);
}

TEST_CASE("a reused connection that dies before an answer is replaced once",
          "[net][client][pool]") {
  Fixture f;
  int dead = 1;
  FakeUpstream upstream([&](const FakeRequest& request) {
    return request.onConnection > 1 || request.connection > 1 + dead ? Reply().reset()
                                                                     : echo(request);
  });
  CHECK(f.fetch(Fixture::post(upstream.url(), "a")).body == "a");
  CHECK(f.fetch(Fixture::post(upstream.url(), "b")).body == "b");  // reset on 1, answered on 2
  CHECK(upstream.requests().size() == 3);

  dead = -1;  // from here on fresh connections die as well: one replacement and no more
  const Fetched failed = f.fetch(Fixture::post(upstream.url(), "c"));
  REQUIRE(failed.failure);
  CHECK(failed.failure->kind == FailureKind::Unavailable);
  CHECK(upstream.requests().size() == 5);
}

TEST_CASE("a fresh connection is not replaced, nor one that began to answer",
          "[net][client][pool]") {
  Fixture f;
  FakeUpstream fresh(Reply().reset());
  REQUIRE(f.get(fresh.url()).failure);
  CHECK(fresh.requests().size() == 1);

  FakeUpstream half([](const FakeRequest& request) {
    return request.onConnection == 1 ? echo(request) : Reply().bytes("HTTP/1.1 2").close();
  });
  CHECK_FALSE(f.get(half.url()).failure);
  REQUIRE(f.get(half.url()).failure);
  CHECK(half.requests().size() == 2);
}

TEST_CASE("a server that says close gets a new connection each time", "[net][client][pool]") {
  Fixture f;
  FakeUpstream upstream(Reply().answer(200, "text/plain", "x", {"Connection: close"}));
  for (int i = 0; i < 3; ++i) CHECK(f.get(upstream.url()).body == "x");
  CHECK(upstream.connections() == 3);
}

TEST_CASE("connections at rest expire", "[net][client][pool]") {
  net::HttpClientOptions options;
  options.pool.idleExpiry = Millis{5};
  Fixture f(std::move(options));
  FakeUpstream upstream(echo);
  CHECK_FALSE(f.get(upstream.url()).failure);
  f.net.until([&] { return upstream.open() == 0; });
  CHECK_FALSE(f.get(upstream.url()).failure);
  CHECK(upstream.connections() == 2);
}

TEST_CASE("no more connections at rest are kept than allowed", "[net][client][pool]") {
  net::HttpClientOptions options;
  options.pool.idlePerHost = 2;
  Fixture f(std::move(options));
  FakeUpstream upstream([](const FakeRequest& request) {
    return Reply().hold().answer(200, "text/plain", request.body);
  });
  std::vector<std::optional<Fetched>> got(6);
  for (auto& g : got) f.start(Fixture::post(upstream.url()), nullptr, g);
  f.net.until([&] { return upstream.requests().size() == 6; });
  for (std::size_t i = 0; i < got.size(); ++i) upstream.release();
  f.net.until([&] { return upstream.open() == 2; });
  CHECK(std::all_of(got.begin(), got.end(), [](const auto& g) { return g && !g->failure; }));
}

TEST_CASE("requests beyond the limit of connections wait their turn", "[net][client][pool]") {
  net::HttpClientOptions options;
  options.pool.connectionsPerHost = 2;
  options.pool.waitingPerHost = 3;
  Fixture f(std::move(options));
  FakeUpstream upstream([](const FakeRequest& request) {
    return Reply().hold().answer(200, "text/plain", request.body);
  });
  std::vector<std::optional<Fetched>> got(5);
  CancelSource cancel;
  for (std::size_t i = 0; i < got.size(); ++i) {
    f.start(Fixture::post(upstream.url(), std::to_string(i)), i == 3 ? &cancel : nullptr, got[i]);
  }
  const Fetched refused = f.get(upstream.url());
  REQUIRE(refused.failure);
  CHECK(refused.failure->kind == FailureKind::Overloaded);

  f.net.until([&] { return upstream.requests().size() == 2; });
  cancel.cancel();
  REQUIRE(got[3]);
  CHECK(got[3]->failure->kind == FailureKind::Cancelled);
  for (int i = 0; i < 4; ++i) upstream.release();
  f.net.until([&] { return got[0] && got[1] && got[2] && got[4]; });
  CHECK(upstream.connections() == 2);
  std::vector<std::string> order;
  for (const FakeRequest& request : upstream.requests()) order.push_back(request.body);
  CHECK(order.size() == 4);
  const auto place = [&](const char* id) {
    return std::find(order.begin(), order.end(), id) - order.begin();
  };
  CHECK(place("2") < 4);
  CHECK(place("4") < 4);
  CHECK(std::max(place("0"), place("1")) < std::min(place("2"), place("4")));
}

TEST_CASE("a wait for a connection ends with its limit", "[net][client][pool]") {
  net::HttpClientOptions options;
  options.pool.connectionsPerHost = 1;
  Fixture f(std::move(options));
  FakeUpstream upstream(Reply().hang());
  std::optional<Fetched> first;
  CancelSource cancel;
  f.start(Fixture::post(upstream.url()), &cancel, first);
  UpstreamRequest second = Fixture::post(upstream.url());
  second.connectTimeout = Millis{10};
  const Fetched late = f.fetch(std::move(second));
  REQUIRE(late.failure);
  CHECK(late.failure->kind == FailureKind::Timeout);
  cancel.cancel();
  f.net.until([&] { return first.has_value(); });
}

TEST_CASE("an event stream comes event by event", "[net][client][sse]") {
  Fixture f;
  const std::string body =
      "event: a\ndata: one\n\n: ping\n\ndata: two\ndata: lines\n\ndata: [DONE]\n\n";
  const std::vector<std::pair<std::string, std::string>> events = {
      {"a", "one"}, {"", "two\nlines"}, {"", "[DONE]"}};
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    FakeUpstream upstream(Reply().sse(body, {cut}));
    const Fetched got = f.fetch(Fixture::post(upstream.url(), "{}", Framing::Sse));
    CHECK_FALSE(got.failure);
    CHECK(got.frames == events);
    CHECK(got.framing == Framing::Sse);
  }
}

TEST_CASE("frames that are there already say so", "[net][client][sse]") {
  Fixture f;
  std::string body;
  for (int i = 0; i < 100; ++i) body += "data: " + std::to_string(i) + "\n\n";
  // Everything in one write, so in one read: one flush, at the end.
  Reply reply;
  reply.bytes("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  FakeUpstream upstream(reply);
  const Fetched got = f.fetch(Fixture::post(upstream.url(), "{}", Framing::Sse));
  CHECK(got.frames.size() == 100);
  CHECK(got.flushes == 1);
}

TEST_CASE("a frame is handed out before the next one has come", "[net][client][sse]") {
  Fixture f;
  FakeUpstream upstream(Reply().sseHead().event("one").hold().event("two").lastChunk());
  auto sent = f.net.run(f.client->send(Fixture::post(upstream.url(), "{}", Framing::Sse), nullptr));
  REQUIRE(sent);
  auto first = f.net.run((*sent)->next());
  REQUIRE(first);
  CHECK(first->data == "one");
  CHECK_FALSE(first->more);
  upstream.release();
  auto second = f.net.run((*sent)->next());
  REQUIRE(second);
  CHECK(second->data == "two");
}

TEST_CASE("what arrives decides how it is cut", "[net][client]") {
  Fixture f;
  FakeUpstream events(Reply().sse("data: a\n\n"));
  CHECK(f.get(events.url()).framing == Framing::Sse);

  FakeUpstream document(Reply().json(200, "{\n\"a\": 1}\n"));
  const Fetched whole = f.fetch(Fixture::post(document.url(), "{}", Framing::Sse));
  CHECK(whole.framing == Framing::Whole);
  CHECK(whole.body == "{\n\"a\": 1}\n");

  FakeUpstream page(Reply().answer(200, "text/html", "<html>\n\n</html>"));
  CHECK(f.fetch(Fixture::post(page.url(), "{}", Framing::Sse)).framing == Framing::Whole);

  FakeUpstream array(Reply().json(200, "[{\"a\":1},\n{\"b\":2}]"));
  CHECK(f.fetch(Fixture::post(array.url(), "{}", Framing::JsonArray)).frames.size() == 2);
}

TEST_CASE("a failure's body comes whole, its first 64 KiB", "[net][client]") {
  Fixture f;
  FakeUpstream small(Reply().json(500, "{\"error\":1}"));
  const Fetched got = f.fetch(Fixture::post(small.url(), "{}", Framing::Sse));
  CHECK(got.status == 500);
  CHECK(got.body == "{\"error\":1}");
  CHECK(got.framing == Framing::Whole);

  FakeUpstream medium(Reply().json(500, std::string(200'000, 'x')));
  CHECK(f.get(medium.url()).body.size() == 64 * 1024);
  CHECK(f.get(medium.url()).ended);
  CHECK(medium.connections() == 1);

  // Beyond that the connection is given up rather than read to its end.
  FakeUpstream endless(
      Reply().head(500, {"content-length: 100000000000"}).repeat(std::string(65536, 'x'), 1 << 20));
  CHECK(f.get(endless.url()).body.size() == 64 * 1024);
  CHECK(endless.waitForOpen(0));

  FakeUpstream redirect(Reply().answer(302, "text/plain", "", {"Location: http://127.0.0.1:1/"}));
  CHECK(f.get(redirect.url()).status == 302);
}

TEST_CASE("cancelling ends a wait at once and closes the connection", "[net][client]") {
  Fixture f;
  for (const Reply& reply : {Reply().hang(), Reply().sseHead().event("a").hang()}) {
    FakeUpstream upstream(reply);
    CancelSource cancel;
    std::optional<Fetched> got;
    f.start(Fixture::post(upstream.url(), "{}", Framing::Sse), &cancel, got);
    f.net.until([&] { return upstream.requests().size() == 1; });
    f.net.loop.runOnce(Millis{5});
    CHECK_FALSE(got);
    cancel.cancel();
    REQUIRE(got);
    CHECK(got->failure->kind == FailureKind::Cancelled);
    CHECK(upstream.waitForOpen(0));
    CHECK(f.fetch(Fixture::post(upstream.url()), &cancel).failure->kind == FailureKind::Cancelled);
  }
}

TEST_CASE("a response that is dropped before its end closes its connection", "[net][client]") {
  Fixture f;
  FakeUpstream upstream(Reply().sseHead().event("a").hang());
  {
    auto sent =
        f.net.run(f.client->send(Fixture::post(upstream.url(), "{}", Framing::Sse), nullptr));
    REQUIRE(sent);
    REQUIRE(f.net.run((*sent)->next()));
  }
  CHECK(upstream.waitForOpen(0));
}

TEST_CASE("requests that cannot be sent are refused", "[net][client]") {
  Fixture f;
  CHECK(f.get("not an address").failure->kind == FailureKind::Config);
  CHECK(f.get("http://user:secret@127.0.0.1:1/").failure->kind == FailureKind::Config);
  UpstreamRequest request = Fixture::post("http://127.0.0.1:1/");
  request.headers = {{"x", "a\r\nb: c"}};
  CHECK(f.fetch(std::move(request)).failure->kind == FailureKind::Internal);
}

TEST_CASE("an address that refuses gives way to the next one", "[net][client]") {
  FakeUpstream upstream(echo);
  net::HttpClientOptions options;
  options.resolver.lookUp =
      [](const std::string& host) -> tl::expected<net::AddressList, std::string> {
    // The upstream listens on 127.0.0.1 alone.
    if (host == "two.example") return net::AddressList{"127.0.0.2", "127.0.0.1"};
    return tl::unexpected<std::string>("no such name");
  };
  Fixture f(std::move(options));
  const std::string port = std::to_string(upstream.port());
  CHECK(f.get("http://two.example:" + port + "/").status == 200);
  CHECK(upstream.requests().at(0).headers.at("host") == "two.example:" + port);

  const Fetched unknown = f.get("http://none.example/");
  REQUIRE(unknown.failure);
  CHECK(unknown.failure->kind == FailureKind::Unavailable);
  CHECK(unknown.failure->message.find("none.example") != std::string::npos);
}

TEST_CASE("an upstream that refuses is named with its port", "[net][client]") {
  std::uint16_t port = 0;
  {
    FakeUpstream gone(echo);
    port = gone.port();
  }
  Fixture f;
  const Fetched got = f.get("http://127.0.0.1:" + std::to_string(port) + "/");
  REQUIRE(got.failure);
  CHECK(got.failure->kind == FailureKind::Unavailable);
  CHECK(got.failure->message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
}
