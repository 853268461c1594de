#include "core/net/server_connection.h"

#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocket.h>

#include "core/net/server_body.h"
#include "core/net/tls_context.h"

namespace pagoda::net {
namespace {

// Pipelined requests wait here while one is served; more of them stay with the kernel.
constexpr std::size_t kReadAhead = 16 * 1024;
// An idle connection keeps no buffer that is larger.
constexpr std::size_t kKeptCapacity = 4 * 1024;

void recycle(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacity && buffer.size() <= kKeptCapacity) {
    buffer = std::string(buffer);
  }
}

HeadLimits headLimits(const ServerLimits& limits) {
  return {limits.maxHeaderBytes, limits.maxTargetBytes, limits.maxHeaders};
}

}  // namespace

ServerConnection::ServerConnection(ServerContext& context, std::unique_ptr<Stream> stream)
    : context_(context), stream_(std::move(stream)), parser_(headLimits(context.limits)) {
  context_.connections.insert(this);
}

ServerConnection::~ServerConnection() {
  stream_.reset();
  context_.connections.erase(this);
  context_.onClosed();
}

void ServerConnection::serve(ServerContext& context, const Poco::Net::StreamSocket& socket,
                             Admission admission) {
  auto stream = std::make_unique<Stream>(context.loop, socket);
  std::unique_ptr<ServerConnection> connection(new ServerConnection(context, std::move(stream)));
  spawn(run(std::move(connection), admission));
}

Task<void> ServerConnection::run(std::unique_ptr<ServerConnection> self, Admission admission) {
  ServerConnection& connection = *self;
  ServerContext& context = connection.context_;
  if (context.tls != nullptr) {
    if (admission == Admission::Overloaded) co_return;  // a handshake would be the larger load
    const TimePoint deadline = context.loop.now() + context.limits.headerTimeout;
    const bool secured = co_await startTlsServer(*connection.stream_, *context.tls, deadline);
    if (!secured) co_return;
  }
  if (admission == Admission::Overloaded) {
    co_await connection.refuse(503, "the server has too many connections");
    co_return;
  }
  for (;;) {
    const bool requested = co_await connection.nextHead();
    if (!requested) co_return;
    const bool kept = co_await connection.exchange();
    if (!kept) co_return;
  }
}

void ServerConnection::drain() {
  if (response_ != nullptr) {
    response_->endConnection();
  } else if (idle_) {
    closing_.cancel();
  }
}

void ServerConnection::cut() {
  // With a request in flight nobody waits on closing_ yet; the answer's end then finds it
  // cancelled.
  ServerResponse* const response = response_;
  closing_.cancel();
  if (response != nullptr) response->clientGone().cancel();
}

Task<bool> ServerConnection::nextHead() {
  EventLoop& loop = context_.loop;
  const ServerLimits& limits = context_.limits;
  parser_.reset();
  head_.clear();
  std::swap(head_, inbox_);
  recycleBuffers();
  idle_ = head_.empty();
  if (context_.draining && idle_) co_return false;
  TimePoint deadline = loop.now() + (idle_ && served_ ? limits.idleTimeout : limits.headerTimeout);
  for (;;) {
    if (!head_.empty()) {
      const RequestParser::State state = parser_.parse(head_.data(), head_.size());
      if (state == RequestParser::State::Complete) {
        inbox_.assign(head_, parser_.head().size);
        co_return true;
      }
      if (state == RequestParser::State::Refused) {
        co_await refuse(parser_.refusal().status, parser_.refusal().why);
        co_return false;
      }
    }
    const std::span<char> scratch = loop.scratch();
    const IoResult result = stream_->read(scratch.data(), scratch.size());
    if (result.status == IoStatus::Ok) {
      if (std::exchange(idle_, false) && served_) deadline = loop.now() + limits.headerTimeout;
      head_.append(scratch.data(), result.bytes);
      continue;
    }
    if (result.status == IoStatus::Closed && !head_.empty()) {
      peerEnded_ = true;
      co_await refuse(400, "the request ends within its header");
      co_return false;
    }
    if (result.status != IoStatus::WouldBlock) co_return false;
    const WaitStatus wait = co_await stream_->readable(deadline, &closing_);
    if (wait == WaitStatus::TimedOut && !head_.empty()) {
      co_await refuse(408, "the request header took too long to arrive");
      co_return false;
    }
    if (wait != WaitStatus::Ready) co_return false;
  }
}

