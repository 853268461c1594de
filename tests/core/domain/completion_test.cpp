#include <thread>

#include <catch2/catch.hpp>

#include "core/domain/ledger.h"
#include "core/domain/runtime.h"
#include "tests/support/fake_runtime.h"

namespace pagoda {
namespace {

using testing::FakeClock;
using testing::FakeRuntime;

Task<int> waitFor(Completion<int>& completion) {
  const int value = co_await completion.wait();
  co_return value;
}

TEST_CASE("a slot filled before anybody waits is not lost", "[domain][completion]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  Completion<int> completion(runtime);
  completion.slot()(7);
  CHECK(runtime.run(waitFor(completion)) == 7);
}

TEST_CASE("a slot filled from another thread resumes the waiter on the loop",
          "[domain][completion]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  Completion<int> completion(runtime);
  std::thread other([slot = completion.slot()] { slot(9); });
  std::thread::id resumedOn;
  const auto body = [](Completion<int>& done, std::thread::id& id) -> Task<int> {
    const int value = co_await done.wait();
    id = std::this_thread::get_id();
    co_return value;
  };
  CHECK(runtime.run(body(completion, resumedOn)) == 9);
  CHECK(resumedOn == std::this_thread::get_id());
  other.join();
}

TEST_CASE("only the first value counts", "[domain][completion]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  Completion<int> completion(runtime);
  const auto slot = completion.slot();
  slot(1);
  slot(2);
  CHECK(runtime.run(waitFor(completion)) == 1);
}

TEST_CASE("a slot may be filled after the waiter has gone", "[domain][completion]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  std::function<void(int)> slot;
  {
    Completion<int> completion(runtime);
    slot = completion.slot();
  }
  slot(1);
  Completion<int> after(runtime);
  after.slot()(2);
  CHECK(runtime.run(waitFor(after)) == 2);
}

// Answers settle() at once or never, as told.
class OneAnswerLedger final : public Ledger {
 public:
  explicit OneAnswerLedger(Result<void> answer) : answer_(std::move(answer)) {}
  Result<void> hold(HoldRow) override { return {}; }
  void settle(RequestRow row, std::map<CounterKey, std::int64_t>,
              std::function<void(Result<void>)> done) override {
    settled = row.request;
    done(answer_);
  }
  LedgerTotals totals() const override { return {}; }
  std::map<CounterKey, std::int64_t> counters() const override { return {}; }
  Result<void> resetCounters() override { return {}; }
  Result<std::string> decision(RequestId) override { return fail(ErrorCode::NotFound, "none"); }
  std::string trouble() const override { return {}; }
  RequestId settled;

 private:
  Result<void> answer_;
};

TEST_CASE("settleDurably waits for the ledger's answer and passes it on", "[domain][ledger]") {
  FakeClock clock;
  FakeRuntime runtime(clock);
  RequestRow row;
  row.request = RequestId(5);
  OneAnswerLedger good({});
  CHECK(runtime.run(settleDurably(good, runtime, row, {})));
  CHECK(good.settled == RequestId(5));
  OneAnswerLedger bad(fail(ErrorCode::StorageUnavailable, "the disk is full"));
  CHECK(runtime.run(settleDurably(bad, runtime, row, {})).error().code ==
        ErrorCode::StorageUnavailable);
}

}  // namespace
}  // namespace pagoda
