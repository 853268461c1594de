#include "core/net/connection_pool.h"

#include <algorithm>
#include <cassert>

#include "core/net/attempt_failures.h"
#include "core/net/event_loop.h"
#include "core/net/stream.h"
#include "core/net/timer_wheel.h"
#include "core/net/waiter.h"

namespace pagoda::net {

struct ConnectionPool::Connection {
  Connection(ConnectionPool& p, Host& h, std::unique_ptr<Stream> s)
      : pool(p), host(h), stream(std::move(s)) {}

  /// At rest: whatever can be read, an end included, makes the connection useless.
  bool silent() {
    char byte = 0;
    return stream->read(&byte, 1).status == IoStatus::WouldBlock;
  }

  ConnectionPool& pool;
  Host& host;
  std::unique_ptr<Stream> stream;
  Timer expiry{this, [](void* self) {
                 auto& connection = *static_cast<Connection*>(self);
                 connection.pool.removeIdle(connection);
               }};
};

struct ConnectionPool::Host {
  std::string_view key;    ///< of its place in hosts_
  std::size_t leased = 0;  ///< rights given out, whether or not a connection is open
  std::vector<std::unique_ptr<Connection>> idle;  ///< the latest used is at the back
  std::deque<std::shared_ptr<Waiter>> waiters;
};

ConnectionPool::Lease::Lease() = default;
ConnectionPool::Lease::~Lease() {
  drop();
}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      host_(std::exchange(other.host_, nullptr)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_) {}

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = std::exchange(other.pool_, nullptr);
  host_ = std::exchange(other.host_, nullptr);
  connection_ = std::move(other.connection_);
  reused_ = other.reused_;
  return *this;
}

Stream* ConnectionPool::Lease::stream() const {
  return connection_ ? connection_->stream.get() : nullptr;
}

void ConnectionPool::Lease::replace(std::unique_ptr<Stream> stream) {
  assert(pool_ && "a connection needs the right to one");
  connection_ = std::make_unique<Connection>(*pool_, *host_, std::move(stream));
  reused_ = false;
}

void ConnectionPool::Lease::discard() {
  connection_.reset();
}

void ConnectionPool::Lease::giveBack() {
  if (pool_ == nullptr) return;
  if (connection_) pool_->rest(*host_, std::move(connection_));
  drop();
}

void ConnectionPool::Lease::drop() {
  connection_.reset();
  if (pool_ != nullptr) std::exchange(pool_, nullptr)->release(*std::exchange(host_, nullptr));
}

ConnectionPool::ConnectionPool(EventLoop& loop, const PoolLimits& limits)
    : loop_(loop), limits_(limits) {}

ConnectionPool::~ConnectionPool() = default;

std::size_t ConnectionPool::idle() const noexcept {
  std::size_t count = 0;
  for (const auto& [key, host] : hosts_) count += host->idle.size();
  return count;
}

ConnectionPool::Host& ConnectionPool::hostOf(std::string_view key) {
  auto place = hosts_.find(key);
  if (place == hosts_.end()) {
    place = hosts_.emplace(std::string(key), std::make_unique<Host>()).first;
    place->second->key = place->first;
  }
  return *place->second;
}

bool ConnectionPool::popIdle(Host& host, Lease& lease) {
  while (!host.idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(host.idle.back());
    host.idle.pop_back();
    connection->expiry.cancel();
    connection->stream->onReadable({});
    if (!connection->silent()) continue;
    lease.connection_ = std::move(connection);
    lease.reused_ = true;
    return true;
  }
  return false;
}

bool ConnectionPool::tryTake(std::string_view key, Lease& lease) {
  lease.drop();
  Host& host = hostOf(key);
  // Who came earlier goes first, even when a connection is free at this moment.
  if (!host.waiters.empty() || host.leased >= limits_.connectionsPerHost) return false;
  ++host.leased;
  lease.pool_ = this;
  lease.host_ = &host;
  popIdle(host, lease);
  return true;
}

Task<tl::expected<ConnectionPool::Lease, AttemptFailure>> ConnectionPool::take(
    std::string key, const TimeLimit& limit, CancelSource* cancel) {
  Lease lease;
  if (tryTake(key, lease)) co_return std::move(lease);
  Host& host = hostOf(key);
  if (host.waiters.size() >= limits_.waitingPerHost) {
    co_return failAttempt(FailureKind::Overloaded,
                          "too many requests wait for a connection to the upstream");
  }
  const auto waiter = std::make_shared<Waiter>(loop_);
  host.waiters.push_back(waiter);

  /// Leaves the queue, or passes on a turn that was given and not taken.
  struct Turn {
    ConnectionPool& pool;
    Host& host;
    Waiter& waiter;
    bool taken = false;
    ~Turn() {
      waiter.abandon();
      if (taken) return;
      if (waiter.woken()) {
        pool.release(host);
      } else {
        std::erase_if(host.waiters, [this](const auto& w) { return w.get() == &waiter; });
        pool.forgetIfUnused(host);
      }
    }
  };
  Turn turn{*this, host, *waiter};
  const WaitStatus status = co_await waiter->wait(limit.at(), cancel);
  if (status == WaitStatus::Cancelled) {
    co_return failAttempt(FailureKind::Cancelled, "cancelled while waiting for a connection");
  }
  if (!waiter->woken()) co_return limit.passed("no connection to the upstream was free");
  turn.taken = true;
  lease.pool_ = this;
  lease.host_ = &host;
  popIdle(host, lease);
  co_return std::move(lease);
}

void ConnectionPool::rest(Host& host, std::unique_ptr<Connection> connection) {
  if (host.idle.size() >= limits_.idlePerHost || !connection->silent()) return;
  Connection* raw = connection.get();
  const bool surplus = host.idle.size() >= limits_.warmPerHost;
  host.idle.push_back(std::move(connection));
  const Millis expiry =
      surplus ? std::min(limits_.surplusExpiry, limits_.idleExpiry) : limits_.idleExpiry;
  loop_.schedule(raw->expiry, loop_.now() + expiry);
  raw->stream->onReadable([raw] {
    if (!raw->silent()) raw->pool.removeIdle(*raw);
  });
}

void ConnectionPool::removeIdle(Connection& connection) {
  Host& host = connection.host;
  const auto place = std::find_if(host.idle.begin(), host.idle.end(),
                                  [&](const auto& c) { return c.get() == &connection; });
  assert(place != host.idle.end() && "only a connection at rest is watched");
  const std::unique_ptr<Connection> closed = std::move(*place);
  host.idle.erase(place);
  forgetIfUnused(host);
}

/// One right comes back: the first who waits gets it, else it is free.
void ConnectionPool::release(Host& host) {
  if (!host.waiters.empty()) {
    const std::shared_ptr<Waiter> first = std::move(host.waiters.front());
    host.waiters.pop_front();
    first->wake();
    return;
  }
  --host.leased;
  forgetIfUnused(host);
}

void ConnectionPool::forgetIfUnused(Host& host) {
  if (host.leased > 0 || !host.idle.empty() || !host.waiters.empty()) return;
  hosts_.erase(hosts_.find(host.key));
}

}  // namespace pagoda::net
