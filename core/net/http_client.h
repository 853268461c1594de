#pragma once
// The upstream HTTP/1.1 client of one event loop.

#include <memory>

#include "core/domain/http_client.h"
#include "core/net/connection_pool.h"
#include "core/net/proxy_settings.h"
#include "core/net/resolver.h"

namespace pagoda::net {

class EventLoop;
class TlsClientContext;

struct HttpClientOptions {
  PoolLimits pool;
  Resolver::Options resolver;
  ProxySettings proxy;
};

/// Give it to EventLoop::setHttpClient(). Responses have to be gone before the client; the
/// CancelSource given to send() outlives the response. `tls` outlives the client and may be shared
/// by all loops.
std::unique_ptr<HttpClient> makeHttpClient(EventLoop& loop, TlsClientContext& tls,
                                           HttpClientOptions options);

}  // namespace pagoda::net
