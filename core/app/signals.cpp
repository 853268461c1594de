#include "core/app/signals.h"

#include <csignal>
#include <initializer_list>
#include <pthread.h>
#include <unistd.h>

namespace pagoda::app {
namespace {

/// Means "wake up" within this process.
constexpr int kWake = SIGUSR2;

sigset_t waitedFor() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, kWake}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

void SignalWaiter::blockSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = waitedFor();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void SignalWaiter::wait(const std::function<void()>& onHangup) {
  const sigset_t signals = waitedFor();
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    if (onHangup) onHangup();
  }
}

void SignalWaiter::wake() {
  ::kill(::getpid(), kWake);
}

}  // namespace pagoda::app
