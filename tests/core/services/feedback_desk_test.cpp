// What came of a decision reaches the strategy that took it, and what it learns outlives it.

#include "core/services/feedback_desk.h"

#include "core/services/lesson_record.h"
#include "tests/core/services/house.h"
#include "tests/support/fake_memory.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

struct School : House {
  explicit School(std::shared_ptr<Pupil> first = std::make_shared<Pupil>())
      : pupil(std::move(first)) {
    serving->strategy = pupil;
    House::desk = &feedback;
    make();
  }
  RequestId ask() {
    CorridorRequest asked = request();
    last = answer(asked);
    feedback.flush();
    return asked.id;
  }
  /// Puts another strategy in the place of the present one.
  void replaceWith(std::shared_ptr<Pupil> next) {
    auto fresh = std::make_shared<Serving>(*orchestrator->serving());
    fresh->strategy = pupil = std::move(next);
    orchestrator->swap(fresh);
  }
  Result<bool> rate(RequestId id, double rating, std::string key = "key_a") {
    Result<bool> learnt = feedback.rate(
        {id, ApiKeyId(std::move(key)), clock.unixNow(), rating, "wrong"}, *ledger.decision(id));
    feedback.flush();
    return learnt;
  }

  std::shared_ptr<Pupil> pupil;
  Outcome last;
  Log log{2, LogLevel::Off, LogFormat::Text};
  FakeMemory memory;
  FeedbackDesk feedback{memory, clock, log};
};

}  // namespace

TEST_CASE("a strategy is told how each attempt of its plan went", "[services][feedback]") {
  School school;
  school.serving->triesPerCandidate = 1;
  school.cheap->script = {FakeProvider::fails(FailureKind::Unavailable)};
  school.dear->script = {FakeProvider::answers("an answer", usage(100, 10))};
  const RequestId id = school.ask();
  REQUIRE(school.pupil->lessons.size() == 1);
  const Lesson& lesson = school.pupil->lessons.front();
  CHECK(lesson.source == Lesson::Source::Outcome);
  CHECK(lesson.decision == id);
  CHECK(lesson.memo == 0xfedcba9876543210u);
  CHECK_FALSE(lesson.failure);
  CHECK(lesson.winner == 1u);
  CHECK(lesson.cost == school.last.cost);
  REQUIRE(lesson.steps.size() == 2);
  CHECK(lesson.steps[0].step == 0);
  CHECK(lesson.steps[0].candidate == "cheap/small-id");
  CHECK(lesson.steps[0].failure == FailureKind::Unavailable);
  CHECK(lesson.steps[1].step == 1);
  CHECK(lesson.steps[1].candidate == "dear/large-id");
  CHECK(lesson.steps[1].completionTokens == 10);
  CHECK(lesson.steps[1].cost == school.last.cost);
  CHECK(lesson.steps[1].score == 1.0);
}

TEST_CASE("a strategy hears of weak answers and of requests that failed", "[services][feedback]") {
  School school;
  school.serving->triesPerCandidate = 1;
  school.cheap->script = {FakeProvider::answers("I cannot help with that", usage(1, 1))};
  school.ask();
  CHECK(school.pupil->lessons.at(0).steps.at(0).score == 0.0);
  school.cheap->script = {FakeProvider::fails(FailureKind::Timeout)};
  school.dear->script = {FakeProvider::fails(FailureKind::Overloaded)};
  school.ask();
  const Lesson& lesson = school.pupil->lessons.at(1);
  CHECK(lesson.failure == FailureKind::Overloaded);
  CHECK_FALSE(lesson.winner);
  CHECK(lesson.steps.size() == 2);
}

TEST_CASE("nothing is told of requests that no strategy decided", "[services][feedback]") {
  School school;
  school.cheap->script = {FakeProvider::answers("an answer", usage(1, 1))};
  CorridorRequest asked = school.request("small");
  CHECK_FALSE(school.answer(asked).error);
  school.feedback.flush();
  CHECK(school.pupil->lessons.empty());
  CHECK(school.rate(asked.id, 1) == false);
  CHECK(school.memory.ratings.size() == 1);
}

