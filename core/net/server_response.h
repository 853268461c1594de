#pragma once
// Writes the answer to one request: head, length or chunks, Date and Connection.

#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/domain/http_server.h"
#include "core/net/http_text.h"
#include "core/net/server_limits.h"
#include "core/net/stream.h"

namespace pagoda::net {

class ServerBody;

/// Bytes on their way to the kernel; the connection keeps it, so its memory serves every answer.
struct OutBuffer {
  std::string bytes;
  std::size_t sent = 0;
  bool empty() const noexcept { return sent == bytes.size(); }
};

class ServerResponse final : public ResponseWriter {
 public:
  struct Request {
    bool head = false;  ///< answer without a body
    bool http10 = false;
    bool keepAlive = false;  ///< what the client wants and the server allows
  };
  /// All outlive the response. Without `body` the connection ends with this answer.
  ServerResponse(Stream& stream, OutBuffer& out, DateCache& dates, const ServerLimits& limits,
                 Request request, const ServerBody* body);

  Task<void> send(int status, const HeaderList& headers, std::string_view body) override;
  void start(int status, const HeaderList& headers) override;
  void append(std::string_view bytes) override;
  Task<Result<void>> flush() override;
  Task<void> finish() override;
  void abort() override;
  bool started() const override { return state_ != State::Unsent; }
  CancelSource& clientGone() override { return clientGone_; }

  /// What is to become of the connection once the handler is done. Reset: what went out is not the
  /// whole answer, and only a reset says so.
  enum class Ending { KeepAlive, Close, Reset };
  Ending ending() const noexcept;
  /// The server is about to stop: this answer is the connection's last, if its head is not out yet.
  void endConnection() noexcept { request_.keepAlive = false; }

 private:
  enum class State { Unsent, Streaming, Finished };
  enum class Framing { None, Length, Chunked, UntilClose };

  void writeHead(int status, const HeaderList& headers, Framing framing, std::size_t length);
  void frame();
  bool writeSome(std::string_view& rest);
  Task<Result<void>> writeAll(std::string_view rest);

  Stream& stream_;
  OutBuffer& out_;
  DateCache& dates_;
  const ServerLimits& limits_;
  Request request_;
  const ServerBody* body_;
  CancelSource clientGone_;
  std::string pending_;  // appended, not yet framed
  State state_ = State::Unsent;
  Framing framing_ = Framing::None;
  bool keepAlive_ = false;
  bool broken_ = false;
};

}  // namespace pagoda::net
