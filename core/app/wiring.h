#pragma once
// The one place that builds the server: configuration, plugins, store, services, loops, listener.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/app/configuration.h"
#include "core/app/start_error.h"
#include "core/base/clock.h"

namespace pagoda::app {

class Server {
 public:
  /// Builds everything and listens; nothing is answered before start(). Blocks for plugins,
  /// recovery and, where it applies, discovery. Throws StartError and ConfigError.
  explicit Server(Configuration configuration);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Stops the loops. Whatever is under way is dropped; call drain() first.
  ~Server();

  void start();
  /// Reads the configuration again, soon, on a thread of its own. After start().
  void requestReload(const std::string& cause);
  /// No new requests; waits for those under way. True: all of them ended.
  bool drain(Millis atMost);

  std::uint16_t port() const;
  std::string url() const;                     ///< "http://127.0.0.1:4000"
  const Configuration& configuration() const;  ///< that it was started with
  bool authRequired() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

bool isLoopback(const std::string& host);

}  // namespace pagoda::app
