#include <fstream>

#include <Poco/Net/SocketAddress.h>
#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include "core/net/stream.h"
#include "core/net/tls_context.h"
#include "tests/core/net/server_fixture.h"
#include "tests/support/test_certificate.h"

namespace pagoda::net {
namespace {

using testing::RawClient;
using testing::TestCertificate;

struct Exchange {
  std::optional<AttemptFailure> failure;
  bool resumed = false;
  std::string answer;
  IoStatus end = IoStatus::Ok;
};

/// One request over TLS, read to the connection's end.
Task<Exchange> request(EventLoop& loop, std::uint16_t port, TlsClientContext& context,
                       std::string host, std::string text) {
  Exchange result;
  const TimePoint deadline = loop.clock().now() + Millis{10'000};
  const Poco::Net::SocketAddress address("127.0.0.1", port);
  auto connected = co_await connectTcp(loop, address, deadline, nullptr);
  if (!connected) {
    result.failure = connected.error();
    co_return result;
  }
  std::unique_ptr<Stream> plain = std::move(*connected);
  auto secured = co_await startTlsClient(std::move(plain), context, host, deadline, nullptr);
  if (!secured) {
    result.failure = secured.error();
    co_return result;
  }
  const std::unique_ptr<Stream> stream = std::move(*secured);
  result.resumed = stream->sessionResumed();
  std::string_view rest = text;
  while (!rest.empty()) {
    const IoResult written = stream->write(rest);
    if (written.status == IoStatus::Ok) {
      rest.remove_prefix(written.bytes);
    } else if (written.status == IoStatus::WouldBlock) {
      const WaitStatus wait = co_await stream->writable(deadline, nullptr);
      if (wait != WaitStatus::Ready) co_return result;
    } else {
      co_return result;
    }
  }
  for (;;) {
    const std::span<char> scratch = loop.scratch();
    const IoResult got = stream->read(scratch.data(), scratch.size());
    if (got.status == IoStatus::Ok) {
      result.answer.append(scratch.data(), got.bytes);
    } else if (got.status == IoStatus::WouldBlock) {
      const WaitStatus wait = co_await stream->readable(deadline, nullptr);
      if (wait != WaitStatus::Ready) co_return result;
    } else {
      result.end = got.status;
      co_return result;
    }
  }
}

struct TlsServer {
  explicit TlsServer(const TestCertificate& certificate)
      : context(certificate.certificateFile(), certificate.keyFile()), test({}, &context) {}

  Exchange ask(TlsClientContext& client, const std::string& host, const std::string& text) {
    return test.loop.await(
        [&] { return request(test.loop.loop(), test.port, client, host, text); });
  }

  TlsServerContext context;
  TestServer test;
};

TlsClientContext::Options trusting(const TestCertificate& certificate) {
  TlsClientContext::Options options;
  options.caFile = certificate.certificateFile();
  options.systemCertificates = false;
  return options;
}

const std::string kClosing = "Connection: close\r\n";

TEST_CASE("requests and answers travel over TLS, large ones too", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test,IP:127.0.0.1");
  TlsServer server(certificate);
  TlsClientContext client(trusting(certificate));
  const std::string body(900'000, 'b');
  for (const char* host : {"pagoda.test", "127.0.0.1"}) {
    CAPTURE(host);
    const Exchange result = server.ask(client, host, postRequest("/t", body, kClosing));
    REQUIRE_FALSE(result.failure);
    CHECK(result.answer.ends_with("\r\n\r\nPOST /t " + body));
    CHECK(result.end == IoStatus::Closed);
  }
}

TEST_CASE("a certificate for another name or address is refused", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test,DNS:*.wild.test");
  TlsServer server(certificate);
  TlsClientContext client(trusting(certificate));
  for (const char* host :
       {"other.test", "localhost", "127.0.0.1", "a.pagoda.test", "a.b.wild.test", "wild.test"}) {
    CAPTURE(host);
    const Exchange result = server.ask(client, host, getRequest("/", kClosing));
    REQUIRE(result.failure);
    CHECK(result.failure->kind == FailureKind::Unavailable);
    CHECK(result.failure->message.find("certificate was refused") != std::string::npos);
    CHECK(server.test.handler.requests == 0);
  }
  CHECK_FALSE(server.ask(client, "a.wild.test", getRequest("/", kClosing)).failure);
}

TEST_CASE("a certificate that is unknown or out of date is refused", "[net][tls]") {
  SECTION("unknown") {
    TestCertificate certificate("DNS:pagoda.test");
    TestCertificate other("DNS:pagoda.test");
    TlsServer server(certificate);
    TlsClientContext client(trusting(other));
    CHECK(server.ask(client, "pagoda.test", getRequest("/", kClosing)).failure);
  }
  SECTION("out of date") {
    TestCertificate certificate("DNS:pagoda.test", -60);
    TlsServer server(certificate);
    TlsClientContext client(trusting(certificate));
    const Exchange result = server.ask(client, "pagoda.test", getRequest("/", kClosing));
    REQUIRE(result.failure);
    CHECK(result.failure->message.find("expired") != std::string::npos);
  }
}

TEST_CASE("the second connection resumes the first one's session", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  TlsServer server(certificate);
  TlsClientContext client(trusting(certificate));
  CHECK_FALSE(server.ask(client, "pagoda.test", getRequest("/", kClosing)).resumed);
  CHECK(client.sessions() == 1);
  for (int i = 0; i < 5; ++i) {
    const Exchange again = server.ask(client, "pagoda.test", getRequest("/", kClosing));
    REQUIRE_FALSE(again.failure);
    CHECK(again.resumed);
  }
  client.forget("pagoda.test:" + std::to_string(server.test.port));
  CHECK_FALSE(server.ask(client, "pagoda.test", getRequest("/", kClosing)).resumed);
}

TEST_CASE("a session is not resumed for another name", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  TlsServer server(certificate);
  TlsClientContext client(trusting(certificate));
  REQUIRE_FALSE(server.ask(client, "pagoda.test", getRequest("/", kClosing)).failure);
  CHECK(server.ask(client, "other.test", getRequest("/", kClosing)).failure);
}

TEST_CASE("a TLS answer that is cut off is a failure, not an end", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  TlsServer server(certificate);
  server.test.handler.route = [](const HttpRequest&, BodyReader&, ResponseWriter& response,
                                 Runtime&) -> Task<void> {
    response.start(200, {});
    response.append("part of it");
    response.abort();
    co_return;
  };
  TlsClientContext client(trusting(certificate));
  const Exchange result = server.ask(client, "pagoda.test", "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  REQUIRE_FALSE(result.failure);
  CHECK(result.end == IoStatus::Failed);
}

TEST_CASE("a plain request to a TLS port is closed, and TLS to a plain port refused",
          "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  SECTION("plain to TLS") {
    TlsServer server(certificate);
    RawClient plain(server.test.port);
    plain.send(getRequest("/"));
    plain.readToEnd();
    CHECK(plain.closed());
    CHECK(plain.received().find("HTTP/1.1 200") == std::string::npos);
  }
  SECTION("TLS to plain") {
    TestServer server;
    TlsClientContext client(trusting(certificate));
    const Exchange result = server.loop.await([&] {
      return request(server.loop.loop(), server.port, client, "pagoda.test", getRequest("/"));
    });
    REQUIRE(result.failure);
    CHECK(result.failure->kind == FailureKind::Unavailable);
  }
}

TEST_CASE("a handshake that hangs is ended by its deadline, on both sides", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  SECTION("the client's") {
    TlsClientContext client(trusting(certificate));
    // A listener that accepts by the kernel alone: nobody ever answers.
    std::optional<FailureKind> kind;
    testing::TestLoop loop;
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening, 4) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    loop.run([&] {
      spawn([](EventLoop& on, std::uint16_t port, TlsClientContext& context,
               std::optional<FailureKind>& outcome) -> Task<void> {
        const Exchange result =
            co_await request(on, port, context, "pagoda.test", "GET / HTTP/1.0\r\n\r\n");
        outcome = result.failure ? result.failure->kind : FailureKind::Internal;
      }(loop.loop(), ntohs(address.sin_port), client, kind));
    });
    loop.advance(Millis{9'999});
    CHECK_FALSE(kind);
    loop.advance(Millis{1});
    CHECK(kind == FailureKind::Timeout);
    ::close(listening);
  }
  SECTION("the server's") {
    TlsServer server(certificate);
    RawClient client(server.test.port);
    REQUIRE(client.send("\x16\x03\x01"));
    server.test.loop.advance(Millis{9'999});
    CHECK(server.test.server.connections() == 1);
    server.test.loop.advance(Millis{1});
    CHECK(server.test.server.connections() == 0);
  }
}

/// The outcome of a handshake of OpenSSL's own blocking client.
bool handshakes(std::uint16_t port, int maxVersion, const std::string& alpn) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, maxVersion);
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, descriptor);
  const bool done = SSL_connect(ssl) == 1;
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(descriptor);
  return done;
}

TEST_CASE("the server takes TLS 1.2 and later, and speaks nothing but HTTP/1.1", "[net][tls]") {
  TestCertificate certificate("DNS:pagoda.test");
  TlsServer server(certificate);
  const std::uint16_t port = server.test.port;
  CHECK(handshakes(port, TLS1_3_VERSION, ""));
  CHECK(handshakes(port, TLS1_2_VERSION, ""));
  CHECK_FALSE(handshakes(port, TLS1_1_VERSION, ""));
  CHECK(handshakes(port, TLS1_3_VERSION, "\x02h2\x08http/1.1"));
  CHECK_FALSE(handshakes(port, TLS1_3_VERSION, "\x02h2"));
}

TEST_CASE("new certificate files serve after a reload; wrong ones leave the old in use",
          "[net][tls]") {
  TestCertificate certificate("DNS:old.test");
  TestCertificate fresh("DNS:new.test");
  TlsServer server(certificate);
  {
    TlsClientContext client(trusting(certificate));
    CHECK_FALSE(server.ask(client, "old.test", getRequest("/", kClosing)).failure);
  }
  std::ofstream(certificate.certificateFile()) << "nonsense";
  CHECK_THROWS_WITH(server.context.reload(), Catch::Contains(certificate.certificateFile()));
  certificate.replaceBy(fresh);
  {
    TlsClientContext client(trusting(fresh));
    CHECK(server.ask(client, "new.test", getRequest("/", kClosing)).failure);
    server.context.reload();
    CHECK_FALSE(server.ask(client, "new.test", getRequest("/", kClosing)).failure);
  }
}

TEST_CASE("a key that does not fit its certificate is named at the start", "[net][tls]") {
  TestCertificate one("DNS:one.test");
  TestCertificate two("DNS:two.test");
  CHECK_THROWS_WITH(TlsServerContext(one.certificateFile(), two.keyFile()),
                    Catch::Contains(two.keyFile()));
  CHECK_THROWS_WITH(TlsServerContext("/nowhere/cert.pem", one.keyFile()),
                    Catch::Contains("/nowhere/cert.pem"));
  TlsClientContext::Options options;
  options.caFile = "/nowhere/ca.pem";
  TlsClientContext client(options);
  CHECK_THROWS_WITH(client.load(), Catch::Contains("/nowhere/ca.pem"));
}

TEST_CASE("connecting to a closed port fails at once, and a cancelled connect ends",
          "[net][connect]") {
  testing::TestLoop test;
  std::uint16_t port = 0;
  {
    TestServer gone;
    port = gone.port;
  }
  const auto connect = [&](CancelSource* cancel) {
    return test.await([&] {
      return [](EventLoop& loop, std::uint16_t to,
                CancelSource* source) -> Task<std::optional<FailureKind>> {
        const Poco::Net::SocketAddress address("127.0.0.1", to);
        const TimePoint deadline = loop.clock().now() + Millis{1'000};
        auto connected = co_await connectTcp(loop, address, deadline, source);
        co_return connected ? std::nullopt : std::optional(connected.error().kind);
      }(test.loop(), port, cancel);
    });
  };
  CHECK(connect(nullptr) == FailureKind::Unavailable);
  CancelSource cancel;
  cancel.cancel();
  CHECK(connect(&cancel) == FailureKind::Cancelled);
}

}  // namespace
}  // namespace pagoda::net
