#pragma once
// Signals as something the main thread waits for, so that no handler runs anywhere.

namespace pagoda::app {

class SignalWaiter {
 public:
  /// SIGINT, SIGTERM and SIGHUP wait for wait(); SIGPIPE is ignored. Call it before the first
  /// thread is made: threads inherit it.
  static void blockSignals();
  /// Until SIGINT, SIGTERM or wake(). SIGHUP, which will read the configuration again, is taken and
  /// does nothing yet.
  static void wait();
  /// Ends wait(). From any thread.
  static void wake();
};

}  // namespace pagoda::app
