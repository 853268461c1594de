#include "core/net/event_loop.h"

#include <thread>

#include <catch2/catch.hpp>

#include "core/net/worker_pool.h"
#include "tests/support/test_loop.h"

namespace pagoda::net {
namespace {

using testing::TestLoop;

TEST_CASE("work posted from other threads runs on the loop's thread, in order", "[net][loop]") {
  TestLoop test;
  std::vector<int> order;
  bool onLoop = true;
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) {
      test.loop().post([&, i] {
        order.push_back(i);
        onLoop = onLoop && test.loop().onLoopThread();
      });
    }
  });
  poster.join();
  test.settle();
  REQUIRE(order.size() == 1000);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(onLoop);
}

TEST_CASE("sleepUntil returns true when its time has come", "[net][loop]") {
  TestLoop test;
  std::optional<bool> outcome;
  const TimePoint when = test.clock().now() + Millis{500};
  test.run([&] {
    spawn([](TestLoop& loop, TimePoint until, std::optional<bool>& result) -> Task<void> {
      result = co_await loop.loop().sleepUntil(until, nullptr);
    }(test, when, outcome));
  });
  test.advance(Millis{499});
  CHECK_FALSE(outcome);
  test.advance(Millis{1});
  CHECK(outcome == true);
  CHECK(test.loop().timers() == 0);
}

TEST_CASE("sleepUntil returns false when it is cancelled, before or during", "[net][loop]") {
  TestLoop test;
  CancelSource cancel;
  std::vector<bool> outcomes;
  test.run([&] {
    const auto sleeper = [](TestLoop& loop, CancelSource& source,
                            std::vector<bool>& results) -> Task<void> {
      const TimePoint until = loop.clock().now() + std::chrono::hours(1);
      const bool came = co_await loop.loop().sleepUntil(until, &source);
      results.push_back(came);
    };
    spawn(sleeper(test, cancel, outcomes));
    cancel.cancel();
    spawn(sleeper(test, cancel, outcomes));
  });
  CHECK(outcomes == std::vector<bool>{false, false});
  CHECK(test.loop().timers() == 0);
}

TEST_CASE("offloaded work runs elsewhere and its value comes back to the loop", "[net][loop]") {
  TestLoop test;
  const auto loopThread = [&] {
    std::thread::id id;
    test.run([&] { id = std::this_thread::get_id(); });
    return id;
  }();
  const std::thread::id worker = test.await([&]() -> Task<std::thread::id> {
    return [](EventLoop& loop) -> Task<std::thread::id> {
      Completion<std::thread::id> done(loop);
      const bool taken = loop.offload([slot = done.slot()] { slot(std::this_thread::get_id()); });
      REQUIRE(taken);
      co_return co_await done.wait();
    }(test.loop());
  });
  CHECK(worker != loopThread);
  CHECK(worker != std::this_thread::get_id());
}

TEST_CASE("a full worker pool refuses instead of growing", "[net][workers]") {
  WorkerPool pool(1, 2);
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::promise<void> begun;
  REQUIRE(pool.submit([&] {
    begun.set_value();
    opened.wait();
  }));
  begun.get_future().wait();
  std::atomic<int> ran{0};
  CHECK(pool.submit([&] { ++ran; }));
  CHECK(pool.submit([&] { ++ran; }));
  CHECK_FALSE(pool.submit([&] { ++ran; }));
  gate.set_value();
  std::promise<void> last;
  while (!pool.submit([&] { last.set_value(); })) std::this_thread::yield();
  last.get_future().wait();
  CHECK(ran == 2);
  pool.close();
  CHECK_FALSE(pool.submit([] {}));
}

}  // namespace
}  // namespace pagoda::net
