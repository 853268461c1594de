// The calls of one instance that are under way: each waits in the host's work queue, never in a
// thread of its own.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include <pagoda/ext/host_services.h>
#include <pagoda/sdk.hpp>

#include "answer.h"

namespace pagoda::sim {

class Calls;

/// One call: plays an answer in steps with delays between them. Finishes exactly once. The work
/// callback and cancel() may come from different threads.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(Calls& calls, sdk::Call call, Answer answer);

  /// The first step. Done: answered, without finish(). Throws sdk::Failure likewise.
  sdk::Outcome start();
  void cancel() noexcept;

 private:
  enum class State { Playing, Waiting, Done };
  struct Ticket {
    std::shared_ptr<Run> run;
  };
  static void PAGODA_CALL resume(void* ticket) noexcept;

  sdk::Outcome play();
  void playStep();
  bool wait(std::uint64_t delayMs);
  void throwFault() const;
  void stopIfCancelled();
  void end(pagoda_status status, std::string_view message) noexcept;

  Calls& calls_;
  const sdk::Call call_;
  const std::uint64_t id_;
  const Answer answer_;
  std::size_t step_ = 0;  ///< text events sent of each choice
  bool due_ = false;      ///< the delay before the next step is over

  std::mutex mutex_;  ///< never held while events go out
  State state_ = State::Playing;
  bool cancelled_ = false;
  std::uint64_t work_ = 0;
  Ticket* ticket_ = nullptr;  ///< the queue's, which gives it back by running or by cancel()
};

/// Thread-safe. Its destructor cancels what is under way and waits for callbacks that are
/// returning.
class Calls {
 public:
  explicit Calls(sdk::Host host);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;
  ~Calls();

  sdk::Outcome start(sdk::Call call, Answer answer);
  void cancel(std::uint64_t callId) noexcept;

 private:
  friend class Run;
  bool canWait() const noexcept { return work_ != nullptr; }
  void remove(std::uint64_t callId) noexcept;
  /// A callback that the host has begun, and that the destructor must see out.
  void note(std::uint64_t work) noexcept;

  const sdk::Host host_;
  const pagoda_host_work* const work_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Run>> runs_;
  std::deque<std::uint64_t> returning_;  ///< the latest callbacks that began
};

}  // namespace pagoda::sim
