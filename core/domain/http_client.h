#pragma once
// The upstream side: one HTTP request out, frames back. Implemented in core/net; fakes in tests.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/domain/failure.h"

namespace pagoda {

/// How a body is cut before it reaches a plugin (pagoda_framing).
enum class Framing { Whole, Sse, Lines, Raw, AwsEventStream, JsonArray };

struct UpstreamRequest {
  std::string method = "POST";
  std::string url;  ///< absolute, http or https
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< Host, Content-Length, Connection are the client's
  std::string body;
  Framing framing = Framing::Whole;
  Millis connectTimeout{5'000};     ///< DNS, TCP and TLS together
  Millis firstByteTimeout{60'000};  ///< from the request's last byte to the head of the answer
  Millis idleTimeout{30'000};       ///< between two reads of the body
  TimePoint deadline = TimePoint::max();  ///< of the whole exchange
  bool fresh = false;  ///< on a new connection: a retry does not try its luck with a pooled one
  std::size_t maxHead = 64 * 1024;
  std::size_t maxBody = 16u << 20;  ///< of a body that is kept whole
  std::size_t maxFrame = 4u << 20;  ///< of one SSE event or line
};

/// A piece of a body. Views live until the next call of next().
struct Frame {
  std::string_view event;  ///< SSE event name, else empty
  std::string_view data;
  Framing framing = Framing::Whole;
  bool last = false;  ///< the body ended, properly, with this frame, which may be empty
  /// Another frame is there without waiting. False: flush to the client before asking again.
  bool more = false;
};

/// A response whose head has arrived. Destroying it before `last` drops the connection.
class UpstreamResponse {
 public:
  virtual ~UpstreamResponse() = default;
  virtual int status() const = 0;
  virtual const std::vector<std::pair<std::string, std::string>>& headers()
      const = 0;  ///< names in lower case
  /// The next frame, cut as asked or as what arrived demands: text/event-stream is cut as SSE, one
  /// JSON document where a stream was asked for comes Whole, and a status of 300 or above comes
  /// Whole (at most 64 KiB of it are kept). Errors: AttemptFailure of kind Timeout, Deadline,
  /// Cancelled, Unavailable (reset), Protocol (cut off, malformed), TooLarge.
  virtual Task<tl::expected<Frame, AttemptFailure>> next() = 0;
  /// From now on next() fails with Timeout once `when` has passed without a frame, whatever bytes
  /// arrive meanwhile. TimePoint::max(): no such limit.
  virtual void expectBy(TimePoint when) { static_cast<void>(when); }
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Sends and waits for the head. A pooled connection that the upstream closed before any byte of
  /// an answer came is replaced once by a fresh one. `cancel` (may be null) ends every wait.
  virtual Task<tl::expected<std::unique_ptr<UpstreamResponse>, AttemptFailure>> send(
      UpstreamRequest request, CancelSource* cancel) = 0;
};

}  // namespace pagoda
