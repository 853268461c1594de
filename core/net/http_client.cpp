#include "core/net/http_client.h"

#include <charconv>
#include <utility>

#include "core/net/attempt_failures.h"
#include "core/net/connector.h"
#include "core/net/event_loop.h"
#include "core/net/exchange.h"
#include "core/net/read_buffers.h"
#include "core/net/request_writer.h"
#include "core/net/stream.h"
#include "core/net/tls_context.h"

namespace pagoda::net {
namespace {

/// Connections that may serve each other's requests have the same key.
void writeKey(std::string& key, const Url& url, const Proxy* proxy) {
  key.assign(url.tls ? "https://" : "http://").append(url.host).append(":");
  key.append(std::to_string(url.port));
  if (proxy) key.append(" by ").append(proxy->host).append(":").append(std::to_string(proxy->port));
}

class PooledHttpClient final : public HttpClient {
 public:
  PooledHttpClient(EventLoop& loop, TlsClientContext& tls, HttpClientOptions options)
      : loop_(loop),
        proxies_(std::move(options.proxy)),
        resolver_(loop, std::move(options.resolver)),
        connector_(loop, resolver_, tls),
        pool_(loop, options.pool) {}

  Task<tl::expected<std::unique_ptr<UpstreamResponse>, AttemptFailure>> send(
      UpstreamRequest request, CancelSource* cancel) override;

 private:
  struct Target {
    Url url;
    const Proxy* proxy = nullptr;
    Millis connectTimeout{};
    TimePoint deadline;
  };
  tl::expected<Target, AttemptFailure> targetOf(const UpstreamRequest& request) const;
  Task<tl::expected<void, AttemptFailure>> connect(const Target& target,
                                                   ConnectionPool::Lease& lease,
                                                   CancelSource* cancel);

  EventLoop& loop_;
  ProxySettings proxies_;
  Resolver resolver_;
  Connector connector_;
  ConnectionPool pool_;
  ReadBuffers buffers_;
  std::string key_;  // of the request that is being begun; kept for its capacity
};

tl::expected<PooledHttpClient::Target, AttemptFailure> PooledHttpClient::targetOf(
    const UpstreamRequest& request) const {
  std::optional<Url> url = parseUrl(request.url);
  if (!url || !url->userInfo.empty()) {
    return failAttempt(FailureKind::Config,
                       "the upstream's address has to be http(s)://host[:port]/path");
  }
  Target target{*std::move(url), nullptr, request.connectTimeout, request.deadline};
  target.proxy = proxies_.proxyFor(target.url);
  return target;
}

Task<tl::expected<void, AttemptFailure>> PooledHttpClient::connect(const Target& target,
                                                                   ConnectionPool::Lease& lease,
                                                                   CancelSource* cancel) {
  const TimeLimit limit(loop_.now(), target.connectTimeout, target.deadline);
  auto stream = co_await connector_.connect(target.url, target.proxy, limit, cancel);
  if (!stream) co_return tl::unexpected<AttemptFailure>(std::move(stream).error());
  lease.replace(*std::move(stream));
  co_return tl::expected<void, AttemptFailure>();
}

Task<tl::expected<std::unique_ptr<UpstreamResponse>, AttemptFailure>> PooledHttpClient::send(
    UpstreamRequest request, CancelSource* cancel) {
  using Failed = tl::unexpected<AttemptFailure>;
  auto target = targetOf(request);
  if (!target) co_return Failed(std::move(target).error());
  const bool absolute = target->proxy && !target->url.tls;
  const Secret authorization = absolute ? target->proxy->authorization : Secret();
  auto bytes = writeRequest(request, target->url, absolute, authorization);
  if (!bytes) co_return Failed(std::move(bytes).error());
  if (cancel && cancel->cancelled()) {
    co_return failAttempt(FailureKind::Cancelled, "cancelled before sending");
  }

  ConnectionPool::Lease lease;
  writeKey(key_, target->url, target->proxy);
  if (!pool_.tryTake(key_, lease)) {
    const TimeLimit limit(loop_.now(), target->connectTimeout, target->deadline);
    auto turn = pool_.take(key_, limit, cancel);
    auto taken = co_await turn;
    if (!taken) co_return Failed(std::move(taken).error());
    lease = *std::move(taken);
  }
  if (request.fresh) lease.discard();

  auto exchange =
      std::make_unique<Exchange>(loop_, buffers_, std::move(request), *std::move(bytes), cancel);
  // A connection at rest may have been closed at this very moment; that says nothing about the
  // upstream, so the request gets one fresh connection. What a fresh one does counts.
  for (;;) {
    if (!lease.stream()) {
      auto connected = co_await connect(*target, lease, cancel);
      if (!connected) co_return Failed(std::move(connected).error());
    }
    const bool replaceable = lease.reused();
    exchange->setLease(std::move(lease));
    auto started = co_await exchange->start();
    if (started) co_return std::unique_ptr<UpstreamResponse>(std::move(exchange));
    if (!replaceable || !exchange->upstreamWasGone()) co_return Failed(std::move(started).error());
    lease = exchange->takeLease();
  }
}

}  // namespace

std::unique_ptr<HttpClient> makeHttpClient(EventLoop& loop, TlsClientContext& tls,
                                           HttpClientOptions options) {
  return std::make_unique<PooledHttpClient>(loop, tls, std::move(options));
}

}  // namespace pagoda::net
