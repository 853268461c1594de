#include <atomic>

#include <catch2/catch.hpp>

#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;

namespace {

/// The write end of a pipe that a blocking plugin waits for.
class Gate {
 public:
  Gate() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    open();
    ::close(ends_[0]);
  }
  void open() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  std::string setting() const { return R"({"fd":")" + std::to_string(ends_[0]) + R"("})"; }

 private:
  int ends_[2] = {-1, -1};
};

std::int64_t stuckCalls(const PluginBench& bench) {
  return bench.host.describe().at(0).stuckCalls;
}

void waitUntilNothingIsStuck(const PluginBench& bench) {
  // The plugin returns on a thread of the host; there is no event to wait for, and nothing to be
  // fast about.
  while (stuckCalls(bench) != 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a native provider gets the request and its answer reaches the sink",
          "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.provider("scripted", "echo");
  AttemptContext context;
  context.upstreamModel = "tiny-1";
  context.maxOutputTokens = 99;
  const NativeRun run = runNative(*provider, runtime, context);
  REQUIRE(run.status);
  CHECK(run.sink.text == "hi for tiny-1, at most 99");
  CHECK(run.sink.types == std::vector{EventType::Start, EventType::Text, EventType::Finish});
  CHECK(provider->pluginName() == "test.scripted@1.0.0");
}

TEST_CASE("an answer from a worker thread arrives on the loop", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.provider("scripted", "worker");
  for (int i = 0; i < 50; ++i) {
    const NativeRun run = runNative(*provider, runtime);
    REQUIRE(run.status);
    CHECK(run.sink.text == "from a worker");
  }
}

TEST_CASE("what a native provider does wrong ends its attempt, and the next one is served",
          "[plugin_host][native]") {
  struct Case {
    const char* mode;
    FailureKind kind;
    const char* message;
  };
  const Case cases[] = {
      {"no_start", FailureKind::Protocol, "before its start"},
      {"start_twice", FailureKind::Protocol, "began twice"},
      {"no_finish", FailureKind::Protocol, "ended before it was complete"},
      {"finish_twice", FailureKind::Protocol, "finished twice"},
      {"text_after_finish", FailureKind::Protocol, "goes on after"},
      {"bad_utf8", FailureKind::Protocol, "not valid UTF-8"},
      {"ignores_refusal", FailureKind::Protocol, "not valid UTF-8"},
      {"args_without_tool", FailureKind::Protocol, "did not begin"},
      {"extra_no_object", FailureKind::Protocol, "not a JSON object"},
      {"short_event", FailureKind::Internal, "cut short"},
      {"huge_event", FailureKind::TooLarge, "larger than"},
      {"endless", FailureKind::TooLarge, "larger than"},
      {"answer", FailureKind::Protocol, "before its start"},
      {"unknown_status", FailureKind::Internal, "internal"},
  };
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  for (const Case& c : cases) {
    DYNAMIC_SECTION("mode " << c.mode) {
      plugin_host::ProviderLimits limits;
      limits.answer = 1 << 20;
      const auto provider = bench.provider("scripted", c.mode, limits);
      const NativeRun run = runNative(*provider, runtime);
      REQUIRE_FALSE(run.status);
      CHECK(run.status.error().kind == c.kind);
      CHECK_THAT(run.status.error().message, Catch::Contains(c.message));
      const auto next = bench.provider("scripted", "echo");
      CHECK(runNative(*next, runtime).status);
    }
  }
}

TEST_CASE("a pending call that ends after its deadline harms nobody", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  plugin_host::ProviderLimits limits;
  limits.stuckAfter = Millis(0);
  const auto provider = bench.provider("scripted", "late", limits);
  AttemptContext context;
  context.deadline = bench.clock.now() + std::chrono::seconds(5);
  const NativeRun late = runNative(*provider, runtime, context);
  REQUIRE_FALSE(late.status);
  CHECK(late.status.error().kind == FailureKind::Deadline);
  CHECK(stuckCalls(bench) == 1);

  const NativeRun next = runNative(*provider, runtime);
  CHECK(next.status);
  CHECK(next.sink.text == "in time");
  CHECK(late.sink.text.empty());
  CHECK(stuckCalls(bench) == 0);
}

TEST_CASE("token counts that cannot be true are absent, not billed", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const NativeRun run = runNative(*bench.provider("scripted", "absurd_usage"), runtime);
  REQUIRE(run.status);
  REQUIRE(run.sink.usage);
  CHECK_FALSE(run.sink.usage->prompt);
  CHECK_FALSE(run.sink.usage->completion);
}

TEST_CASE("a failure's text is one line of UTF-8 without the instance's secrets",
          "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const NativeRun run = runNative(*bench.provider("scripted", "says_secret"), runtime);
  REQUIRE_FALSE(run.status);
  CHECK(run.status.error().kind == FailureKind::Auth);
  CHECK(run.status.error().message == "*** was rejected line 2 ?");
}

TEST_CASE("a client that goes away cancels a pending call", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.provider("scripted", "pending");
  CancelSource cancel;
  runtime.post([&] { cancel.cancel(); });
  const NativeRun run = runNative(*provider, runtime, {}, &cancel);
  REQUIRE_FALSE(run.status);
  CHECK(run.status.error().kind == FailureKind::Cancelled);
  CHECK(stuckCalls(bench) == 0);
}

TEST_CASE("a sink that wants no more ends the attempt as cancelled", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.provider("scripted", "echo");
  const OneMessage message("hi");
  CollectingSink sink;
  sink.left = 2;
  const AfterBatch afterBatch = []() -> Task<Result<void>> { co_return Result<void>{}; };
  const AttemptStatus status =
      runtime.run(provider->invoke({}, message.request, sink, afterBatch, runtime, nullptr));
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == FailureKind::Cancelled);
  CHECK(sink.types.size() == 2);
}

