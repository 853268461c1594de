#pragma once
// The HTTP/1.1 server: a listener on each event loop, connections that stay on their loop.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/domain/http_server.h"
#include "core/net/server_limits.h"

namespace pagoda::net {

class EventLoopGroup;
class TlsServerContext;

/// Order of life: made, listen(), (loops run), drain(), (loops stop), destroyed. All members may be
/// called from any thread that is not a loop's.
class HttpServer {
 public:
  /// All outlive the server. Without `tls` it speaks plain HTTP.
  HttpServer(EventLoopGroup& loops, const ServerLimits& limits, HttpHandler& handler,
             TlsServerContext* tls = nullptr);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Returns the port, which is a free one if 0 was asked for. May be called for several addresses.
  /// Throws std::runtime_error, naming address and port, if that is in use or not ours.
  std::uint16_t listen(const std::string& address, std::uint16_t port);

  /// Stops accepting, ends idle connections, lets requests in flight finish with Connection: close;
  /// what is not done after `atMost` is cut. Needs running loops. True: nothing had to be cut.
  bool drain(Millis atMost);

  std::size_t connections() const noexcept;
  /// The limit in force: maxConnections, or less if descriptors are scarce.
  std::size_t maxConnections() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagoda::net
