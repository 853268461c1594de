#include "core/net/listener.h"

#include <cerrno>
#include <stdexcept>

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

namespace pagoda::net {
namespace {

constexpr int kBacklog = 1024;
// The level-triggered poll reports what is left over; requests in flight get their turn in between.
constexpr int kAcceptsPerRound = 64;
constexpr Millis kPause{50};

void bindTo(Poco::Net::ServerSocket& socket, const Poco::Net::SocketAddress& address,
            bool reusePort) {
  if (address.family() == Poco::Net::SocketAddress::IPv6) {
    socket.bind6(address, true, reusePort, true);
  } else {
    socket.bind(address, true, reusePort);
  }
}

}  // namespace

Listener::Listener(EventLoop& loop, const std::string& address, std::uint16_t port, bool shared,
                   OnAccept onAccept)
    : loop_(loop),
      socket_(std::make_unique<Poco::Net::ServerSocket>()),
      onAccept_(std::move(onAccept)) {
  try {
    bindTo(*socket_, Poco::Net::SocketAddress(address, port), shared);
    socket_->listen(kBacklog);
    socket_->setBlocking(false);
    port_ = socket_->address().port();
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot listen on " + address + ":" + std::to_string(port) + ": " +
                             error.displayText());
  }
}

Listener::~Listener() {
  close();
}

void Listener::start() {
  if (interest_ != kNoInterest || socket_->impl()->sockfd() < 0) return;
  loop_.setInterest(*this, *socket_, interest_, kReadInterest);
  interest_ = kReadInterest;
}

void Listener::close() {
  resume_.cancel();
  if (interest_ != kNoInterest) loop_.setInterest(*this, *socket_, interest_, kNoInterest);
  interest_ = kNoInterest;
  socket_->close();
}

void Listener::pause() {
  loop_.setInterest(*this, *socket_, interest_, kNoInterest);
  interest_ = kNoInterest;
  loop_.schedule(resume_, loop_.now() + kPause);
}

void Listener::onEvents(int) {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    const int accepted =
        ::accept4(socket_->impl()->sockfd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      // Poco's own acceptConnection() throws for "nothing there" and needs more system calls.
      onAccept_(Poco::Net::StreamSocket(new Poco::Net::StreamSocketImpl(accepted)));
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    // Out of descriptors or memory: who wants in waits in the backlog, and the loop does not spin.
    if (errno != EAGAIN && errno != EWOULDBLOCK) pause();
    return;
  }
}

}  // namespace pagoda::net
