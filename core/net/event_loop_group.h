#pragma once
// The server's event loops, one thread each.

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/net/event_loop.h"

namespace pagoda::net {

/// Loops exist from construction, so that clients can be set and servers can listen before start().
class EventLoopGroup {
 public:
  EventLoopGroup(std::size_t loops, const Clock& clock, WorkerPool& workers);
  ~EventLoopGroup();

  void start();
  /// Stops and joins every loop. Not from a loop's thread.
  void stop();
  std::size_t size() const noexcept { return loops_.size(); }
  EventLoop& operator[](std::size_t index) noexcept { return *loops_[index]; }

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace pagoda::net
