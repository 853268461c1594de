// https and proxies.
#include <atomic>
#include <thread>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <catch2/catch.hpp>

#include "core/net/http_client.h"
#include "core/net/tls_context.h"
#include "tests/support/fake_upstream.h"
#include "tests/support/net_loop.h"
#include "tests/support/test_certificate.h"

using namespace pagoda;
using pagoda::test::FakeRequest;
using pagoda::test::FakeUpstream;
using pagoda::test::Fetched;
using pagoda::test::NetLoop;
using pagoda::test::Reply;
using pagoda::testing::TestCertificate;

namespace {

struct Fixture {
  NetLoop net;
  net::TlsClientContext tls;
  std::unique_ptr<HttpClient> client;

  explicit Fixture(const std::string& caFile, net::HttpClientOptions options = {})
      : tls({.caFile = caFile, .systemCertificates = false}) {
    client = net::makeHttpClient(net.loop, tls, std::move(options));
  }
  Fetched get(const std::string& url) {
    UpstreamRequest request;
    request.url = url;
    request.body = "{}";
    return net.run(test::fetch(*client, std::move(request), nullptr));
  }
};

Reply echo(const FakeRequest& request) {
  return Reply().answer(200, "text/plain", request.body);
}

/// Tunnels every CONNECT to one port of loopback, or refuses it.
class FakeProxy {
 public:
  FakeProxy(std::uint16_t target, std::string answer)
      : target_(target), answer_(std::move(answer)), thread_([this] { serve(); }) {}
  ~FakeProxy() {
    stopping_ = true;
    thread_.join();
  }
  std::string address() const { return listener_.address().toString(); }
  std::string head;  ///< of the last request; read it after the exchange

 private:
  static constexpr int kStep = 10'000;  // microseconds between looks at stopping_

  void serve() {
    while (!stopping_) {
      if (!listener_.poll(Poco::Timespan(kStep), Poco::Net::Socket::SELECT_READ)) continue;
      Poco::Net::StreamSocket client = listener_.acceptConnection();
      std::string seen;
      char byte = 0;
      while (!seen.ends_with("\r\n\r\n") && client.receiveBytes(&byte, 1) == 1) seen += byte;
      head = seen;
      client.sendBytes(answer_.data(), static_cast<int>(answer_.size()));
      if (answer_.find(" 200 ") != std::string::npos) tunnel(client);
    }
  }
  void tunnel(Poco::Net::StreamSocket& client) {
    Poco::Net::StreamSocket upstream(Poco::Net::SocketAddress("127.0.0.1", target_));
    while (!stopping_) {
      Poco::Net::Socket::SocketList ready{client, upstream};
      Poco::Net::Socket::SocketList none;
      Poco::Net::Socket::select(ready, none, none, Poco::Timespan(kStep));
      for (const Poco::Net::Socket& socket : ready) {
        const bool fromClient = socket == client;
        char buffer[4096];
        const int got = (fromClient ? client : upstream).receiveBytes(buffer, sizeof buffer);
        if (got <= 0) return;
        (fromClient ? upstream : client).sendBytes(buffer, got);
      }
    }
  }

