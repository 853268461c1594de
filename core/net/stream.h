#pragma once
// A non-blocking byte connection, plain or TLS, on one event loop. Reads and writes never wait; who
// finds nothing to do awaits readable() or writable() with a deadline.

#include <coroutine>
#include <cstddef>
#include <memory>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/clock.h"

namespace pagoda::net {

enum class IoStatus { Ok, WouldBlock, Closed, Failed };

struct IoResult {
  IoStatus status = IoStatus::Failed;
  std::size_t bytes = 0;  ///< with Ok, more than 0
};

enum class WaitStatus { Ready, TimedOut, Cancelled };

class Stream;

/// `WaitStatus s = co_await stream.readable(deadline, cancel);` One waiter per direction at a time.
/// Needs no coroutine frame of its own.
class ReadinessAwaiter {
 public:
  enum class Direction { Read, Write };
  ReadinessAwaiter(Stream& stream, Direction direction, TimePoint deadline, CancelSource* cancel)
      : stream_(stream), direction_(direction), deadline_(deadline), cancel_(cancel) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle);
  WaitStatus await_resume() const noexcept { return status_; }

 private:
  friend class Stream;
  Stream& stream_;
  Direction direction_;
  TimePoint deadline_;
  CancelSource* cancel_;
  std::coroutine_handle<> handle_;
  CancelRegistration registration_;
  WaitStatus status_ = WaitStatus::Ready;
};

}  // namespace pagoda::net
