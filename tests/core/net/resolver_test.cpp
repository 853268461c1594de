#include "core/net/resolver.h"

#include <atomic>
#include <mutex>

#include <catch2/catch.hpp>

#include "tests/support/net_loop.h"

using namespace pagoda;
using namespace pagoda::net;
using pagoda::test::NetLoop;

namespace {

using Found = tl::expected<AddressList, std::string>;

/// Time stands still unless it is moved.
class StillClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return now_; }
  UnixMillis unixNow() const noexcept override { return 0; }
  void advance(Millis by) { now_ += by; }

 private:
  TimePoint now_ = std::chrono::steady_clock::now();
};

struct Fixture {
  NetLoop net;
  std::atomic<int> lookUps{0};
  std::function<Found(const std::string&)> answer;

  Resolver::Options options() {
    Resolver::Options o;
    o.lookUp = [this](const std::string& host) {
      ++lookUps;
      return answer(host);
    };
    return o;
  }
  auto resolve(Resolver& resolver, const std::string& host) {
    return net.run(resolver.resolve(host, TimePoint::max(), nullptr));
  }
};

}  // namespace

TEST_CASE("addresses and loopback names need no look-up", "[net][resolver]") {
  Fixture f;
  f.answer = [](const std::string&) { return Found(tl::unexpected<std::string>("asked")); };
  Resolver resolver(f.net.loop, f.options());
  CHECK(*resolver.known("10.1.2.3") == AddressList{"10.1.2.3"});
  CHECK(*resolver.known("::1") == AddressList{"::1"});
  CHECK(*resolver.known("localhost") == AddressList{"127.0.0.1", "::1"});
  CHECK(resolver.known("example.com") == nullptr);
  CHECK(*f.resolve(resolver, "127.0.0.1") == AddressList{"127.0.0.1"});
  CHECK(f.lookUps == 0);
}

TEST_CASE("a name is looked up once and remembered", "[net][resolver]") {
  Fixture f;
  f.answer = [](const std::string&) { return Found(AddressList{"10.0.0.1", "10.0.0.2"}); };
  Resolver resolver(f.net.loop, f.options());
  CHECK(*f.resolve(resolver, "example.com") == AddressList{"10.0.0.1", "10.0.0.2"});
  CHECK(*f.resolve(resolver, "example.com") == AddressList{"10.0.0.1", "10.0.0.2"});
  CHECK(resolver.known("example.com") != nullptr);
  CHECK(f.lookUps == 1);
}

TEST_CASE("what was found and what was missing expire at their own pace", "[net][resolver]") {
  StillClock clock;
  WorkerPool workers{1, 8};
  EventLoop loop{clock, workers};
  int lookUps = 0;
  Resolver::Options options;
  options.lookUp = [&](const std::string& host) {
    ++lookUps;
    return host == "missing.example" ? Found(tl::unexpected<std::string>("no such name"))
                                     : Found(AddressList{"10.0.0.1"});
  };
  Resolver resolver(loop, options);
  const auto ask = [&](const char* host) {
    std::optional<bool> found;
    spawn([](Resolver& r, std::string name, std::optional<bool>& out) -> Task<void> {
      auto asking = r.resolve(std::move(name), TimePoint::max(), nullptr);
      auto answer = co_await asking;
      out = answer.has_value();
    }(resolver, host, found));
    while (!found) loop.runOnce(Millis{20});
    return *found;
  };
  const auto advance = [&](int ms) {
    clock.advance(Millis{ms});
    loop.runOnce(Millis{0});
  };
  CHECK(ask("found.example"));
  CHECK_FALSE(ask("missing.example"));
  advance(4'999);
  CHECK_FALSE(ask("missing.example"));
  CHECK(lookUps == 2);
  advance(2);
  CHECK_FALSE(ask("missing.example"));
  CHECK(lookUps == 3);
  advance(54'000);
  CHECK(ask("found.example"));
  CHECK(lookUps == 3);
  advance(2'000);
  CHECK(ask("found.example"));
  CHECK(lookUps == 4);
}

TEST_CASE("a failed look-up says which name and why", "[net][resolver]") {
  Fixture f;
  f.answer = [](const std::string&) { return Found(tl::unexpected<std::string>("no such name")); };
  Resolver resolver(f.net.loop, f.options());
  const auto found = f.resolve(resolver, "missing.example");
  REQUIRE_FALSE(found);
  CHECK(found.error().kind == FailureKind::Unavailable);
  CHECK(found.error().message == "cannot resolve missing.example: no such name");
}

TEST_CASE("who asks meanwhile shares the look-up, and each may give up by itself",
          "[net][resolver]") {
  Fixture f;
  std::mutex held;
  f.answer = [&](const std::string&) {
    const std::scoped_lock lock(held);
    return Found(AddressList{"10.0.0.1"});
  };
  Resolver resolver(f.net.loop, f.options());
  std::unique_lock lock(held);
  CancelSource cancel;
  std::vector<std::string> outcomes;
  const auto ask = [&](TimePoint deadline, CancelSource* source) {
    spawn([](Resolver& r, TimePoint until, CancelSource* c,
             std::vector<std::string>& out) -> Task<void> {
      auto asking = r.resolve("slow.example", until, c);
      auto answer = co_await asking;
      out.push_back(answer ? answer->front() : std::string(nameOf(answer.error().kind)));
    }(resolver, deadline, source, outcomes));
  };
  ask(TimePoint::max(), nullptr);
  ask(TimePoint::max(), &cancel);
  ask(f.net.clock.now() + Millis{5}, nullptr);
  f.net.until([&] { return outcomes.size() == 1; });
  cancel.cancel();
  CHECK(outcomes == std::vector<std::string>{"timeout", "cancelled"});
  lock.unlock();
  f.net.until([&] { return outcomes.size() == 3; });
  CHECK(outcomes.back() == "10.0.0.1");
  CHECK(f.lookUps == 1);
}

TEST_CASE("a look-up that outlives its resolver is dropped", "[net][resolver]") {
  Fixture f;
  std::mutex held;
  std::atomic<bool> answered{false};
  f.answer = [&](const std::string&) {
    const std::scoped_lock lock(held);
    answered = true;
    return Found(AddressList{"10.0.0.1"});
  };
  std::unique_lock lock(held);
  {
    Resolver resolver(f.net.loop, f.options());
    CHECK_FALSE(f.net.run(resolver.resolve("slow.example", f.net.clock.now(), nullptr)));
  }
  lock.unlock();
  f.net.until([&] { return answered.load(); });
  f.net.loop.runOnce(Millis{0});
}

TEST_CASE("the memory for names is bounded", "[net][resolver]") {
  Fixture f;
  f.answer = [](const std::string&) { return Found(AddressList{"10.0.0.1"}); };
  Resolver::Options options = f.options();
  options.maxNames = 4;
  Resolver resolver(f.net.loop, options);
  int remembered = 0;
  for (int i = 0; i < 20; ++i) CHECK(f.resolve(resolver, "h" + std::to_string(i) + ".example"));
  for (int i = 0; i < 20; ++i) {
    if (resolver.known("h" + std::to_string(i) + ".example")) ++remembered;
  }
  CHECK(remembered > 0);
  CHECK(remembered <= 4);
}
