#pragma once
// Upstream connections of one loop: those in use are counted, those at rest are kept and watched.

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/domain/failure.h"

namespace pagoda::net {

class EventLoop;
class Stream;
class TimeLimit;
class Waiter;

struct PoolLimits {
  std::size_t connectionsPerHost = 8192;  ///< of one loop
  std::size_t idlePerHost = 1024;
  std::size_t waitingPerHost = 4096;  ///< requests that may queue for a connection
  Millis idleExpiry{50'000};          ///< shorter than the 60 s after which many servers close
  std::size_t warmPerHost = 2;        ///< kept at rest for the whole idleExpiry; what a burst
                                      ///< left beyond them is closed after surplusExpiry
  Millis surplusExpiry{1'000};
};

class ConnectionPool {
  struct Connection;
  struct Host;

 public:
  /// The right to one connection to one host, and that connection once there is one. Gives both up
  /// when destroyed; the connection is closed then.
  class Lease {
   public:
    Lease();
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

    Stream* stream() const;
    /// The connection has carried a request before.
    bool reused() const { return reused_; }
    /// Puts a new connection in the place of the one that was there.
    void replace(std::unique_ptr<Stream> stream);
    /// Closes the connection and keeps the right.
    void discard();
    /// The connection is at rest and may serve another request.
    void giveBack();
    /// Closes the connection, if there is one, and gives up the right.
    void drop();

   private:
    friend class ConnectionPool;
    ConnectionPool* pool_ = nullptr;
    Host* host_ = nullptr;
    std::unique_ptr<Connection> connection_;
    bool reused_ = false;
  };

  ConnectionPool(EventLoop& loop, const PoolLimits& limits);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// A connection at rest, or the right to open one. False: the host has as many as it may, and
  /// take() has to be awaited. `key` names scheme, host, port and proxy.
  bool tryTake(std::string_view key, Lease& lease);
  /// Waits for its turn, first come first served. Failures: Overloaded (too many wait), Timeout,
  /// Deadline, Cancelled.
  Task<tl::expected<Lease, AttemptFailure>> take(std::string key, const TimeLimit& limit,
                                                 CancelSource* cancel);

  /// Connections at rest, over all hosts.
  std::size_t idle() const noexcept;

 private:
  Host& hostOf(std::string_view key);
  bool popIdle(Host& host, Lease& lease);
  void rest(Host& host, std::unique_ptr<Connection> connection);
  void removeIdle(Connection& connection);
  void release(Host& host);
  void forgetIfUnused(Host& host);

  EventLoop& loop_;
  PoolLimits limits_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;
};

}  // namespace pagoda::net
