#include "core/net/connector.h"

#include <algorithm>
#include <optional>

#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SocketAddress.h>

#include "core/net/event_loop.h"
#include "core/net/request_writer.h"
#include "core/net/response_parser.h"
#include "core/net/stream.h"
#include "core/net/tls_context.h"

namespace pagoda::net {
namespace {

/// An address that does not answer gives way to the next one after this long, or after its share of
/// what is left, if that is shorter.
constexpr Millis kPatiencePerAddress{1'500};

TimePoint turnEnds(TimePoint now, TimePoint end, std::size_t addressesLeft) {
  if (addressesLeft <= 1 || end <= now) return end;
  const auto share = (end - now) / static_cast<long>(addressesLeft);
  return now + std::min<Duration>(share, kPatiencePerAddress);
}

/// Empty for what Poco does not take, for example a link-local address with its zone.
std::optional<Poco::Net::SocketAddress> addressOf(const std::string& text, std::uint16_t port) {
  Poco::Net::IPAddress address;
  if (!Poco::Net::IPAddress::tryParse(text, address)) return std::nullopt;
  return Poco::Net::SocketAddress(address, port);
}

tl::unexpected<AttemptFailure> within(const std::string& what, AttemptFailure failure) {
  failure.message = what + ": " + failure.message;
  return tl::unexpected<AttemptFailure>(std::move(failure));
}

}  // namespace

Task<Connector::Outcome> Connector::connectHost(const std::string& host, std::uint16_t port,
                                                const TimeLimit& limit, CancelSource* cancel) {
  AddressList addresses;
  if (const AddressList* known = resolver_.known(host)) {
    addresses = *known;
  } else {
    auto lookUp = resolver_.resolve(host, limit.at(), cancel);
    auto found = co_await lookUp;
    if (!found && found.error().kind == FailureKind::Timeout) {
      co_return limit.passed("the name " + host + " was not resolved");
    }
    if (!found) co_return tl::unexpected<AttemptFailure>(std::move(found).error());
    addresses = *std::move(found);
  }

  const std::string name = host + ":" + std::to_string(port);
  Outcome outcome = failAttempt(FailureKind::Unavailable, "the name has no address");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::optional<Poco::Net::SocketAddress> address = addressOf(addresses[i], port);
    if (!address) continue;
    const TimePoint until = turnEnds(loop_.now(), limit.at(), addresses.size() - i);
    outcome = co_await connectTcp(loop_, *address, until, cancel);
    if (outcome || outcome.error().kind == FailureKind::Cancelled) co_return std::move(outcome);
    if (limit.at() <= loop_.now()) break;
  }
  if (outcome.error().kind == FailureKind::Timeout) {
    co_return limit.passed("no connection to " + name);
  }
  co_return within(name, std::move(outcome).error());
}

Task<tl::expected<void, AttemptFailure>> Connector::openTunnel(Stream& stream, const Url& url,
                                                               const Proxy& proxy,
                                                               const TimeLimit& limit,
                                                               CancelSource* cancel) {
  const std::string request = writeConnect(url, proxy.authorization);
  const IoResult sent = stream.write(request);  // it fits any fresh socket's buffer
  if (sent.status != IoStatus::Ok || sent.bytes != request.size()) {
    co_return failAttempt(FailureKind::Unavailable, "the proxy closed the connection");
  }
  ResponseParser parser({16 * 1024, 128, 4}, RequestKind::Connect);
  char buffer[4096];
  for (;;) {
    const IoResult got = stream.read(buffer, sizeof buffer);
    if (got.status == IoStatus::WouldBlock) {
      const WaitStatus wait = co_await stream.readable(limit.at(), cancel);
      if (wait == WaitStatus::TimedOut) co_return limit.passed("the proxy did not answer");
      if (wait == WaitStatus::Cancelled) {
        co_return failAttempt(FailureKind::Cancelled, "cancelled while connecting");
      }
      continue;
    }
    if (got.status != IoStatus::Ok) {
      co_return failAttempt(FailureKind::Unavailable, "the proxy closed the connection");
    }
    std::string_view input(buffer, got.bytes);
    std::string_view piece;
    const ResponseParser::Step step = parser.step(input, piece);
    if (step == ResponseParser::Step::NeedInput) continue;
    if (step == ResponseParser::Step::Error) {
      co_return failAttempt(FailureKind::Protocol,
                            "the proxy's answer is unusable: " + parser.error());
    }
    if (parser.status() / 100 != 2) {
      const FailureKind kind =
          parser.status() == 407 ? FailureKind::Config : FailureKind::Unavailable;
      co_return failAttempt(
          kind, "the proxy refused the tunnel with status " + std::to_string(parser.status()));
    }
    // The upstream speaks only after us: bytes here are the proxy's, and not meant for TLS.
    if (!input.empty()) {
      co_return failAttempt(FailureKind::Protocol, "the proxy sent bytes behind its answer");
    }
    co_return tl::expected<void, AttemptFailure>();
  }
}

Task<Connector::Outcome> Connector::connect(const Url& url, const Proxy* proxy,
                                            const TimeLimit& limit, CancelSource* cancel) {
  const std::string& host = proxy ? proxy->host : url.host;
  const std::uint16_t port = proxy ? proxy->port : url.port;
  Outcome stream = co_await connectHost(host, port, limit, cancel);
  if (!stream || !url.tls) co_return std::move(stream);

  if (proxy != nullptr) {
    auto tunnel = co_await openTunnel(**stream, url, *proxy, limit, cancel);
    if (!tunnel) co_return tl::unexpected<AttemptFailure>(std::move(tunnel).error());
  }
  auto handshake = startTlsClient(*std::move(stream), tls_, url.host, limit.at(), cancel);
  Outcome secured = co_await handshake;
  if (!secured && secured.error().kind == FailureKind::Timeout) {
    co_return limit.passed("no TLS connection to " + url.hostAndPort());
  }
  co_return std::move(secured);
}

}  // namespace pagoda::net
