// Which of the configuration's strategies decides a request.

#include "tests/core/services/house.h"
#include "tests/support/fake_memory.h"

using namespace pagoda;
using namespace pagoda::services;
using namespace pagoda::testing;

namespace {

struct Composed : House {
  Composed() {
    add("asked", {}, {}, true);
    add("research", {"team:research"}, {"general"});
    add("key", {"key_a", "key_b"}, {});
    add("code", {}, {"coding"});
    make();
  }
  void add(std::string name, std::vector<std::string> keys, std::vector<std::string> tasks,
           bool byHeader = false) {
    NamedStrategy named;
    named.strategy = std::make_shared<Pupil>(name + "@1.0.0");
    named.name = std::move(name);
    named.keys = std::move(keys);
    named.tasks = std::move(tasks);
    named.byHeader = byHeader;
    serving->strategies.push_back(std::move(named));
  }
  /// The strategy that decided.
  std::string by(std::string task, std::string key = {}, std::string team = {},
                 std::string header = {}, std::string_view modelName = "auto") {
    CorridorRequest asked = request(modelName);
    taskType = std::move(task);
    asked.chat.taskType = taskType;
    asked.caller.key = ApiKeyId(std::move(key));
    asked.caller.team = std::move(team);
    asked.strategy = std::move(header);
    const Result<std::string> decision = orchestrator->explain(asked);
    if (!decision) return "refused: " + decision.error().message;
    const std::string mark = R"("strategy":")";
    const std::size_t begin = decision->find(mark) + mark.size();
    return decision->substr(begin, decision->find('"', begin) - begin);
  }
  std::string taskType;
};

}  // namespace

TEST_CASE("header, key and task choose the strategy, in the configuration's order",
          "[services][composition]") {
  Composed house;
  CHECK(house.by("general") == "in-order");
  CHECK(house.by("coding") == "code@1.0.0");
  CHECK(house.by("coding", "key_b") == "key@1.0.0");
  CHECK(house.by("general", "key_c") == "in-order");
  CHECK(house.by("general", "key_c", "research") == "research@1.0.0");
  CHECK(house.by("coding", "key_c", "research") == "code@1.0.0");
  CHECK(house.by("coding", "key_a", "research", "asked") == "asked@1.0.0");
}

TEST_CASE("a request may ask only for strategies that the configuration lets it",
          "[services][composition]") {
  Composed house;
  CHECK(house.by("coding", "", "", "code") == "refused: x-pagoda-strategy must be one of: asked");
  CHECK(house.by("coding", "", "", "nonsense", "small") ==
        "refused: x-pagoda-strategy must be one of: asked");
  house.serving->strategies.clear();
  CHECK_THAT(house.by("coding", "", "", "asked"),
             Catch::Contains("this server lets no request choose its strategy"));
}

TEST_CASE("a route's candidates are planned by the strategy that a request asks for",
          "[services][composition]") {
  Composed house;
  auto catalogue = std::make_shared<Catalogue>(*house.serving->catalogue);
  ModelRoute route;
  route.name = "demo";
  route.candidates = {"large"};
  catalogue->routes.push_back(route);
  house.serving->catalogue = catalogue;
  house.serving->routeStrategies["demo"] = std::make_shared<Pupil>("own@1.0.0");
  CHECK(house.by("coding", "key_a", "", "", "demo") == "own@1.0.0");
  CHECK(house.by("coding", "key_a", "", "asked", "demo") == "asked@1.0.0");
}
