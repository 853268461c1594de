#include "core/base/task.h"

#include <stdexcept>

#include <catch2/catch.hpp>

namespace pagoda {
namespace {

// Waits until somebody resumes it.
struct Gate {
  std::coroutine_handle<> waiter;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiter = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiter, nullptr).resume(); }
};

Task<int> value(int number) {
  co_return number;
}

Task<int> throwing() {
  throw std::runtime_error("inside");
  co_return 0;
}

Task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  Task<int> inner = nested(depth - 1);
  const int below = co_await inner;
  co_return below + 1;
}

TEST_CASE("a task starts when it is awaited, not before", "[base][task]") {
  bool started = false;
  const auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  Task<void> task = body(started);
  CHECK_FALSE(started);
  spawn(std::move(task));
  CHECK(started);
}

TEST_CASE("a task that is never awaited frees what it holds", "[base][task]") {
  const auto held = std::make_shared<int>(1);
  {
    const auto body = [](std::shared_ptr<int> owned) -> Task<int> { co_return *owned; };
    const Task<int> task = body(held);
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("values come back to the awaiter, move-only ones too", "[base][task]") {
  std::unique_ptr<int> got;
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const auto body = [&](std::unique_ptr<int>& out) -> Task<void> {
    auto task = make();
    out = co_await task;
  };
  spawn(body(got));
  REQUIRE(got != nullptr);
  CHECK(*got == 7);
}

TEST_CASE("an exception is rethrown where the task is awaited", "[base][task]") {
  std::string caught;
  bool later = false;
  const auto body = [](std::string& message, bool& after) -> Task<void> {
    try {
      Task<int> task = throwing();
      (void)co_await task;
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    Task<int> next = value(1);
    after = co_await next == 1;
  };
  spawn(body(caught, later));
  CHECK(caught == "inside");
  CHECK(later);
}

TEST_CASE("an exception passes through tasks that do not catch it", "[base][task]") {
  bool caught = false;
  const auto middle = []() -> Task<int> {
    Task<int> task = throwing();
    co_return co_await task;
  };
  const auto body = [&](bool& out) -> Task<void> {
    try {
      Task<int> task = middle();
      (void)co_await task;
    } catch (const std::runtime_error&) {
      out = true;
    }
  };
  spawn(body(caught));
  CHECK(caught);
}

TEST_CASE("a suspended chain goes on where it waited", "[base][task]") {
  Gate gate;
  std::vector<int> steps;
  const auto inner = [](Gate& waits, std::vector<int>& log) -> Task<int> {
    log.push_back(1);
    co_await waits;
    log.push_back(3);
    co_return 4;
  };
  const auto outer = [&](Gate& waits, std::vector<int>& log) -> Task<void> {
    Task<int> task = inner(waits, log);
    log.push_back(co_await task);
  };
  spawn(outer(gate, steps));
  steps.push_back(2);
  gate.open();
  CHECK(steps == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("deep chains and long loops need no stack", "[base][task]") {
  // A frame of the stack for each of these would be several hundred megabytes.
  int depth = 0;
  const auto deep = [](int& out) -> Task<void> {
    Task<int> task = nested(20'000);
    out = co_await task;
  };
  spawn(deep(depth));
  CHECK(depth == 20'000);

  int sum = 0;
  const auto loop = [](int& out) -> Task<void> {
    for (int i = 0; i < 300'000; ++i) {
      Task<int> task = value(1);
      out += co_await task;
    }
  };
  spawn(loop(sum));
  CHECK(sum == 300'000);
}

TEST_CASE("a task that is assigned to frees the one it had", "[base][task]") {
  const auto held = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> owned) -> Task<int> { co_return *owned; };
  Task<int> task = body(held);
  task = value(2);
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace pagoda
