#pragma once
// One request and its response on one connection.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/domain/http_client.h"
#include "core/net/attempt_failures.h"
#include "core/net/connection_pool.h"
#include "core/net/framer.h"
#include "core/net/line_framers.h"
#include "core/net/read_buffers.h"
#include "core/net/request_writer.h"
#include "core/net/response_parser.h"
#include "core/net/stream.h"

namespace pagoda::net {

class Exchange final : public UpstreamResponse {
 public:
  Exchange(EventLoop& loop, ReadBuffers& buffers, UpstreamRequest request, RequestBytes bytes,
           CancelSource* cancel);
  ~Exchange() override;

  void setLease(ConnectionPool::Lease lease) { lease_ = std::move(lease); }
  /// Sends the request on the lease's connection and reads up to the end of the head. After a
  /// failure with upstreamWasGone() it may be called again with another connection.
  Task<tl::expected<void, AttemptFailure>> start();
  /// The connection ended before a byte of an answer came.
  bool upstreamWasGone() const { return gone_; }
  ConnectionPool::Lease takeLease() { return std::move(lease_); }

  int status() const override { return parser_->status(); }
  const std::vector<std::pair<std::string, std::string>>& headers() const override {
    return parser_->headers();
  }
  Task<tl::expected<Frame, AttemptFailure>> next() override;
  void expectBy(TimePoint when) override { expectedBy_ = when; }

 private:
  enum class Pull { Frame, NeedInput, End, Error };
  using Failed = tl::unexpected<AttemptFailure>;

  Task<tl::expected<void, AttemptFailure>> sendRest(std::size_t sent);
  Task<tl::expected<void, AttemptFailure>> waitForRoom();
  Task<tl::expected<void, AttemptFailure>> readHead();
  ResponseParser::Step parseHead();
  /// Waits until fill() may find something.
  Task<tl::expected<void, AttemptFailure>> waitForInput(const TimeLimit& limit,
                                                        std::string_view what);
  IoResult writeFrom(std::size_t sent);
  std::size_t requestSize() const;
  IoStatus fill();
  void chooseFramer();
  Pull pull(Frame& frame);
  void lookAhead(Frame& current);
  void endBody(bool reusable);
  /// Notes why the exchange failed, closes the connection and answers with the failure.
  Failed fail(Failed why);
  Failed failUnusable();
  Failed connectionEnded(IoStatus how);
  bool cancelled() const { return cancel_ && cancel_->cancelled(); }

  EventLoop& loop_;
  ReadBuffers& buffers_;
  UpstreamRequest request_;
  RequestBytes bytes_;
  CancelSource* cancel_;
  ConnectionPool::Lease lease_;
  std::optional<ResponseParser> parser_;
  std::unique_ptr<Framer> framer_;
  FailureFramer* failureFramer_ = nullptr;  ///< framer_, for a status of 300 or above
  ReadBuffers::Buffer buffer_;
  std::string_view input_;  ///< of the buffer, not parsed yet
  std::optional<Frame> ahead_;
  std::optional<AttemptFailure> error_;
  TimePoint expectedBy_ = TimePoint::max();
  bool sentAll_ = false;
  bool received_ = false;
  bool headRead_ = false;
  bool gone_ = false;
  bool ended_ = false;  ///< the body's end has been seen
};

}  // namespace pagoda::net
