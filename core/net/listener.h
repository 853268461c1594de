#pragma once
// A listening socket on one event loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/net/event_loop.h"

namespace Poco::Net {
class ServerSocket;
}

namespace pagoda::net {

/// Made on any thread, started and closed on its loop.
class Listener final : private IoSource {
 public:
  using OnAccept = std::function<void(const Poco::Net::StreamSocket& socket)>;

  /// Binds. With `shared`, several listeners of this process have the same port (SO_REUSEPORT).
  /// Throws std::runtime_error that names address and port.
  Listener(EventLoop& loop, const std::string& address, std::uint16_t port, bool shared,
           OnAccept onAccept);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  void start();
  void close();
  std::uint16_t port() const noexcept { return port_; }

 private:
  void onEvents(int interests) override;
  void pause();

  EventLoop& loop_;
  std::unique_ptr<Poco::Net::ServerSocket> socket_;
  OnAccept onAccept_;
  std::uint16_t port_ = 0;
  int interest_ = kNoInterest;
  Timer resume_{this, [](void* self) { static_cast<Listener*>(self)->start(); }};
};

}  // namespace pagoda::net
