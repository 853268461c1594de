#pragma once
// Reads the body of one request from its connection.

#include <string>

#include "core/domain/http_server.h"
#include "core/net/request_parser.h"
#include "core/net/server_limits.h"
#include "core/net/stream.h"

namespace pagoda::net {

class ServerBody final : public BodyReader {
 public:
  /// `inbox` holds what came behind the head; what comes behind the body is left in it. All outlive
  /// the body.
  ServerBody(Stream& stream, std::string& inbox, const ServerLimits& limits,
             const RequestHead& head);

  Task<Result<std::string>> readAll(std::size_t limit) override;
  /// Every byte of the body has been taken off the connection.
  bool complete() const noexcept { return complete_; }
  /// Ends a wait of readAll(): the client has gone.
  void setCancel(CancelSource* cancel) noexcept { cancel_ = cancel; }

 private:
  Task<Result<std::string>> readSized();
  Task<Result<std::string>> readChunked(std::size_t limit);
  /// Waits for bytes; they are in the loop's scratch space until the next wait.
  Task<Result<std::string_view>> receive(TimePoint deadline);
  bool sendContinue();

  Stream& stream_;
  std::string& inbox_;
  const ServerLimits& limits_;
  CancelSource* cancel_ = nullptr;
  const BodyKind kind_;
  const std::uint64_t length_;
  bool expectsContinue_;
  bool complete_;
  bool begun_ = false;
};

}  // namespace pagoda::net
