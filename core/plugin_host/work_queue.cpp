#include "core/plugin_host/work_queue.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pagoda::plugin_host {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kGrace = std::chrono::seconds(2);
constexpr auto kLongestDelay = std::chrono::hours(24 * 365);

struct Job {
  std::function<void()> work;
  const void* owner = nullptr;
};

}  // namespace

/// Shared with the threads, so that one that hangs can outlive the queue.
struct WorkQueue::State : std::enable_shared_from_this<WorkQueue::State> {
  using Key = std::pair<TimePoint, std::uint64_t>;  // due, id

  explicit State(Limits l) : limits(l) {}

  void run() {
    std::unique_lock lock(mutex);
    while (!stopped) {
      if (jobs.empty()) {
        ++idle;
        wake.wait(lock);
        --idle;
        continue;
      }
      const TimePoint due = jobs.begin()->first.first;
      if (due > SteadyClock::now()) {
        ++idle;
        wake.wait_until(lock, due);
        --idle;
        continue;
      }
      runFirst(lock);
    }
    --alive;
    ended.notify_all();
  }

  void runFirst(std::unique_lock<std::mutex>& lock) {
    auto taken = jobs.extract(jobs.begin());
    const std::uint64_t id = taken.key().second;
    dueOf.erase(id);
    running.emplace(id, std::this_thread::get_id());
    keepWaiter();
    lock.unlock();
    taken.mapped().work();
    taken.mapped().work = nullptr;  // what it holds may call back into the queue
    lock.lock();
    running.erase(id);
    ended.notify_all();
  }

  // While there are jobs, one thread waits for the first of them: a job comes to run while others
  // block. Called whenever the first job changed or the thread that waited for it goes off to run
  // it.
  void keepWaiter() {
    if (jobs.empty()) return;
    if (idle > 0) {
      wake.notify_one();
      return;
    }
    if (alive >= limits.threads) return;
    try {
      threads.emplace_back([shared = shared_from_this()] { shared->run(); });
      ++alive;
    } catch (const std::system_error&) {  // no more threads to be had: those that run will do
    }
  }

  const Limits limits;
  std::mutex mutex;
  std::condition_variable wake;   // a job came, or the end
  std::condition_variable ended;  // a job or a thread ended
  std::map<Key, Job> jobs;
  std::unordered_map<std::uint64_t, TimePoint> dueOf;
  std::unordered_map<std::uint64_t, std::thread::id> running;
  std::vector<std::thread> threads;
  std::size_t alive = 0;
  std::size_t idle = 0;
  std::uint64_t lastId = 0;
  bool stopped = false;
};

WorkQueue::WorkQueue(Limits limits) : state_(std::make_shared<State>(limits)) {}

WorkQueue::~WorkQueue() {
  std::map<State::Key, Job> dropped;
  std::vector<std::thread> threads;
  bool all = false;
  {
    std::unique_lock lock(state_->mutex);
    state_->stopped = true;
    dropped.swap(state_->jobs);
    state_->dueOf.clear();
    threads.swap(state_->threads);
    state_->wake.notify_all();
    // A job can hold the last reference to the queue's owner: then its own thread gets here.
    const auto isOwn = [](const std::thread& thread) {
      return thread.get_id() == std::this_thread::get_id();
    };
    const std::size_t own = std::ranges::any_of(threads, isOwn) ? 1 : 0;
    all = state_->ended.wait_for(lock, kGrace, [&] { return state_->alive == own; });
  }
  for (std::thread& thread : threads) {
    if (all && thread.get_id() != std::this_thread::get_id()) {
      thread.join();
    } else {
      thread.detach();
    }
  }
}

std::uint64_t WorkQueue::post(Duration delay, std::function<void()> job, const void* owner) {
  const auto wait = std::clamp<Duration>(delay, Duration::zero(), kLongestDelay);
  const TimePoint due = SteadyClock::now() + wait;
  const std::scoped_lock lock(state_->mutex);
  State& state = *state_;
  if (state.stopped || state.jobs.size() >= state.limits.jobs) return 0;
  const std::uint64_t id = ++state.lastId;
  state.jobs.emplace(State::Key{due, id}, Job{std::move(job), owner});
  state.dueOf.emplace(id, due);
  state.keepWaiter();
  return id;
}

WorkQueue::Cancelled WorkQueue::cancel(std::uint64_t id, bool wait) {
  Job dropped;  // destroyed after the lock is given back: it may hold the last reference to an
                // instance
  std::unique_lock lock(state_->mutex);
  State& state = *state_;
  if (const auto found = state.dueOf.find(id); found != state.dueOf.end()) {
    const auto job = state.jobs.find({found->second, id});
    dropped = std::move(job->second);
    state.jobs.erase(job);
    state.dueOf.erase(found);
    lock.unlock();
    return Cancelled::BeforeRun;
  }
  const auto runs = state.running.find(id);
  if (runs == state.running.end()) return Cancelled::Unknown;
  if (wait && runs->second != std::this_thread::get_id())
    state.ended.wait(lock, [&] { return !state.running.contains(id); });
  return Cancelled::Running;
}

void WorkQueue::dropAll(const void* owner) {
  std::vector<Job> dropped;
  const std::scoped_lock lock(state_->mutex);
  for (auto job = state_->jobs.begin(); job != state_->jobs.end();) {
    if (job->second.owner != owner) {
      ++job;
      continue;
    }
    dropped.push_back(std::move(job->second));
    state_->dueOf.erase(job->first.second);
    job = state_->jobs.erase(job);
  }
}

}  // namespace pagoda::plugin_host
