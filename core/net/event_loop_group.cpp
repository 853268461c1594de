#include "core/net/event_loop_group.h"

namespace pagoda::net {

EventLoopGroup::EventLoopGroup(std::size_t loops, const Clock& clock, WorkerPool& workers) {
  for (std::size_t i = 0; i < loops; ++i) {
    loops_.push_back(std::make_unique<EventLoop>(clock, workers));
  }
}

EventLoopGroup::~EventLoopGroup() {
  stop();
}

void EventLoopGroup::start() {
  for (const auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
}

void EventLoopGroup::stop() {
  if (threads_.empty()) return;
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace pagoda::net
