#include <catch2/catch.hpp>

#include "tests/core/plugin_host/fake_response.h"
#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

std::string settings(const std::string& in, const std::string& type) {
  return R"({"in":")" + in + R"(","type":")" + type + R"("})";
}

/// Where the first failure of a whole exchange came from.
std::string walk(Provider& provider, bool fails) {
  const OneMessage message("hi");
  const AttemptContext context;
  auto exchange = provider.begin(context, message.request);
  if (!exchange) return exchange.error().message;
  UpstreamRequest request;
  Millis wait{0};
  const auto step = (*exchange)->next(request, wait);
  if (!step) return step.error().message;
  FakeResponse response(fails ? 500 : 200);
  if (fails) return (*exchange)->onFailure(response, "").message;
  if (const auto head = (*exchange)->onHead(response); !head) return head.error().message;
  CollectingSink sink;
  if (const auto data = (*exchange)->onFrame(frameOf("x", true), sink); !data)
    return data.error().message;
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("an exception over the C boundary is a failure of the attempt and is counted",
          "[plugin_host][throws]") {
  PluginBench bench;
  bench.load("call/throws");
  FakeRuntime runtime(bench.clock);
  for (const std::string type : {"exception", "int", "other"}) {
    for (const std::string in : {"begin", "next", "on_head", "on_data", "on_failure", "end"}) {
      DYNAMIC_SECTION(type << " in " << in) {
        auto provider = *bench.host.makeProvider("p", "throws", settings(in, type), {});
        const std::string message = walk(*provider, in == "on_failure");
        if (in == "on_failure") {
          CHECK(message == "the upstream answered 500");  // the host's own reading stands
        } else if (in != "end") {
          CHECK_THAT(message, Catch::Contains("the plugin threw in " + in));
        }
        CHECK(bench.host.errors().at("test.throws") == 1);
      }
    }
    DYNAMIC_SECTION(type << " in invoke") {
      auto provider = *bench.host.makeProvider("p", "throws_native", settings("invoke", type), {});
      const NativeRun run = runNative(*provider, runtime);
      REQUIRE_FALSE(run.status);
      CHECK(run.status.error().kind == FailureKind::Internal);
      CHECK(bench.host.errors().at("test.throws") == 1);
      // The instance goes on serving, and a refusal of its own is no fault.
      auto next = *bench.host.makeProvider("p", "throws_native", "{}", {});
      CHECK(runNative(*next, runtime).status.error().kind == FailureKind::Unavailable);
      CHECK(bench.host.errors().at("test.throws") == 1);
    }
    for (const std::string in : {"create", "self_test"}) {
      DYNAMIC_SECTION(type << " in " << in) {
        const auto made = bench.host.makeProvider("p", "throws", settings(in, type), {});
        REQUIRE_FALSE(made);
        CHECK(made.error().code == ErrorCode::PluginFault);
        CHECK_THAT(made.error().message, Catch::Contains("threw in " + in));
        CHECK(bench.host.errors().at("test.throws") == 1);
      }
    }
    DYNAMIC_SECTION(type << " in destroy") {
      { auto provider = *bench.host.makeProvider("p", "throws", settings("destroy", type), {}); }
      CHECK(bench.host.errors().at("test.throws") == 1);
    }
    DYNAMIC_SECTION(type << " in plan") {
      auto strategy = *bench.host.makeStrategy("throws_plan", settings("plan", type));
      const RequestClass requestClass;
      Features features;
      features.requestClass = &requestClass;
      const auto plan = strategy->plan(features, Catalogue{}, {});
      REQUIRE_FALSE(plan);
      CHECK(plan.error().code == ErrorCode::PluginFault);
      CHECK(bench.host.errors().at("test.throws") == 1);
    }
  }
}