Task<bool> ServerConnection::exchange() {
  RequestHead& head = parser_.head();
  HttpRequest& request = head.request;
  request.peer = stream_->peerAddress();
  request.received = context_.loop.now();
  idle_ = false;
  served_ = true;

  ServerBody body(*stream_, inbox_, context_.limits, head);
  const ServerResponse::Request wanted{request.method == "HEAD", request.http10,
                                       head.keepAlive && !context_.draining};
  ServerResponse response(*stream_, out_, context_.dates, context_.limits, wanted, &body);
  body.setCancel(&response.clientGone());
  response_ = &response;
  watch();
  bool threw = false;
  try {
    co_await context_.handler.handle(request, body, response, context_.loop);
  } catch (...) {
    threw = true;
  }
  if (!response.started()) {
    const auto [headers, text] =
        context_.handler.protocolError(500, "the request could not be served");
    co_await response.send(500, headers, text);
  } else if (threw) {
    response.abort();
  }
  response_ = nullptr;

  switch (response.ending()) {
    case ServerResponse::Ending::KeepAlive:
      co_return !peerEnded_ || !inbox_.empty();
    case ServerResponse::Ending::Reset:
      stream_->abort();
      co_return false;
    case ServerResponse::Ending::Close:
      break;
  }
  // Bytes that nobody reads would turn the close into a reset, and the answer might be lost.
  const bool nothingUnread = body.complete() && inbox_.empty() && !head.keepAlive;
  if (!nothingUnread && !peerEnded_) co_await linger();
  co_return false;
}

Task<void> ServerConnection::refuse(int status, std::string_view why) {
  idle_ = false;
  out_.bytes.clear();
  out_.sent = 0;
  ServerResponse response(*stream_, out_, context_.dates, context_.limits, {}, nullptr);
  response_ = &response;
  const auto [headers, text] = context_.handler.protocolError(status, why);
  co_await response.send(status, headers, text);
  response_ = nullptr;
  if (response.ending() == ServerResponse::Ending::Reset) {
    stream_->abort();
  } else if (!peerEnded_) {
    co_await linger();
  }
}

Task<void> ServerConnection::linger() {
  unwatch();
  stream_->shutdownWrite();
  const TimePoint deadline = context_.loop.now() + context_.limits.lingerTimeout;
  std::size_t left = context_.limits.lingerBytes;
  while (left > 0) {
    const IoResult result = stream_->discard(left);
    if (result.status == IoStatus::Ok) {
      left -= result.bytes;
      continue;
    }
    if (result.status != IoStatus::WouldBlock) co_return;
    const WaitStatus wait = co_await stream_->readable(deadline, &closing_);
    if (wait != WaitStatus::Ready) co_return;
  }
}

void ServerConnection::watch() {
  if (watching_ || peerEnded_) return;
  watching_ = true;
  stream_->onReadable([this] { peerActive(); });
}

void ServerConnection::unwatch() {
  watching_ = false;
  stream_->onReadable({});
}

/// The client sends, or goes, while its request is served.
void ServerConnection::peerActive() {
  if (response_ == nullptr || inbox_.size() >= kReadAhead) {
    unwatch();
    return;
  }
  const std::span<char> scratch = context_.loop.scratch();
  const IoResult result = stream_->read(scratch.data(), kReadAhead - inbox_.size());
  if (result.status == IoStatus::Ok) {
    inbox_.append(scratch.data(), result.bytes);
  } else if (result.status != IoStatus::WouldBlock) {
    peerEnded_ = true;
    unwatch();
    response_->clientGone().cancel();  // may run the request to its end, and this with it
  }
}

void ServerConnection::recycleBuffers() {
  recycle(head_);
  recycle(inbox_);
  recycle(out_.bytes);
}

}  // namespace pagoda::net
