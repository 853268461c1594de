#pragma once
// The client side: what a route sees of an HTTP connection. Implemented in core/net.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/domain/runtime.h"

namespace pagoda {

/// A request whose head was received and found valid: method known, exactly one Host, target in
/// origin form and without bad escapes. Views live until the answer has been finished.
struct HttpRequest {
  std::string_view method;
  std::string_view target;                                             ///< as received
  std::string_view path;                                               ///< up to '?', not decoded
  std::string_view query;                                              ///< after '?', not decoded
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< names in lower case
  std::string_view peer;                                               ///< address without port
  bool http10 = false;
  TimePoint received;  ///< when the head was complete

  /// First value, or empty.
  std::string_view header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

/// The body, read only if the route asks: until then nothing is accepted beyond what came with the
/// head, and `Expect: 100-continue` is answered by the first read.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// The whole body. Errors: PayloadTooLarge (declared or real size over `limit`), InvalidRequest
  /// (malformed chunks, cut off), DeadlineExceeded (server.body_timeout), Cancelled.
  virtual Task<Result<std::string>> readAll(std::size_t limit) = 0;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// Writes exactly one answer. Content-Length or chunking, Date and Connection are the writer's.
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  /// A whole answer; returns once it is handed to the kernel or the client is gone.
  virtual Task<void> send(int status, const HeaderList& headers, std::string_view body) = 0;
  /// Starts a streamed answer (chunked, or until close for HTTP/1.0).
  virtual void start(int status, const HeaderList& headers) = 0;
  /// Appends to the stream's buffer; nothing is sent before flush(), or before the buffer is large.
  virtual void append(std::string_view bytes) = 0;
  /// Sends what was appended; waits while the client reads slower than we write. Error: Cancelled
  /// (client gone), DeadlineExceeded (it took nothing for server.write_timeout).
  virtual Task<Result<void>> flush() = 0;
  /// Ends the stream properly.
  virtual Task<void> finish() = 0;
  /// Breaks the connection off, for a stream that failed in a dialect without an error event.
  virtual void abort() = 0;
  virtual bool started() const = 0;
  /// Cancelled when the client goes away; lives as long as the writer.
  virtual CancelSource& clientGone() = 0;
};

/// Called on the connection's loop, once per request, after its head is complete.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual Task<void> handle(const HttpRequest& request, BodyReader& body, ResponseWriter& response,
                            Runtime& runtime) = 0;
  /// The answer to a request that never became one (malformed, timed out, too large); `status` is
  /// HTTP's. Returns headers and JSON body in the house's error form.
  virtual std::pair<HeaderList, std::string> protocolError(int status, std::string_view why) = 0;
};

}  // namespace pagoda
