#pragma once
// Signals as something the main thread waits for, so that no handler runs anywhere.

#include <functional>

namespace pagoda::app {

class SignalWaiter {
 public:
  /// SIGINT, SIGTERM and SIGHUP wait for wait(); SIGPIPE is ignored. Call it before the first
  /// thread is made: threads inherit it.
  static void blockSignals();
  /// Until SIGINT, SIGTERM or wake(). For each SIGHUP `onHangup` is called, which must not block;
  /// it may be null.
  static void wait(const std::function<void()>& onHangup = {});
  /// Ends wait(). From any thread.
  static void wake();
};

}  // namespace pagoda::app