TEST_CASE("a native call that does not end is given up and counted until it ends",
          "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/blocking");
  FakeRuntime runtime(bench.clock);
  Gate gate;
  plugin_host::ProviderSpec spec;
  spec.name = "p";
  spec.type = "blocking";
  spec.settingsJson = gate.setting();
  spec.limits.stuckAfter = Millis(0);
  spec.limits.blockingCalls = 1;
  auto provider = *bench.host.makeProvider(spec);

  CancelSource cancel;
  const NativeRun hung =
      runNative(*provider, runtime, {}, &cancel, [&] { runtime.post([&] { cancel.cancel(); }); });
  REQUIRE_FALSE(hung.status);
  CHECK(hung.status.error().kind == FailureKind::Cancelled);
  CHECK(stuckCalls(bench) == 1);

  SECTION("with too many of them the instance takes no more") {
    const NativeRun refused = runNative(*provider, runtime);
    REQUIRE_FALSE(refused.status);
    CHECK(refused.status.error().kind == FailureKind::Unavailable);
  }
  SECTION("another instance is not affected") {
    auto other = *bench.host.makeProvider("q", "blocking", "{}", {});
    CHECK(runNative(*other, runtime).sink.text == "slow slow ");
  }
  SECTION("the instance may go while the call hangs") {
    provider.reset();
  }
  gate.open();
  waitUntilNothingIsStuck(bench);
  if (provider) {
    CHECK(runNative(*provider, runtime).sink.text == "slow slow ");
  }
}

TEST_CASE("a blocking provider waits for room when the client reads slowly",
          "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/blocking");
  FakeRuntime runtime(bench.clock);
  plugin_host::ProviderSpec spec;
  spec.name = "p";
  spec.type = "blocking";
  spec.limits.nativeQueue = 1;  // one event at a time
  auto provider = *bench.host.makeProvider(spec);
  CHECK(runNative(*provider, runtime).sink.text == "slow slow ");
}

TEST_CASE("figures that a plugin keeps can be read", "[plugin_host][native]") {
  PluginBench bench;
  bench.load("call/scripted");
  FakeRuntime runtime(bench.clock);
  const auto provider = bench.provider("scripted", "metric");
  runNative(*provider, runtime);
  runNative(*provider, runtime);
  const auto figures = bench.host.figures();
  REQUIRE(figures.size() == 1);
  CHECK(figures[0].name == "calls");
  CHECK(figures[0].plugin == "test.scripted@1.0.0");
  CHECK(figures[0].instance == "p");
  CHECK(figures[0].kind == "counter");
  CHECK(figures[0].value == 4);
}
