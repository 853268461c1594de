#pragma once
// A non-blocking byte connection, plain or TLS, on one event loop. Reads and writes never wait; who
// finds nothing to do awaits readable() or writable() with a deadline.

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/base/cancel.h"
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/domain/failure.h"
#include "core/net/event_loop.h"
#include "core/net/timer_wheel.h"

struct ssl_st;

namespace Poco::Net {
class SocketAddress;
class StreamSocket;
}  // namespace Poco::Net

namespace pagoda::net {

/// Closed: the peer ended properly (FIN; with TLS, after its close_notify). Failed: anything else,
/// a TLS connection that was cut off included. Both are final for their direction.
enum class IoStatus { Ok, WouldBlock, Closed, Failed };

struct IoResult {
  IoStatus status = IoStatus::Failed;
  std::size_t bytes = 0;  ///< with Ok, more than 0
};

enum class WaitStatus { Ready, TimedOut, Cancelled };

class Stream;
class TlsClientContext;
class TlsServerContext;

/// `WaitStatus s = co_await stream.readable(deadline, cancel);` One waiter per direction at a time.
/// Needs no coroutine frame of its own. Ready means "try again": also after an error or an end.
class ReadinessAwaiter {
 public:
  enum class Direction { Read, Write };
  ReadinessAwaiter(Stream& stream, Direction direction, TimePoint deadline, CancelSource* cancel)
      : stream_(stream), direction_(direction), deadline_(deadline), cancel_(cancel) {}
  bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> handle);
  WaitStatus await_resume() const noexcept { return status_; }

 private:
  friend class Stream;
  void finish(WaitStatus status);

  Stream& stream_;
  Direction direction_;
  TimePoint deadline_;
  CancelSource* cancel_;
  std::coroutine_handle<> handle_;
  std::optional<CancelRegistration> registration_;
  Timer timer_{
      this, [](void* self) { static_cast<ReadinessAwaiter*>(self)->finish(WaitStatus::TimedOut); }};
  WaitStatus status_ = WaitStatus::Ready;
};

/// Lives on its loop. Destroy it only while nobody waits on it; from within onReadable is fine.
class Stream final : private IoSource {
 public:
  /// Takes a connected, or connecting, non-blocking socket.
  Stream(EventLoop& loop, const Poco::Net::StreamSocket& socket);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// At most `size` bytes. WouldBlock without a system call while nothing has arrived since the
  /// last read that came short; wait with readable().
  IoResult read(char* to, std::size_t size);
  /// As much as the kernel takes, perhaps less than all.
  IoResult write(std::string_view bytes);
  /// The same for two pieces, in one system call where the transport allows it.
  IoResult write(std::string_view first, std::string_view second);

  ReadinessAwaiter readable(TimePoint deadline, CancelSource* cancel);
  ReadinessAwaiter writable(TimePoint deadline, CancelSource* cancel);

  /// Calls `callback` whenever there is something to read (or an end, or an error) and nobody
  /// awaits readable(); an empty one ends that. The callback has to read until WouldBlock or end
  /// the watch, or it is called again in the next round. With TLS it may find nothing (a session
  /// ticket): WouldBlock there means that the connection is alive.
  void onReadable(std::function<void()> callback);

  /// Ends our direction: FIN, before it close_notify. Reading goes on.
  void shutdownWrite();
  /// Closes; with TLS after a close_notify, if that can be sent without waiting. Like abort(), only
  /// while nobody waits.
  void close();
  /// Closes with RST, so that the peer cannot take what it got for the whole.
  void abort();
  bool open() const noexcept { return descriptor_ >= 0; }

  /// Reads and drops bytes below TLS: for lingering after shutdownWrite(). Counts like read().
  IoResult discard(std::size_t atMost);

  bool tls() const noexcept { return ssl_ != nullptr; }
  bool sessionResumed() const noexcept;
  /// Address without port.
  const std::string& peerAddress() const noexcept { return peer_; }
  EventLoop& loop() const noexcept { return loop_; }
  /// The result of a non-blocking connect, once writable: 0 or an errno.
  int connectError() const noexcept;

 private:
  friend class ReadinessAwaiter;
  friend Task<tl::expected<std::unique_ptr<Stream>, AttemptFailure>> startTlsClient(
      std::unique_ptr<Stream> stream, TlsClientContext& context, std::string host,
      TimePoint deadline, CancelSource* cancel);
  friend Task<bool> startTlsServer(Stream& stream, TlsServerContext& context, TimePoint deadline);

  enum class Handshake { Done, Again, Failed };
  Handshake handshakeStep();
  void onEvents(int interests) override;
  void updateInterest(int unwanted);
  int wantedInterest() const noexcept;
  IoResult readTls(char* to, std::size_t size);
  IoResult writeTls(std::string_view bytes);
  IoResult tlsOutcome(int result, bool reading);
  void leaveLoop();

  EventLoop& loop_;
  std::unique_ptr<Poco::Net::StreamSocket> socket_;
  ssl_st* ssl_ = nullptr;
  int descriptor_ = -1;
  int interest_ = kNoInterest;
  std::string peer_;
  std::function<void()> watch_;
  ReadinessAwaiter* reader_ = nullptr;
  ReadinessAwaiter* writer_ = nullptr;
  bool* destroyed_ = nullptr;
  int readNeeds_ = kReadInterest;  // TLS may have to write in order to read, and the reverse
  int writeNeeds_ = kWriteInterest;
  unsigned readsLeft_ = 0;  // of this round, so that one busy peer cannot hold the loop
  bool readReady_ = true;
  bool failed_ = false;
  bool wroteEnd_ = false;
};

/// Connects within `deadline`. Failures: Unavailable (refused, unreachable), Timeout, Cancelled.
Task<tl::expected<std::unique_ptr<Stream>, AttemptFailure>> connectTcp(
    EventLoop& loop, const Poco::Net::SocketAddress& address, TimePoint deadline,
    CancelSource* cancel);

/// Handshakes as a client: TLS 1.2 or later, certificate and `host` (a name or an IP address)
/// verified, SNI, ALPN http/1.1, sessions resumed per `host` and port. Failures: Unavailable
/// (refused or cut off; the message says why), Timeout, Cancelled, Config (the context cannot be
/// loaded).
Task<tl::expected<std::unique_ptr<Stream>, AttemptFailure>> startTlsClient(
    std::unique_ptr<Stream> stream, TlsClientContext& context, std::string host, TimePoint deadline,
    CancelSource* cancel);

/// Handshakes as a server. False: the connection is of no more use.
Task<bool> startTlsServer(Stream& stream, TlsServerContext& context, TimePoint deadline);

}  // namespace pagoda::net
