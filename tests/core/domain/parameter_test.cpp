#include "core/domain/parameter.h"

#include <catch2/catch.hpp>

using namespace pagoda;

TEST_CASE("a request is sent without what a model refuses, all other bytes as they were",
          "[domain][parameter]") {
  ChatRequest request;
  request.rawJson =
      R"({"model":"m", "temperature":0.70,"seed":7,"x":1.0,"top_p":1,"presence_penalty":0,"reasoning_effort":"low","parallel_tool_calls":false})";
  request.temperature = 0.7;
  request.topP = 1;
  request.presencePenalty = 0;
  request.seed = 7;
  request.reasoningEffort = "low";
  request.serialTools = true;
  request.storage = std::make_shared<int>(1);
  const std::uint32_t used = parametersOf(request);
  CHECK(namesOf(used) == "temperature, top_p, penalties, seed, reasoning_effort, serial_tools");

  const ChatRequest less = without(request, used & ~(kParSeed | kParSerialTools));
  CHECK(less.rawJson == R"({"model":"m","seed":7,"x":1.0,"parallel_tool_calls":false})");
  CHECK_FALSE(less.temperature);
  CHECK_FALSE(less.topP);
  CHECK_FALSE(less.presencePenalty);
  CHECK(less.reasoningEffort.empty());
  CHECK(less.seed == 7);
  CHECK(less.serialTools);
  CHECK(parametersOf(without(request, used)) == 0);
  CHECK(without(request, used).rawJson == R"({"model":"m","x":1.0})");
}

TEST_CASE("what an answer cannot do without is told apart from wishes", "[domain][parameter]") {
  ChatRequest request;
  CHECK(parametersOf(request) == 0);
  request.stop.push_back("x");
  request.choices = 2;
  request.toolChoice = ToolChoice::Required;
  CHECK(parametersOf(request) == (kParStop | kParChoices));  // nothing is demanded without tools
  request.tools.push_back({});
  CHECK((parametersOf(request) & ~kParNeeded) == 0);
  CHECK(namesOf(parametersOf(request)) == "stop, n, forced_tools");
}
