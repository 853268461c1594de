#pragma once
// What one client may take of the server; `server:` in pagoda.yaml.

#include <cstddef>

#include "core/base/clock.h"

namespace pagoda::net {

struct ServerLimits {
  Millis headerTimeout{10'000};  ///< a whole head, TLS handshake aside, from its first byte
  Millis bodyTimeout{60'000};    ///< a whole body, from when the route asks for it
  Millis idleTimeout{75'000};    ///< between two requests of a connection
  Millis writeTimeout{30'000};   ///< without the client taking a byte
  std::size_t maxHeaderBytes = 32 * 1024;  ///< request line and fields together
  std::size_t maxTargetBytes = 8 * 1024;
  std::size_t maxHeaders = 100;
  std::size_t maxBodyBytes = std::size_t{16} << 20;  ///< a route may ask for less, never for more
  std::size_t maxConnections = 10'000;               ///< of all loops; above it, 503
  /// After an answer that ends a connection, what the client still sends is read and dropped, so
  /// that it is not reset before it has read the answer.
  Millis lingerTimeout{2'000};
  std::size_t lingerBytes = std::size_t{4} << 20;
};

}  // namespace pagoda::net
