#include "core/net/http_server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocket.h>
#include <sys/resource.h>

#include "core/net/event_loop_group.h"
#include "core/net/listener.h"
#include "core/net/server_connection.h"

namespace pagoda::net {
namespace {

// Connections that are told 503 and linger for a moment; above that they are dropped.
constexpr std::size_t kOverloadedAtMost = 64;
constexpr std::size_t kOverloadedAtLeast = 4;
constexpr Millis kCutTime{2'000};

/// Most requests need a connection to an upstream as well; files, plugins and the store need some.
std::size_t affordableConnections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
  return descriptors <= 128 ? descriptors / 4 : (descriptors - 64) / 2;
}

/// SO_REUSEPORT would let a second server of this user share the port unnoticed.
void requireFree(EventLoop& loop, const std::string& address, std::uint16_t port) {
  if (port != 0) Listener(loop, address, port, false, {});
}

}  // namespace

struct HttpServer::State {
  void accept(ServerContext& context, const Poco::Net::StreamSocket& socket);
  void closed();
  bool waitUntilEmpty(Millis atMost);
  void onEveryConnection(std::size_t loop, void (ServerConnection::*act)());

  EventLoopGroup& loops;
  const ServerLimits limits;
  const std::size_t maxConnections;
  std::vector<std::unique_ptr<ServerContext>> contexts;  // one per loop
  std::vector<std::vector<std::unique_ptr<Listener>>> listeners;
  std::atomic<std::size_t> connections{0};
  std::mutex mutex;
  std::condition_variable empty;
};

void HttpServer::State::accept(ServerContext& context, const Poco::Net::StreamSocket& socket) {
  Poco::Net::StreamSocket accepted = socket;
  const std::size_t open = connections.load(std::memory_order_relaxed);
  const std::size_t overloaded =
      std::clamp(maxConnections / 8, kOverloadedAtLeast, kOverloadedAtMost);
  if (open >= maxConnections + overloaded) {
    accepted.close();
    return;
  }
  try {
    accepted.setNoDelay(true);
  } catch (const Poco::Exception&) {
    accepted.close();  // reset before it was accepted
    return;
  }
  connections.fetch_add(1, std::memory_order_relaxed);
  const auto admission = open < maxConnections ? ServerConnection::Admission::Serve
                                               : ServerConnection::Admission::Overloaded;
  ServerConnection::serve(context, accepted, admission);
}

void HttpServer::State::closed() {
  if (connections.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex);
  empty.notify_all();
}

bool HttpServer::State::waitUntilEmpty(Millis atMost) {
  std::unique_lock lock(mutex);
  return empty.wait_for(lock, atMost, [this] { return connections.load() == 0; });
}

HttpServer::HttpServer(EventLoopGroup& loops, const ServerLimits& limits, HttpHandler& handler,
                       TlsServerContext* tls)
    : state_(new State{loops,
                       limits,
                       std::min(limits.maxConnections, affordableConnections()),
                       {},
                       {},
                       {},
                       {},
                       {}}) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    state_->contexts.push_back(std::unique_ptr<ServerContext>(
        new ServerContext{loops[i],
                          state_->limits,
                          handler,
                          tls,
                          [state = state_.get()] { state->closed(); },
                          {},
                          {},
                          false}));
  }
  state_->listeners.resize(loops.size());
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::listen(const std::string& address, std::uint16_t port) {
  State& state = *state_;
  const bool shared = state.loops.size() > 1;
  if (shared) requireFree(state.loops[0], address, port);
  for (std::size_t i = 0; i < state.loops.size(); ++i) {
    ServerContext& context = *state.contexts[i];
    auto listener =
        std::make_unique<Listener>(state.loops[i], address, port, shared,
                                   [&state, &context](const Poco::Net::StreamSocket& socket) {
                                     state.accept(context, socket);
                                   });
    port = listener->port();
    state.loops[i].post([started = listener.get()] { started->start(); });
    state.listeners[i].push_back(std::move(listener));
  }
  return port;
}

void HttpServer::State::onEveryConnection(std::size_t loop, void (ServerConnection::*act)()) {
  ServerContext& context = *contexts[loop];
  const std::vector<ServerConnection*> open(context.connections.begin(), context.connections.end());
  for (ServerConnection* connection : open) {
    // What one of them does when it ends may end another.
    if (context.connections.contains(connection)) (connection->*act)();
  }
}

bool HttpServer::drain(Millis atMost) {
  State& state = *state_;
  // Counted like a connection, so that the count is not zero before every loop has begun to drain.
  state.connections.fetch_add(state.loops.size());
  for (std::size_t i = 0; i < state.loops.size(); ++i) {
    state.loops[i].post([&state, i] {
      for (const auto& listener : state.listeners[i]) listener->close();
      state.contexts[i]->draining = true;
      state.onEveryConnection(i, &ServerConnection::drain);
      state.closed();
    });
  }
  if (state.waitUntilEmpty(atMost)) return true;
  for (std::size_t i = 0; i < state.loops.size(); ++i) {
    state.loops[i].post([&state, i] { state.onEveryConnection(i, &ServerConnection::cut); });
  }
  state.waitUntilEmpty(kCutTime);
  return false;
}

std::size_t HttpServer::connections() const noexcept {
  return state_->connections.load();
}

std::size_t HttpServer::maxConnections() const noexcept {
  return state_->maxConnections;
}

}  // namespace pagoda::net
