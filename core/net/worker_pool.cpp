#include "core/net/worker_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace pagoda::net {

struct WorkerPool::State {
  State(std::size_t most, std::size_t limit) : threadLimit(most), queueLimit(limit) {}

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++idle;
      changed.wait(lock, [this] { return closing || !queue.empty(); });
      --idle;
      if (queue.empty()) return;
      const std::function<void()> job = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  /// After `closing` was set: no thread is added any more.
  void join() {
    changed.notify_all();
    for (std::thread& thread : threads) {
      if (thread.joinable()) thread.join();
    }
  }

  const std::size_t threadLimit;
  const std::size_t queueLimit;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  std::vector<std::thread> threads;
  std::size_t idle = 0;
  bool closing = false;
};

WorkerPool::WorkerPool(std::size_t threads, std::size_t queueLimit)
    : state_(std::make_unique<State>(threads, queueLimit)) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->join();
}

bool WorkerPool::submit(std::function<void()> work) {
  const std::lock_guard lock(state_->mutex);
  if (state_->closing || state_->queue.size() >= state_->queueLimit) return false;
  if (state_->idle <= state_->queue.size() && state_->threads.size() < state_->threadLimit) {
    try {
      state_->threads.emplace_back([state = state_.get()] { state->work(); });
    } catch (const std::system_error&) {
      // The system gives no more threads; those that run will get to it.
    }
  }
  if (state_->threads.empty()) return false;
  state_->queue.push_back(std::move(work));
  state_->changed.notify_one();
  return true;
}

void WorkerPool::close() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    state_->queue.clear();
  }
  state_->join();
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

}  // namespace pagoda::net
