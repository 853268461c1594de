#include "core/plugin_host/work_queue.h"

#include <atomic>
#include <future>
#include <mutex>

#include <catch2/catch.hpp>

using namespace pagoda;
using plugin_host::WorkQueue;

namespace {

/// Holds workers until it is opened.
class Door {
 public:
  void pass() { opened_.wait(); }
  void open() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_{promise_.get_future()};
};

}  // namespace

TEST_CASE("jobs run, the earlier due ones first", "[plugin_host][work]") {
  std::vector<int> order;
  std::promise<void> done;
  Door door;
  WorkQueue queue({.threads = 1, .jobs = 16});
  queue.post(Duration::zero(), [&] { door.pass(); });
  queue.post(Millis(40), [&] {
    order.push_back(3);
    done.set_value();
  });
  queue.post(Millis(1), [&] { order.push_back(2); });
  queue.post(Duration::zero(), [&] { order.push_back(1); });
  door.open();
  done.get_future().wait();
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("a job runs while others block", "[plugin_host][work]") {
  Door door;
  std::promise<void> ran;
  WorkQueue queue({.threads = 3, .jobs = 16});
  queue.post(Duration::zero(), [&] { door.pass(); });
  queue.post(Duration::zero(), [&] { door.pass(); });
  queue.post(Millis(5), [&] { ran.set_value(); });
  ran.get_future().wait();
  door.open();
}

TEST_CASE("a full queue takes no more", "[plugin_host][work]") {
  WorkQueue queue({.threads = 1, .jobs = 2});
  CHECK(queue.post(std::chrono::hours(1), [] {}) != 0);
  CHECK(queue.post(std::chrono::hours(1), [] {}) != 0);
  CHECK(queue.post(std::chrono::hours(1), [] {}) == 0);
}

TEST_CASE("a job is cancelled before it runs, and waited for while it does",
          "[plugin_host][work]") {
  Door door;
  std::promise<void> started;
  std::atomic<bool> over{false};
  WorkQueue queue({.threads = 2, .jobs = 16});
  const auto later = queue.post(std::chrono::hours(1), [] {});
  CHECK(queue.cancel(later, true) == WorkQueue::Cancelled::BeforeRun);
  CHECK(queue.cancel(later, true) == WorkQueue::Cancelled::Unknown);

  const auto now = queue.post(Duration::zero(), [&] {
    started.set_value();
    door.pass();
    over = true;
  });
  started.get_future().wait();
  CHECK(queue.cancel(now, false) == WorkQueue::Cancelled::Running);
  door.open();
  queue.cancel(now, true);
  CHECK(over);
}

TEST_CASE("an owner's jobs can be dropped", "[plugin_host][work]") {
  WorkQueue queue({.threads = 1, .jobs = 16});
  int a = 0;
  const auto first = queue.post(
      std::chrono::hours(1), [] {}, &a);
  const auto other = queue.post(std::chrono::hours(1), [] {});
  queue.dropAll(&a);
  CHECK(queue.cancel(first, false) == WorkQueue::Cancelled::Unknown);
  CHECK(queue.cancel(other, false) == WorkQueue::Cancelled::BeforeRun);
}

TEST_CASE("the queue can end on one of its own threads", "[plugin_host][work]") {
  auto queue = std::make_shared<WorkQueue>(WorkQueue::Limits{.threads = 2, .jobs = 16});
  const auto ended = std::make_shared<std::promise<void>>();
  const auto door = std::make_shared<Door>();
  auto future = ended->get_future();
  WorkQueue& raw = *queue;
  raw.post(Duration::zero(), [held = std::move(queue), door, ended]() mutable {
    door->pass();
    held.reset();
    ended->set_value();
  });
  door->open();
  future.wait();
}

TEST_CASE("many jobs from many threads all run once", "[plugin_host][work]") {
  std::atomic<int> ran{0};
  std::promise<void> all;
  {
    WorkQueue queue({.threads = 4, .jobs = 10'000});
    std::vector<std::thread> posters;
    for (int t = 0; t < 4; ++t) {
      posters.emplace_back([&] {
        for (int i = 0; i < 250; ++i) {
          queue.post(Millis(i % 3), [&] {
            if (++ran == 1000) all.set_value();
          });
        }
      });
    }
    for (std::thread& poster : posters) poster.join();
    all.get_future().wait();
  }
  CHECK(ran == 1000);
}
