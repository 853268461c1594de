#pragma once
// Threads for what blocks: name look-ups, native providers, files. Shared by all loops.

#include <cstddef>
#include <functional>
#include <memory>

namespace pagoda::net {

/// Thread-safe. Threads start when there is work for them, up to `threads`.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queueLimit);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// Runs what is queued to its end, then joins.
  ~WorkerPool();

  /// False: the queue is full, no thread can be had, or the pool is closing; `work` was not taken.
  bool submit(std::function<void()> work);
  /// Takes no more work, drops what has not begun, and waits for what runs. Call it before the
  /// loops go that work may report to.
  void close();
  std::size_t queued() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagoda::net
