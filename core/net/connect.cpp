#include <cerrno>
#include <system_error>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "core/net/stream.h"

namespace pagoda::net {
namespace {

AttemptFailure failure(FailureKind kind, std::string message) {
  AttemptFailure failed;
  failed.kind = kind;
  failed.message = std::move(message);
  return failed;
}

}  // namespace

Task<tl::expected<std::unique_ptr<Stream>, AttemptFailure>> connectTcp(
    EventLoop& loop, const Poco::Net::SocketAddress& address, TimePoint deadline,
    CancelSource* cancel) {
  std::unique_ptr<Stream> stream;
  try {
    Poco::Net::StreamSocket socket;
    socket.connectNB(address);
    socket.setNoDelay(true);
    stream = std::make_unique<Stream>(loop, socket);
  } catch (const Poco::Exception& error) {
    co_return tl::unexpected(
        failure(FailureKind::Unavailable, "cannot connect: " + error.displayText()));
  }
  const WaitStatus wait = co_await stream->writable(deadline, cancel);
  if (wait == WaitStatus::TimedOut) {
    co_return tl::unexpected(failure(FailureKind::Timeout, "connecting took too long"));
  }
  if (wait == WaitStatus::Cancelled) {
    co_return tl::unexpected(failure(FailureKind::Cancelled, "cancelled while connecting"));
  }
  if (const int error = stream->connectError(); error != 0) {
    co_return tl::unexpected(failure(FailureKind::Unavailable,
                                     "cannot connect: " + std::generic_category().message(error)));
  }
  co_return std::move(stream);
}

}  // namespace pagoda::net
