#pragma once
// An UpstreamRequest as the bytes of an HTTP/1.1 request.

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/base/secret.h"
#include "core/domain/failure.h"
#include "core/domain/http_client.h"
#include "core/net/url.h"

namespace pagoda::net {

/// The head, and behind it the body if that is small enough to be worth copying: then one write
/// sends everything. `bodyAppended` says which. Host, Content-Length, Connection, Accept-Encoding
/// and User-Agent are written here; headers of the request by these names, and others that belong
/// to one hop, are left out. `proxied` writes the absolute address and `proxyAuthorization`.
/// Failures: Internal, when the method or a header would break the head; the value is not shown.
struct RequestBytes {
  std::string text;
  bool bodyAppended = false;
};
tl::expected<RequestBytes, AttemptFailure> writeRequest(const UpstreamRequest& request,
                                                        const Url& url, bool proxied,
                                                        const Secret& proxyAuthorization);

/// CONNECT for a tunnel to `url` through a proxy.
std::string writeConnect(const Url& url, const Secret& proxyAuthorization);

}  // namespace pagoda::net