  Poco::Net::ServerSocket listener_{Poco::Net::SocketAddress("127.0.0.1", 0)};
  std::uint16_t target_;
  std::string answer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

net::HttpClientOptions through(const std::string& proxy) {
  net::HttpClientOptions options;
  options.proxy = net::ProxySettings::fromEnvironment([proxy](const char* name) {
    return std::string(name) == "ALL_PROXY" ? proxy : std::string();
  });
  return options;
}

}  // namespace

TEST_CASE("https requests are served over verified connections, which are reused",
          "[net][client][tls]") {
  const TestCertificate certificate("IP:127.0.0.1,DNS:localhost");
  FakeUpstream upstream(echo, certificate);
  Fixture f(certificate.certificateFile());
  for (int i = 0; i < 3; ++i) {
    const Fetched got = f.get(upstream.url());
    INFO((got.failure ? got.failure->message : ""));
    CHECK(got.body == "{}");
  }
  CHECK(f.get("https://localhost:" + std::to_string(upstream.port()) + "/").body == "{}");
  CHECK(upstream.connections() == 2);
}

TEST_CASE("a server whose certificate does not fit gets no request", "[net][client][tls]") {
  const TestCertificate good("IP:127.0.0.1");
  const TestCertificate stranger("IP:127.0.0.1");
  const TestCertificate otherName("DNS:localhost,IP:127.0.0.2");
  const TestCertificate expired("IP:127.0.0.1", -3600);
  const auto refused = [](const TestCertificate& server, const TestCertificate& trusted) {
    FakeUpstream upstream(echo, server);
    Fixture f(trusted.certificateFile());
    const Fetched got = f.get(upstream.url());
    return upstream.requests().empty() && got.failure &&
           got.failure->kind == FailureKind::Unavailable;
  };
  CHECK_FALSE(refused(good, good));
  CHECK(refused(stranger, good));
  CHECK(refused(otherName, otherName));
  CHECK(refused(expired, expired));
}

TEST_CASE("over TLS an end without close_notify is no end", "[net][client][tls]") {
  const TestCertificate certificate("IP:127.0.0.1");
  Fixture f(certificate.certificateFile());
  const Reply start = Reply().bytes("HTTP/1.0 200 OK\r\n\r\nhello");
  FakeUpstream proper([&](const FakeRequest&) { return Reply(start).close(); }, certificate);
  const Fetched whole = f.get(proper.url());
  CHECK_FALSE(whole.failure);
  CHECK(whole.body == "hello");

  FakeUpstream cut([&](const FakeRequest&) { return Reply(start).cut(); }, certificate);
  const Fetched half = f.get(cut.url());
  REQUIRE(half.failure);
  CHECK(half.failure->kind == FailureKind::Unavailable);
}

TEST_CASE("a plain server is no TLS server", "[net][client][tls]") {
  const TestCertificate certificate("IP:127.0.0.1");
  Fixture f(certificate.certificateFile());
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  std::thread server([&] {
    Poco::Net::StreamSocket socket = listener.acceptConnection();
    const std::string answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    socket.sendBytes(answer.data(), static_cast<int>(answer.size()));
    char buffer[512];
    while (socket.receiveBytes(buffer, sizeof buffer) > 0) {
    }
  });
  const Fetched got = f.get("https://" + listener.address().toString() + "/");
  server.join();
  REQUIRE(got.failure);
  CHECK(got.failure->kind == FailureKind::Unavailable);
}

TEST_CASE("https goes through a proxy's tunnel, verified at the upstream", "[net][client][proxy]") {
  const TestCertificate certificate("DNS:upstream.test");
  FakeUpstream upstream(echo, certificate);
  FakeProxy proxy(upstream.port(), "HTTP/1.1 200 Connection established\r\n\r\n");
  Fixture f(certificate.certificateFile(), through("http://user:pass@" + proxy.address()));
  const Fetched got = f.get("https://upstream.test/v1/x");
  INFO((got.failure ? got.failure->message : ""));
  CHECK(got.body == "{}");
  CHECK(f.get("https://upstream.test/v1/y").body == "{}");
  CHECK(upstream.connections() == 1);
  CHECK(upstream.requests().at(0).headers.count("proxy-authorization") == 0);
  CHECK(proxy.head ==
        "CONNECT upstream.test:443 HTTP/1.1\r\nhost: upstream.test:443\r\n"
        "user-agent: pagoda/1.0\r\nproxy-authorization: Basic dXNlcjpwYXNz\r\n\r\n");
}

TEST_CASE("a proxy that refuses or misbehaves is told from the upstream", "[net][client][proxy]") {
  struct Case {
    const char* answer;
    FailureKind kind;
    const char* message;
  };
  const Case cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
       FailureKind::Config, "the proxy refused the tunnel with status 407"},
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", FailureKind::Unavailable,
       "the proxy refused the tunnel with status 403"},
      {"SSH-2.0-x\r\n", FailureKind::Protocol, "the proxy's answer is unusable"},
      {"HTTP/1.1 201 OK\r\n\r\nEXTRA", FailureKind::Protocol, "bytes behind its answer"},
      {"", FailureKind::Unavailable, "the proxy closed the connection"},
  };
  for (const Case& c : cases) {
    INFO(c.answer);
    FakeProxy proxy(1, c.answer);
    Fixture f("", through("http://" + proxy.address()));
    const Fetched got = f.get("https://upstream.test/");
    REQUIRE(got.failure);
    CHECK(got.failure->kind == c.kind);
    INFO(got.failure->message);
    CHECK(got.failure->message.find(c.message) != std::string::npos);
  }
}

TEST_CASE("plain http goes to the proxy with its absolute address", "[net][client][proxy]") {
  FakeUpstream proxy(echo);
  Fixture f("", through("http://user:pass@127.0.0.1:" + std::to_string(proxy.port())));
  CHECK(f.get("http://upstream.test/v1/x").body == "{}");
  const FakeRequest seen = proxy.requests().at(0);
  CHECK(seen.target == "http://upstream.test/v1/x");
  CHECK(seen.headers.at("host") == "upstream.test");
  CHECK(seen.headers.at("proxy-authorization") == "Basic dXNlcjpwYXNz");

  FakeUpstream local(echo);
  CHECK(f.get(local.url("/direct")).body == "{}");
  CHECK(local.requests().at(0).target == "/direct");
  CHECK(proxy.requests().size() == 1);
}
