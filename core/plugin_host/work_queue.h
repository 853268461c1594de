#pragma once
// Threads of the host that run code of plugins, now or later; a bulkhead, so that a plugin that
// blocks or hangs takes nothing from the rest of the server.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/clock.h"

namespace pagoda::plugin_host {

/// Thread-safe. Threads start when there is something to do. The destructor drops what has not
/// begun and leaves threads that do not come back within two seconds to the end of the process.
class WorkQueue {
 public:
  struct Limits {
    std::size_t threads = 4;
    std::size_t jobs = 65'536;
  };
  enum class Cancelled { BeforeRun, Running, Unknown };

  explicit WorkQueue(Limits limits);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  ~WorkQueue();

  /// Runs `job` once, not before `delay` has passed. The id is never reused; 0: the queue is full
  /// and nothing was done. `owner` (may be null) is for dropAll().
  std::uint64_t post(Duration delay, std::function<void()> job, const void* owner = nullptr);
  /// With `wait`, returns only when a running job is over, unless it is the caller itself.
  Cancelled cancel(std::uint64_t id, bool wait);
  /// Removes the owner's jobs that have not begun.
  void dropAll(const void* owner);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pagoda::plugin_host
