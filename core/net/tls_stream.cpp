// The TLS half of Stream, and the handshakes. OpenSSL works on the descriptor directly; where it
// would wait, the loop does.

#include <algorithm>
#include <climits>
#include <stdexcept>

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/net/stream.h"
#include "core/net/tls_context.h"

namespace pagoda::net {
namespace {

AttemptFailure failure(FailureKind kind, std::string message) {
  AttemptFailure failed;
  failed.kind = kind;
  failed.message = std::move(message);
  return failed;
}

/// Why a client handshake failed, from OpenSSL's queue and the verification's result.
std::string handshakeError(ssl_st* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return std::string("the upstream's certificate was refused: ") +
           X509_verify_cert_error_string(verified);
  }
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return std::string("the TLS handshake failed: ") +
         (reason == nullptr ? "connection closed" : reason);
}

int sizeForOpenSsl(std::size_t size) {
  return static_cast<int>(std::min(size, static_cast<std::size_t>(INT_MAX)));
}

}  // namespace

IoResult Stream::tlsOutcome(int result, bool reading) {
  int& needs = reading ? readNeeds_ : writeNeeds_;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      needs = kReadInterest;
      break;
    case SSL_ERROR_WANT_WRITE:
      needs = kWriteInterest;
      break;
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::Closed};
    default:  // a cut-off connection (EOF without close_notify) included
      failed_ = true;
      return {IoStatus::Failed};
  }
  if (reading) readReady_ = false;
  return {IoStatus::WouldBlock};
}

IoResult Stream::readTls(char* to, std::size_t size) {
  ERR_clear_error();
  const int got = SSL_read(ssl_, to, sizeForOpenSsl(size));
  if (got <= 0) return tlsOutcome(got, true);
  readNeeds_ = kReadInterest;
  // What OpenSSL has buffered makes no event on the socket; what the kernel has will.
  readReady_ = SSL_has_pending(ssl_) != 0;
  return {IoStatus::Ok, static_cast<std::size_t>(got)};
}

IoResult Stream::writeTls(std::string_view bytes) {
  if (bytes.empty()) return {IoStatus::Ok, 0};
  ERR_clear_error();
  const int sent = SSL_write(ssl_, bytes.data(), sizeForOpenSsl(bytes.size()));
  if (sent <= 0) return tlsOutcome(sent, false);
  writeNeeds_ = kWriteInterest;
  return {IoStatus::Ok, static_cast<std::size_t>(sent)};
}

bool Stream::sessionResumed() const noexcept {
  return ssl_ != nullptr && SSL_session_reused(ssl_) == 1;
}

Stream::Handshake Stream::handshakeStep() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    readNeeds_ = kReadInterest;
    writeNeeds_ = kWriteInterest;
    readReady_ = true;  // the peer's first bytes may have come with its last handshake message
    return Handshake::Done;
  }
  return tlsOutcome(result, true).status == IoStatus::WouldBlock ? Handshake::Again
                                                                 : Handshake::Failed;
}

Task<tl::expected<std::unique_ptr<Stream>, AttemptFailure>> startTlsClient(
    std::unique_ptr<Stream> stream, TlsClientContext& context, std::string host, TimePoint deadline,
    CancelSource* cancel) {
  std::string key;
  try {
    key = host + ':' + std::to_string(stream->socket_->peerAddress().port());
    stream->ssl_ = context.newConnection(host, key);
  } catch (const std::exception& error) {
    co_return tl::unexpected(failure(FailureKind::Config, error.what()));
  }
  SSL_set_fd(stream->ssl_, stream->descriptor_);
  for (;;) {
    const Stream::Handshake step = stream->handshakeStep();
    if (step == Stream::Handshake::Done) break;
    if (step == Stream::Handshake::Failed) {
      context.forget(key);
      co_return tl::unexpected(failure(FailureKind::Unavailable, handshakeError(stream->ssl_)));
    }
    const WaitStatus wait = co_await stream->readable(deadline, cancel);
    if (wait == WaitStatus::TimedOut) {
      co_return tl::unexpected(failure(FailureKind::Timeout, "the TLS handshake took too long"));
    }
    if (wait == WaitStatus::Cancelled) {
      co_return tl::unexpected(failure(FailureKind::Cancelled, "cancelled while connecting"));
    }
  }
  co_return std::move(stream);
}

Task<bool> startTlsServer(Stream& stream, TlsServerContext& context, TimePoint deadline) {
  stream.ssl_ = context.newConnection();
  SSL_set_fd(stream.ssl_, stream.descriptor_);
  for (;;) {
    const Stream::Handshake step = stream.handshakeStep();
    if (step != Stream::Handshake::Again) co_return step == Stream::Handshake::Done;
    const WaitStatus wait = co_await stream.readable(deadline, nullptr);
    if (wait != WaitStatus::Ready) co_return false;
  }
}

}  // namespace pagoda::net
