#pragma once
// One thread's event loop over Poco::Net::PollSet: readiness of sockets, timers, work posted from
// other threads. All of it is called on the loop's thread unless it says otherwise.

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/runtime.h"
#include "core/net/timer_wheel.h"

namespace Poco::Net {
class PollSet;
class Socket;
class StreamSocket;
}  // namespace Poco::Net

namespace pagoda::net {

class WorkerPool;

/// What poll() can report and be asked for; the values are Poco's PollSet::Mode.
enum Interest : int { kNoInterest = 0, kReadInterest = 1, kWriteInterest = 2, kErrorInterest = 4 };

/// Receives the readiness of one socket. The poll is level-triggered: a source that neither
/// consumes what it is told of nor gives up its interest is told again at once.
class IoSource {
 public:
  virtual void onEvents(int interests) = 0;

 protected:
  ~IoSource() = default;
};

class EventLoop final : public Runtime {
 public:
  /// `clock` and `workers` outlive the loop.
  EventLoop(const Clock& clock, WorkerPool& workers);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() override;

  /// Serves on the calling thread until stop(). May be called again afterwards.
  void run();
  /// Makes run() return after the round it is in. From any thread.
  void stop();
  /// One round: waits for at most `atMost` and serves what is there. run() is this in a loop.
  void runOnce(Millis atMost);

  const Clock& clock() const noexcept override { return clock_; }
  HttpClient& http() override;
  void setHttpClient(std::unique_ptr<HttpClient> client);
  Task<bool> sleepUntil(TimePoint when, CancelSource* cancel) override;
  void post(std::function<void()> work) override;
  bool offload(std::function<void()> work) override;

  /// The time at which the current round began: what deadlines are reckoned from.
  TimePoint now() const noexcept { return now_; }
  void schedule(Timer& timer, TimePoint when) { wheel_.schedule(timer, when); }

  /// Sets what `source` wants to hear of `socket`, which stays the caller's; `previous` is what was
  /// set before. kNoInterest takes the socket out; do that before closing it.
  void setInterest(IoSource& source, const Poco::Net::Socket& socket, int previous, int wanted);

  /// 64 KiB for reading into, shared by all on this loop: its content is gone at the next co_await.
  std::span<char> scratch() noexcept { return {scratch_.get(), kScratchSize}; }

  bool onLoopThread() const noexcept { return thread_ == std::this_thread::get_id(); }
  std::size_t timers() const noexcept { return wheel_.size(); }

 private:
  static constexpr std::size_t kScratchSize = 64 * 1024;
  struct Inbox;

  bool takePosted();
  void wake() noexcept;
  void drainWake() noexcept;

  const Clock& clock_;
  WorkerPool& workers_;
  std::unique_ptr<Poco::Net::PollSet> pollSet_;
  std::vector<IoSource*> sources_;  // by descriptor
  TimePoint now_;
  TimerWheel wheel_;
  std::unique_ptr<char[]> scratch_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Poco::Net::StreamSocket> wakeSocket_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};
  std::thread::id thread_;
  std::unique_ptr<HttpClient> httpClient_;
};

}  // namespace pagoda::net
