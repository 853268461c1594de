#include "core/services/rate_limiter.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using pagoda::testing::FakeClock;

namespace {

/// A loop on which sleeping lasts until it is cancelled, or until the test lets time pass.
class PatientRuntime final : public Runtime {
 public:
  explicit PatientRuntime(FakeClock& clock) : clock_(clock) {}
  const Clock& clock() const noexcept override { return clock_; }
  HttpClient& http() override { throw std::logic_error("no HTTP here"); }
  Task<bool> sleepUntil(TimePoint when, CancelSource* cancel) override {
    Completion<bool> done(*this);
    const CancelRegistration woken(cancel, [slot = done.slot()] { slot(false); });
    sleepers_.push_back({when, done.slot()});
    const bool came = co_await done.wait();
    co_return came;
  }
  void post(std::function<void()> work) override { queue_.push_back(std::move(work)); }
  bool offload(std::function<void()> work) override {
    post(std::move(work));
    return true;
  }
  void run() {
    while (!queue_.empty()) {
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }
  void pass(Duration time) {
    clock_.advance(time);
    for (auto& [when, wake] : sleepers_)
      if (when <= clock_.now()) wake(true);
    std::erase_if(sleepers_, [&](const auto& each) { return each.first <= clock_.now(); });
    run();
  }

 private:
  FakeClock& clock_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::pair<TimePoint, std::function<void(bool)>>> sleepers_;
};

struct Desk {
  explicit Desk(RateLimits limits) : limiter(limits, {}, clock) {}
  /// Whoever waits still is sent away: nothing else frees a coroutine that sleeps.
  ~Desk() { runtime.pass(std::chrono::hours(1)); }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  struct Visit {
    CancelSource gone;
    RateView view;
    std::optional<Result<RateTicket>> result;
  };
  Visit& ask(const std::string& who) {
    Visit& visit = visits.emplace_back();
    Caller caller;
    caller.key = ApiKeyId(who);
    spawn(wait(limiter.book().partyOf(caller, AddressBytes{}), visit));
    runtime.run();
    return visit;
  }
  bool inside(const Visit& visit) const { return visit.result && visit.result->has_value(); }
  void end(Visit& visit) {
    visit.result.reset();
    runtime.run();
  }

  FakeClock clock;
  PatientRuntime runtime{clock};
  RateLimiter limiter;
  std::deque<Visit> visits;

 private:
  Task<void> wait(RateParty party, Visit& visit) {
    Result<RateTicket> ticket = co_await limiter.admit(party, 0, visit.view, runtime, &visit.gone);
    visit.result.emplace(std::move(ticket));
  }
};

RateLimits concurrent(std::int64_t key, std::int64_t global) {
  RateLimits limits;
  limits.key.concurrent = key;
  limits.global.concurrent = global;
  return limits;
}

}  // namespace

TEST_CASE("RL-06 of 20 requests 5 are under way and 15 are refused when their time is over",
          "[services][rate]") {
  Desk desk(concurrent(5, 0));
  for (int i = 0; i < 20; ++i) desk.ask("a");
  int inside = 0;
  for (const Desk::Visit& visit : desk.visits) inside += desk.inside(visit) ? 1 : 0;
  CHECK(inside == 5);
  CHECK(desk.limiter.waiting() == 15);
  desk.runtime.pass(Millis(1000));
  int refused = 0;
  for (const Desk::Visit& visit : desk.visits) {
    if (!visit.result || visit.result->has_value()) continue;
    ++refused;
    CHECK(visit.result->error().code == ErrorCode::RateLimited);
    CHECK(visit.result->error().retryAfter == Millis(1000));
  }
  CHECK(refused == 15);
  CHECK(desk.limiter.waiting() == 0);
  desk.end(desk.visits[0]);
  CHECK(desk.inside(desk.ask("a")));
}

TEST_CASE("callers take turns when a place becomes free", "[services][rate]") {
  RateLimits limits = concurrent(10, 1);
  Desk fair(limits);
  Desk::Visit& first = fair.ask("greedy");
  std::vector<Desk::Visit*> greedy;
  for (int i = 0; i < 3; ++i) greedy.push_back(&fair.ask("greedy"));
  Desk::Visit& modest = fair.ask("modest");
  fair.end(first);
  CHECK(fair.inside(*greedy[0]));
  CHECK(!fair.inside(modest));
  fair.end(*greedy[0]);
  CHECK(fair.inside(modest));
  CHECK(!fair.inside(*greedy[1]));
  fair.end(modest);
  CHECK(fair.inside(*greedy[1]));
  CHECK(fair.limiter.waiting() == 1);
}

TEST_CASE("callers take turns where only the whole server has a limit", "[services][rate]") {
  Desk fair(concurrent(0, 1));
  Desk::Visit& first = fair.ask("greedy");
  Desk::Visit& second = fair.ask("greedy");
  fair.ask("greedy");
  Desk::Visit& modest = fair.ask("modest");
  fair.end(first);
  CHECK(fair.inside(second));
  fair.end(second);
  CHECK(fair.inside(modest));
}

TEST_CASE("who goes away while waiting leaves the queue at once", "[services][rate]") {
  Desk desk(concurrent(1, 0));
  Desk::Visit& first = desk.ask("a");
  Desk::Visit& second = desk.ask("a");
  second.gone.cancel();
  desk.runtime.run();
  REQUIRE(second.result);
  CHECK(second.result->error().code == ErrorCode::Cancelled);
  CHECK(desk.limiter.waiting() == 0);
  desk.end(first);
  CHECK(desk.inside(desk.ask("a")));
}

TEST_CASE("the queue is bounded, and a full key does not hold up another", "[services][rate]") {
  RateLimits limits = concurrent(1, 0);
  limits.queue = 2;
  Desk desk(limits);
  desk.ask("a");
  desk.ask("a");
  CHECK(desk.inside(desk.ask("b")));
  desk.ask("a");
  Desk::Visit& tooMany = desk.ask("a");
  REQUIRE(tooMany.result);
  CHECK(tooMany.result->error().code == ErrorCode::RateLimited);
}

TEST_CASE("a request that found no place does not count as a request", "[services][rate]") {
  RateLimits limits = concurrent(1, 0);
  limits.key.requestsPerMinute = 3;
  limits.queue = 0;
  Desk desk(limits);
  Desk::Visit& first = desk.ask("a");
  for (int i = 0; i < 10; ++i) CHECK(!desk.inside(desk.ask("a")));
  desk.end(first);
  Desk::Visit& second = desk.ask("a");
  CHECK(desk.inside(second));
  CHECK(second.view.requests->remaining == 1);
}
