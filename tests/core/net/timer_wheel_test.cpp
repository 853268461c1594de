#include "core/net/timer_wheel.h"

#include <random>

#include <catch2/catch.hpp>

namespace pagoda::net {
namespace {

const TimePoint kStart = TimePoint{} + std::chrono::hours(1);

struct Recorder {
  TimePoint due;
  TimePoint* now = nullptr;
  std::vector<TimePoint> fired;
  Timer timer{this, [](void* self) {
                auto* const recorder = static_cast<Recorder*>(self);
                recorder->fired.push_back(*recorder->now);
              }};
};

TEST_CASE("a timer fires at its time, not before, and once", "[net][timer]") {
  TimePoint now = kStart;
  TimerWheel wheel(kStart);
  for (const Millis after : {Millis{1}, Millis{63}, Millis{64}, Millis{65}, Millis{4095},
                             Millis{4096}, Millis{300'000}, Millis{20'000'000}}) {
    CAPTURE(after.count());
    Recorder recorder{now + after, &now, {}};
    wheel.schedule(recorder.timer, recorder.due);
    now = recorder.due - Millis{1};
    wheel.advance(now);
    CHECK(recorder.fired.empty());
    now = recorder.due;
    wheel.advance(now);
    CHECK(recorder.fired == std::vector<TimePoint>{recorder.due});
    now += std::chrono::hours(10);
    wheel.advance(now);
    CHECK(recorder.fired.size() == 1);
  }
}

TEST_CASE("part of a millisecond is waited for too", "[net][timer]") {
  TimePoint now = kStart;
  TimerWheel wheel(kStart);
  Recorder recorder{kStart + std::chrono::microseconds(1500), &now, {}};
  wheel.schedule(recorder.timer, recorder.due);
  wheel.advance(kStart + std::chrono::microseconds(1999));
  CHECK(recorder.fired.empty());
  wheel.advance(kStart + Millis{2});
  CHECK(recorder.fired.size() == 1);
}

TEST_CASE("a cancelled, destroyed or rescheduled timer does not fire at its old time",
          "[net][timer]") {
  TimePoint now = kStart;
  TimerWheel wheel(kStart);
  Recorder cancelled{kStart + Millis{10}, &now, {}};
  Recorder moved{kStart + Millis{10}, &now, {}};
  {
    Recorder destroyed{kStart + Millis{10}, &now, {}};
    wheel.schedule(destroyed.timer, destroyed.due);
    wheel.schedule(cancelled.timer, cancelled.due);
    wheel.schedule(moved.timer, moved.due);
  }
  cancelled.timer.cancel();
  wheel.schedule(moved.timer, kStart + Millis{500});
  CHECK(wheel.size() == 1);
  now = kStart + Millis{499};
  wheel.advance(now);
  CHECK(moved.fired.empty());
  now = kStart + Millis{500};
  wheel.advance(now);
  CHECK(moved.fired.size() == 1);
  CHECK(cancelled.fired.empty());
  CHECK(wheel.size() == 0);
}

TEST_CASE("a timer without an end is never armed", "[net][timer]") {
  TimerWheel wheel(kStart);
  Timer timer(nullptr, [](void*) {});
  wheel.schedule(timer, TimePoint::max());
  CHECK_FALSE(timer.armed());
  CHECK_FALSE(wheel.next());
}

TEST_CASE("a callback may cancel its neighbours and schedule itself again", "[net][timer]") {
  struct Pair {
    TimerWheel wheel{kStart};
    int fired = 0;
    Timer first{this, [](void* self) {
                  auto* const pair = static_cast<Pair*>(self);
                  ++pair->fired;
                  pair->second.cancel();
                  if (pair->fired < 3) pair->wheel.schedule(pair->first, kStart + Millis{20});
                }};
    Timer second{this, [](void*) { FAIL("was cancelled"); }};
  } pair;
  pair.wheel.schedule(pair.first, kStart + Millis{10});
  pair.wheel.schedule(pair.second, kStart + Millis{10});
  pair.wheel.advance(kStart + Millis{100});
  CHECK(pair.fired == 3);
}

TEST_CASE("next() is never later than the first timer, and walking by it reaches every timer",
          "[net][timer]") {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> delays(0, 30'000'000);
  TimePoint now = kStart;
  TimerWheel wheel(kStart);
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int i = 0; i < 500; ++i) {
    const Millis delay{delays(random) >> (i % 24)};
    recorders.emplace_back(new Recorder{now + delay, &now, {}});
    wheel.schedule(recorders.back()->timer, recorders.back()->due);
  }
  int steps = 0;
  while (const auto next = wheel.next()) {
    REQUIRE(++steps < 20'000);
    REQUIRE(*next > now);
    for (const auto& recorder : recorders) {
      if (recorder->timer.armed() && recorder->due > kStart)
        REQUIRE(*next <= std::max(recorder->due, now + Millis{1}));
    }
    now = *next;
    wheel.advance(now);
  }
  for (const auto& recorder : recorders) {
    REQUIRE(recorder->fired.size() == 1);
    CHECK(recorder->fired.front() >= recorder->due);
    CHECK(recorder->fired.front() - recorder->due <= Millis{1});
  }
}

}  // namespace
}  // namespace pagoda::net