TEST_CASE("a rating reaches the strategy that decided, days later too", "[services][feedback]") {
  School school;
  school.serving->triesPerCandidate = 1;
  school.cheap->script = {FakeProvider::fails(FailureKind::Unavailable)};
  school.dear->script = {FakeProvider::answers("an answer", usage(100, 10))};
  const RequestId id = school.ask();
  school.clock.advance(std::chrono::hours(24 * 9));
  // The version that sits there by then is another one.
  school.replaceWith(std::make_shared<Pupil>("pupil@2.0.0"));
  CHECK(school.rate(id, 0.25) == true);
  REQUIRE(school.pupil->lessons.size() == 1);
  const Lesson& lesson = school.pupil->lessons.front();
  CHECK(lesson.source == Lesson::Source::Rating);
  CHECK(lesson.decision == id);
  CHECK(lesson.memo == 0xfedcba9876543210u);
  CHECK(lesson.rating == 0.25);
  CHECK(lesson.label == "wrong");
  REQUIRE(lesson.winner == 1u);
  CHECK(lesson.steps.at(1).candidate == "dear/large-id");
  CHECK(lesson.steps.at(0).failure == FailureKind::Unavailable);
  CHECK(lesson.cost == school.last.cost);

  SECTION("once for each who rates") {
    CHECK(school.rate(id, 1) == false);
    CHECK(school.rate(id, 1, "key_b") == true);
    CHECK(school.pupil->lessons.size() == 2);
    CHECK(school.memory.ratings.size() == 2);
  }
  SECTION("but no other plugin that took its place") {
    school.replaceWith(std::make_shared<Pupil>("another@1.0.0"));
    CHECK(school.rate(id, 1, "key_c") == false);
    CHECK(school.pupil->lessons.empty());
  }
  SECTION("and an error where it cannot be kept") {
    school.memory.trouble = "the disk is full";
    CHECK(school.rate(id, 1, "key_c").error().code == ErrorCode::StorageUnavailable);
    CHECK(school.pupil->lessons.size() == 1);
  }
}

TEST_CASE("what a strategy has learnt survives a swap and a restart", "[services][feedback]") {
  School school;
  school.cheap->script = {FakeProvider::answers("a", usage(1, 1)),
                          FakeProvider::answers("b", usage(1, 1))};
  school.ask();
  CHECK(school.memory.states.at({"strategy", "pupil"}).bytes == "lessons 1");
  CHECK(school.memory.states.at({"strategy", "pupil"}).version == "1.0.0");
  school.replaceWith(std::make_shared<Pupil>("pupil@1.1.0"));
  CHECK(school.pupil->before == 1);
  CHECK(school.pupil->loadedFrom == "1.0.0");
  school.ask();
  CHECK(school.memory.states.at({"strategy", "pupil"}).bytes == "lessons 2");
  // The same instance under a new configuration goes on as it is.
  school.replaceWith(school.pupil);
  CHECK(school.pupil->before == 1);

  School next;
  next.memory.states = school.memory.states;
  next.replaceWith(std::make_shared<Pupil>());
  CHECK(next.pupil->before == 2);
}

TEST_CASE("lessons that wait are delivered and saved before the end", "[services][feedback]") {
  FakeClock clock;
  FakeMemory memory;
  Log log{2, LogLevel::Off, LogFormat::Text};
  Serving serving;
  const auto pupil = std::make_shared<Pupil>();
  serving.strategy = pupil;
  {
    FeedbackDesk desk(memory, clock, log, {.queue = 2});
    desk.seat(serving);
    Lesson lesson;
    lesson.slot = "strategy";
    lesson.strategy = "pupil@1.0.0";
    desk.tell(lesson);
  }
  CHECK(pupil->lessons.size() == 1);
  CHECK(memory.states.at({"strategy", "pupil"}).bytes == "lessons 1");
}

TEST_CASE("a state that could not be read is not written over", "[services][feedback]") {
  School school;
  school.memory.states[{"strategy", "pupil"}] = {"1.0.0", "lessons 7"};
  school.memory.trouble = "the database is locked";
  school.replaceWith(std::make_shared<Pupil>());
  school.memory.trouble.clear();
  school.cheap->script = {FakeProvider::answers("a", usage(1, 1))};
  school.ask();
  CHECK(school.pupil->lessons.size() == 1);
  CHECK(school.memory.states.at({"strategy", "pupil"}).bytes == "lessons 7");
}

TEST_CASE("a state of a form that is not known begins anew", "[services][feedback]") {
  School school;
  school.memory.states[{"strategy", "pupil"}] = {"0.1.0", "something else"};
  school.replaceWith(std::make_shared<Pupil>());
  CHECK(school.pupil->before == 0);
  school.cheap->script = {FakeProvider::answers("a", usage(1, 1))};
  school.ask();
  CHECK(school.memory.states.at({"strategy", "pupil"}).bytes == "lessons 1");
}

TEST_CASE("a record of no decision makes no lesson", "[services][feedback]") {
  for (const char* text : {"", "null", "{", "{}", R"({"plan":{"strategy":"named"}})"})
    CHECK_FALSE(lessonOf(text));
}
