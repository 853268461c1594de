// POST /v1/feedback: who may rate which request, and what becomes of it.

#include <catch2/catch.hpp>

#include "tests/core/api/api_house.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

struct Rated : ApiHouse {
  Rated() {
    auto fresh = std::make_shared<services::Serving>(*orchestrator->serving());
    fresh->strategy = pupil;
    orchestrator->swap(fresh);
    cheap->script.push_back(FakeProvider::answers("x", usageOf(1, 1)));
    id = call("POST", "/v1/chat/completions", chatBody({}, "auto"))->header("x-request-id");
  }
  std::unique_ptr<FakeResponse> rate(const std::string& more, const Secret* key = nullptr) {
    return call("POST", "/v1/feedback", R"({"request_id":")" + id + "\"" + more + "}", key);
  }
  std::shared_ptr<Pupil> pupil = std::make_shared<Pupil>();
  std::string id;
};

}  // namespace

TEST_CASE("the owner of a request rates it, and the strategy learns", "[api][feedback]") {
  Rated house;
  const auto answer = house.rate(R"(,"rating":0.5,"label":"too-long")");
  CHECK(answer->status == 200);
  CHECK(answer->body ==
        R"({"object":"feedback","request_id":")" + house.id + R"(","learned":true})");
  house.feedback.flush();
  REQUIRE(house.pupil->lessons.size() == 2);  // the outcome, and the rating
  CHECK(house.pupil->lessons.back().rating == 0.5);
  CHECK(house.pupil->lessons.back().label == "too-long");
  CHECK(house.pupil->lessons.back().steps.at(0).candidate == "cheap/small-id");
  CHECK_THAT(house.rate(R"(,"rating":1)")->body, Catch::Contains(R"("learned":false)"));
  CHECK(house.rate(R"(,"rating":1)", &house.adminKey)->status == 200);
}

TEST_CASE("another caller's request cannot be rated, and looks like none at all",
          "[api][feedback]") {
  Rated house;
  const Secret other = house.keys.add("other", KeyRole::User);
  CHECK(house.rate(R"(,"rating":1)", &other)->status == 404);
  house.id = "req_0000000000001";
  CHECK(house.rate(R"(,"rating":1)")->status == 404);
  house.id = "no id";
  CHECK(house.rate(R"(,"rating":1)")->status == 404);
  CHECK(house.memory.ratings.empty());
}

TEST_CASE("feedback that makes no sense is refused with the member's name", "[api][feedback]") {
  Rated house;
  const std::pair<const char*, const char*> wrong[] = {
      {"", "rating"},
      {R"(,"rating":1.5)", "rating must be"},
      {R"(,"rating":"good")", "rating must be"},
      {R"(,"rating":true)", "rating must be"},
      {R"(,"rating":1,"label":7)", "label must be"},
      {R"(,"rating":1,"stars":5)", "unknown member 'stars'"}};
  for (const auto& [more, message] : wrong) {
    DYNAMIC_SECTION(more) {
      const auto answer = house.rate(more);
      CHECK(answer->status == 400);
      CHECK_THAT(answer->body, Catch::Contains(message));
    }
  }
  CHECK(house.rate(R"(,"rating":1,"label":")" + std::string(65, 'x') + "\"")->status == 400);
  CHECK(house.call("POST", "/v1/feedback", R"({"rating":1})")->status == 400);
  CHECK(house.call("POST", "/v1/feedback", "[]")->status == 400);
  house.memory.trouble = "the disk is full";
  CHECK(house.rate(R"(,"rating":1)")->status == 503);
  CHECK(house.memory.ratings.empty());
}

TEST_CASE("a stream of a collected answer counts its attempts once", "[api][feedback]") {
  /// Both models, the first one's answer kept.
  class Refining final : public Strategy {
   public:
    std::string_view name() const override { return "refining@1"; }
    Result<Plan> plan(const Features&, const Catalogue&, const std::vector<Candidate>&) override {
      Plan plan;
      plan.strategy = "refining@1";
      plan.mode = PlanMode::Refine;
      plan.steps.resize(2);
      plan.steps[1].candidate = 1;
      return plan;
    }
  };
  ApiHouse house;
  auto fresh = std::make_shared<services::Serving>(*house.orchestrator->serving());
  fresh->strategy = std::make_shared<Refining>();
  house.orchestrator->swap(fresh);
  const std::string body = chatBody(R"(,"stream":true)", "auto");
  house.cheap->script = {FakeProvider::answers("a draft", usageOf(1, 1)),
                         FakeProvider::answers("a draft", usageOf(1, 1))};
  house.dear->script = {FakeProvider::fails(FailureKind::Auth),
                        FakeProvider::answers("better", usageOf(1, 1))};
  CHECK(house.call("POST", "/v1/chat/completions", body)->header("x-pagoda-attempts") == "2");
  const auto live = house.call("POST", "/v1/chat/completions", body);
  CHECK(live->header("x-pagoda-attempts") == "2");
  CHECK_THAT(live->body, Catch::Contains("better"));
}
