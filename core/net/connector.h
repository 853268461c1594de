#pragma once
// Opens a connection to an upstream: name, TCP, a proxy's tunnel where there is one, TLS.

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "core/base/cancel.h"
#include "core/base/task.h"
#include "core/domain/failure.h"
#include "core/net/attempt_failures.h"
#include "core/net/proxy_settings.h"
#include "core/net/resolver.h"
#include "core/net/url.h"

namespace pagoda::net {

class EventLoop;
class Stream;
class TlsClientContext;

class Connector {
 public:
  using Outcome = tl::expected<std::unique_ptr<Stream>, AttemptFailure>;

  Connector(EventLoop& loop, Resolver& resolver, TlsClientContext& tls)
      : loop_(loop), resolver_(resolver), tls_(tls) {}

  /// All of it within `limit`; `url`, `proxy` (may be null) and `limit` are borrowed until it ends.
  /// Failures: Unavailable, Timeout, Deadline, Cancelled, Config, Protocol (of the proxy).
  Task<Outcome> connect(const Url& url, const Proxy* proxy, const TimeLimit& limit,
                        CancelSource* cancel);

 private:
  Task<Outcome> connectHost(const std::string& host, std::uint16_t port, const TimeLimit& limit,
                            CancelSource* cancel);
  Task<tl::expected<void, AttemptFailure>> openTunnel(Stream& stream, const Url& url,
                                                      const Proxy& proxy, const TimeLimit& limit,
                                                      CancelSource* cancel);

  EventLoop& loop_;
  Resolver& resolver_;
  TlsClientContext& tls_;
};

}  // namespace pagoda::net
