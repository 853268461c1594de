#include "core/net/stream.h"

#include <cassert>
#include <cerrno>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace pagoda::net {
namespace {

// A peer that sends as fast as we read is put behind the others after so many reads of one round.
constexpr unsigned kReadsPerRound = 16;

std::string addressOf(const Poco::Net::StreamSocket& socket) {
  try {
    return socket.peerAddress().host().toString();
  } catch (const Poco::Exception&) {
    return {};  // still connecting, or gone already
  }
}

}  // namespace

bool ReadinessAwaiter::await_ready() noexcept {
  if (cancel_ != nullptr && cancel_->cancelled()) {
    status_ = WaitStatus::Cancelled;
    return true;
  }
  if (direction_ == Direction::Read && (stream_.readReady_ || stream_.failed_)) return true;
  if (direction_ == Direction::Write && stream_.failed_) return true;
  if (!stream_.open()) return true;
  if (deadline_ <= stream_.loop_.now()) {
    status_ = WaitStatus::TimedOut;
    return true;
  }
  return false;
}

void ReadinessAwaiter::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  ReadinessAwaiter*& place = direction_ == Direction::Read ? stream_.reader_ : stream_.writer_;
  assert(place == nullptr && "one waiter per direction");
  place = this;
  stream_.updateInterest(kNoInterest);
  stream_.loop_.schedule(timer_, deadline_);
  if (cancel_ != nullptr) {
    registration_.emplace(cancel_, [this] { finish(WaitStatus::Cancelled); });
  }
}

void ReadinessAwaiter::finish(WaitStatus status) {
  status_ = status;
  (direction_ == Direction::Read ? stream_.reader_ : stream_.writer_) = nullptr;
  timer_.cancel();
  registration_.reset();
  handle_.resume();  // may destroy this awaiter and the stream
}

Stream::Stream(EventLoop& loop, const Poco::Net::StreamSocket& socket)
    : loop_(loop),
      socket_(std::make_unique<Poco::Net::StreamSocket>(socket)),
      descriptor_(socket.impl()->sockfd()),
      peer_(addressOf(socket)),
      readsLeft_(kReadsPerRound) {}

Stream::~Stream() {
  assert(reader_ == nullptr && writer_ == nullptr && "somebody still waits on this stream");
  close();
  if (ssl_ != nullptr) {
    // Without this OpenSSL takes the session of a connection that was cut off out of use.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
  if (destroyed_ != nullptr) *destroyed_ = true;
}

IoResult Stream::read(char* to, std::size_t size) {
  if (failed_ || !open()) return {IoStatus::Failed};
  if (!readReady_) return {IoStatus::WouldBlock};
  if (ssl_ != nullptr) return readTls(to, size);
  if (readsLeft_ == 0) {  // the level-triggered poll reports the rest in the next round
    readReady_ = false;
    return {IoStatus::WouldBlock};
  }
  --readsLeft_;
  for (;;) {
    const ssize_t got = ::recv(descriptor_, to, size, 0);
    if (got > 0) {
      const auto bytes = static_cast<std::size_t>(got);
      if (bytes < size) readReady_ = false;
      return {IoStatus::Ok, bytes};
    }
    if (got == 0) return {IoStatus::Closed};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      readReady_ = false;
      return {IoStatus::WouldBlock};
    }
    failed_ = true;
    return {IoStatus::Failed};
  }
}

IoResult Stream::write(std::string_view bytes) {
  return write(bytes, {});
}

IoResult Stream::write(std::string_view first, std::string_view second) {
  if (failed_ || !open() || wroteEnd_) return {IoStatus::Failed};
  if (ssl_ != nullptr) return writeTls(first.empty() ? second : first);
  iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                     {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = second.empty() ? 1 : 2;
  for (;;) {
    const ssize_t sent = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent >= 0) return {IoStatus::Ok, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoStatus::WouldBlock};
    failed_ = true;
    return {IoStatus::Failed};
  }
}

IoResult Stream::discard(std::size_t atMost) {
  if (!open()) return {IoStatus::Failed};
  const std::span<char> scratch = loop_.scratch();
  const std::size_t size = std::min(atMost, scratch.size());
  const ssize_t got = ::recv(descriptor_, scratch.data(), size, 0);
  if (got > 0) return {IoStatus::Ok, static_cast<std::size_t>(got)};
  if (got == 0) return {IoStatus::Closed};
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return {IoStatus::Failed};
  readReady_ = false;
  readNeeds_ = kReadInterest;
  return {IoStatus::WouldBlock};
}

ReadinessAwaiter Stream::readable(TimePoint deadline, CancelSource* cancel) {
  return ReadinessAwaiter(*this, ReadinessAwaiter::Direction::Read, deadline, cancel);
}

ReadinessAwaiter Stream::writable(TimePoint deadline, CancelSource* cancel) {
  return ReadinessAwaiter(*this, ReadinessAwaiter::Direction::Write, deadline, cancel);
}

void Stream::onReadable(std::function<void()> callback) {
  watch_ = std::move(callback);
  if (watch_ && open()) updateInterest(kNoInterest);
}

int Stream::wantedInterest() const noexcept {
  int wanted = kNoInterest;
  if (reader_ != nullptr || watch_) wanted |= readNeeds_;
  if (writer_ != nullptr) wanted |= writeNeeds_;
  return wanted;
}

void Stream::updateInterest(int unwanted) {
  // Interest once set stays until an event comes that nobody wants: a keep-alive connection then
  // costs no epoll_ctl per request.
  const int wanted = (interest_ & ~unwanted) | wantedInterest();
  if (wanted == interest_) return;
  loop_.setInterest(*this, *socket_, interest_, wanted);
  interest_ = wanted;
}

void Stream::onEvents(int interests) {
  // An error is for both directions, whatever they asked for.
  if ((interests & kErrorInterest) != 0) interests |= kReadInterest | kWriteInterest;
  if ((interests & kReadInterest) != 0) readsLeft_ = kReadsPerRound;
  const bool readHas = (interests & readNeeds_) != 0;
  const bool writeHas = (interests & writeNeeds_) != 0;
  if (readHas) readReady_ = true;

  updateInterest(interests & (kReadInterest | kWriteInterest) & ~wantedInterest());

  bool destroyed = false;
  bool* const outer = std::exchange(destroyed_, &destroyed);
  if (readHas) {
    if (reader_ != nullptr) {
      reader_->finish(WaitStatus::Ready);
    } else if (watch_) {
      const std::function<void()> watch = watch_;  // the callback may replace itself
      watch();
    }
  }
  if (!destroyed && writeHas && writer_ != nullptr) writer_->finish(WaitStatus::Ready);
  if (destroyed) {
    if (outer != nullptr) *outer = true;
  } else {
    destroyed_ = outer;
  }
}

void Stream::shutdownWrite() {
  if (!open() || std::exchange(wroteEnd_, true)) return;
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) && !failed_) SSL_shutdown(ssl_);
  ::shutdown(descriptor_, SHUT_WR);
}

void Stream::leaveLoop() {
  if (interest_ != kNoInterest) loop_.setInterest(*this, *socket_, interest_, kNoInterest);
  interest_ = kNoInterest;
}

void Stream::close() {
  if (!open()) return;
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_) && !failed_ && !wroteEnd_) SSL_shutdown(ssl_);
  leaveLoop();
  socket_->close();
  descriptor_ = -1;
}

void Stream::abort() {
  if (!open()) return;
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  failed_ = true;  // no close_notify: that would make a cut-off answer look whole
  close();
}

int Stream::connectError() const noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace pagoda::net
