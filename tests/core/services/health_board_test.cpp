#include "core/services/health_board.h"

#include <catch2/catch.hpp>

#include "tests/support/fake_runtime.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

struct Board {
  Admission fail(FailureKind kind = FailureKind::Unavailable) {
    const Admission admission = board.admit("m");
    if (admission == Admission::Refused) return admission;
    board.started("m");
    AttemptRecord record;
    record.model = "m";
    record.failure.emplace();
    record.failure->kind = kind;
    board.finished(record, admission);
    return admission;
  }
  Admission answer() {
    const Admission admission = board.admit("m");
    if (admission == Admission::Refused) return admission;
    board.started("m");
    AttemptRecord record;
    record.model = "m";
    board.finished(record, admission);
    return admission;
  }

  FakeClock clock;
  HealthBoard board{clock,
                    {.failures = 3,
                     .coolDown = Millis{1'000},
                     .maxCoolDown = Millis{3'000},
                     .trials = 1,
                     .retryBudget = 0.5,
                     .retryReserve = 2}};
};

}  // namespace

TEST_CASE("a breaker opens after failures in a row and lets one trial through at a time",
          "[services][health]") {
  Board b;
  b.fail();
  b.fail();
  b.answer();
  b.fail();
  b.fail();
  CHECK(b.board.admit("m") == Admission::Open);
  b.fail();
  CHECK(b.board.of("m").health == Health::Down);
  CHECK(b.board.admit("m") == Admission::Refused);
  CHECK(b.board.admit("other") == Admission::Open);

  b.clock.advance(Millis{1'000});
  CHECK(b.board.of("m").health == Health::Probing);
  CHECK(b.board.admit("m") == Admission::Trial);
  CHECK(b.board.admit("m") == Admission::Refused);
  b.board.giveBack("m", Admission::Trial);
  CHECK(b.answer() == Admission::Trial);
  CHECK(b.board.of("m").health == Health::Degraded);
  CHECK(b.board.admit("m") == Admission::Open);
}

TEST_CASE("each failed trial doubles the cool-down up to its limit", "[services][health]") {
  Board b;
  for (int i = 0; i < 3; ++i) b.fail();
  for (const int wait : {1'000, 2'000, 3'000, 3'000}) {
    b.clock.advance(Millis{wait - 1});
    CHECK(b.board.admit("m") == Admission::Refused);
    b.clock.advance(Millis{1});
    CHECK(b.fail() == Admission::Trial);
  }
  b.clock.advance(Millis{3'000});
  CHECK(b.answer() == Admission::Trial);
  for (int i = 0; i < 3; ++i) CHECK(b.fail() == Admission::Open);
  b.clock.advance(Millis{1'000});
  CHECK(b.board.admit("m") == Admission::Trial);
}

TEST_CASE("what says nothing of the model neither opens its breaker nor keeps it open",
          "[services][health]") {
  for (const FailureKind kind :
       {FailureKind::ContextLength, FailureKind::ContentFilter, FailureKind::InvalidRequest,
        FailureKind::RateLimit, FailureKind::Cancelled, FailureKind::Deadline}) {
    DYNAMIC_SECTION(nameOf(kind)) {
      Board b;
      for (int i = 0; i < 10; ++i) CHECK(b.fail(kind) == Admission::Open);
      for (int i = 0; i < 3; ++i) b.fail();
      b.clock.advance(Millis{1'000});
      CHECK(b.fail(kind) == Admission::Trial);
      CHECK(b.board.admit("m") == Admission::Trial);
    }
  }
}

TEST_CASE("a straggler's failure does not put off the next trial", "[services][health]") {
  Board b;
  b.board.started("m");
  for (int i = 0; i < 3; ++i) b.fail();
  b.clock.advance(Millis{900});
  AttemptRecord late;
  late.model = "m";
  late.failure.emplace();
  late.failure->kind = FailureKind::Timeout;
  b.board.finished(late);
  b.clock.advance(Millis{100});
  CHECK(b.board.admit("m") == Admission::Trial);
}

TEST_CASE("retries are a share of the calls beside a reserve that time refills",
          "[services][health]") {
  Board b;
  CHECK(b.board.takeRetry("m"));
  CHECK(b.board.takeRetry("m"));
  CHECK_FALSE(b.board.takeRetry("m"));
  b.answer();
  CHECK_FALSE(b.board.takeRetry("m"));
  b.answer();
  CHECK(b.board.takeRetry("m"));
  CHECK_FALSE(b.board.takeRetry("m"));
  for (int i = 0; i < 100; ++i) b.answer();
  for (int i = 0; i < 4; ++i) CHECK(b.board.takeRetry("m"));
  CHECK_FALSE(b.board.takeRetry("m"));
  b.clock.advance(std::chrono::hours(1));
  for (int i = 0; i < 2; ++i) CHECK(b.board.takeRetry("m"));
  CHECK_FALSE(b.board.takeRetry("m"));
}
