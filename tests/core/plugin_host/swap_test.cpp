// Versions of a plugin take each other's place: load beside, choose, roll back, retire.

#include <array>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "core/base/snapshot.h"
#include "tests/core/plugin_host/plugin_bench.h"

using namespace pagoda;
using namespace pagoda::testing;
using plugin_host::PluginKind;

namespace {

constexpr const char* kId = "test.swap";

plugin_host::PluginHostOptions hasty() {
  plugin_host::PluginHostOptions options;
  options.loadTimeout = Millis{300};
  return options;
}

/// A bench whose plugin folder holds all versions; 1.0.0 was there at the start.
struct SwapBench : PluginBench {
  SwapBench() : PluginBench(hasty()) {
    load("swap/swap_v1");
    for (const char* later : {"2", "3", "4", "5", "6"})
      install(std::string("swap/swap_v") + later, plugins.path());
  }
  Result<std::string> beside(int major) {
    return host.loadBeside("swap_v" + std::to_string(major) + ".so");
  }
  Result<std::shared_ptr<Provider>> make(const plugin_host::PluginChoice& trial = {}) {
    plugin_host::ProviderSpec spec;
    spec.name = "p";
    spec.type = host.resolve(PluginKind::Provider, "swap", trial).type;
    return host.makeProvider(std::move(spec));
  }
  std::string state(const std::string& version) const {
    for (const auto& info : host.describe())
      if (info.id == kId && info.version == version) return info.state;
    return "absent";
  }
};

std::string answerOf(Provider& provider) {
  FakeClock clock;
  FakeRuntime runtime(clock);
  return runNative(provider, runtime).sink.text;
}

/// A catalogue of one model, and a request for it.
struct OneModel {
  OneModel() {
    catalogue.models.resize(1);
    catalogue.models[0].key = "model";
    candidates.emplace_back();
    candidates.back().model = &catalogue.models[0];
    features.requestClass = &requestClass;
    features.decision = RequestId(7);
  }
  Catalogue catalogue;
  std::vector<Candidate> candidates;
  RequestClass requestClass;
  Features features;
};

/// What one request pins.
struct Pinned {
  std::string version;
  std::shared_ptr<Provider> provider;
  std::shared_ptr<Strategy> strategy;
};

}  // namespace

TEST_CASE("a version that is loaded beside serves only when it is chosen", "[plugin_host][swap]") {
  SwapBench bench;
  const auto old = bench.make();
  REQUIRE(old);
  REQUIRE(bench.beside(2));
  CHECK(bench.state("1.0.0") == "active");
  CHECK(bench.state("2.0.0") == "ready");
  CHECK(answerOf(**bench.make()) == "1.0.0:1");
  CHECK(answerOf(**bench.make({{kId, "2.0.0"}})) == "2.0.0:1");

  bench.host.choose(kId, "2.0.0");
  CHECK(bench.state("1.0.0") == "superseded");
  const auto next = bench.make();
  REQUIRE(next);
  // Each call sees its own version's variables, in whatever order they come.
  CHECK(answerOf(**next) == "2.0.0:2");
  CHECK(answerOf(**old) == "1.0.0:2");
  CHECK(answerOf(**next) == "2.0.0:3");
  CHECK(*bench.host.former(kId) == "1.0.0");
}

TEST_CASE("a version retires when it neither serves nor is used", "[plugin_host][swap]") {
  SwapBench bench;
  auto old = bench.make();
  REQUIRE(old);
  REQUIRE(bench.beside(2));
  CHECK(bench.host.retire(kId, "1.0.0").error().code == ErrorCode::Conflict);
  bench.host.choose(kId, "2.0.0");
  const auto pinned = bench.host.retire(kId, "1.0.0");
  REQUIRE_FALSE(pinned);
  CHECK(pinned.error().message.find("still used by 1 instance") != std::string::npos);
  old->reset();
  CHECK(bench.host.retire(kId, "1.0.0"));
  CHECK(bench.state("1.0.0") == "absent");
  CHECK(bench.host.former(kId).error().code == ErrorCode::NotFound);
  CHECK(bench.host.retire(kId, "1.0.0").error().code == ErrorCode::NotFound);
  CHECK(answerOf(**bench.make()) == "2.0.0:1");
}

TEST_CASE("only files of the plugin folders are loaded", "[plugin_host][swap]") {
  SwapBench bench;
  TempFolder elsewhere;
  const auto other = install("swap/swap_v2", elsewhere.path());
  CHECK(bench.host.loadBeside(other.string()).error().code == ErrorCode::NotFound);
  CHECK(bench.host.loadBeside("../swap_v2.so").error().code == ErrorCode::NotFound);
  CHECK(bench.host.loadBeside((bench.plugins / "swap_v2.so").string()));
}

TEST_CASE("a version that cannot serve is refused, and the former one goes on",
          "[plugin_host][swap]") {
  SwapBench bench;
  const auto serving = bench.make();
  REQUIRE(serving);
  for (const auto& [major, why] : {std::pair(3, "self-test failed"), std::pair(4, ""),
                                   std::pair(5, "did not return within 300 ms")}) {
    REQUIRE(bench.beside(major));
    const auto made = bench.make({{kId, std::to_string(major) + ".0.0"}});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::PluginFault);
    CHECK(made.error().message.find(why) != std::string::npos);
  }
  CHECK(bench.beside(6).error().message.find("init failed") != std::string::npos);
  CHECK(bench.state("1.0.0") == "active");
  CHECK(answerOf(**serving) == "1.0.0:1");
  CHECK(bench.host.checkLoaded(kId, "6.0.0").error().code == ErrorCode::NotFound);
}

TEST_CASE("requests under way see one version from their first call to their last",
          "[plugin_host][swap]") {
  SwapBench bench;
  for (const int major : {2, 3}) REQUIRE(bench.beside(major));
  const auto build = [&](const std::string& version) -> std::shared_ptr<const Pinned> {
    const plugin_host::PluginChoice trial{{kId, version}};
    auto provider = bench.make(trial);
    auto strategy = bench.host.makeStrategy(
        bench.host.resolve(PluginKind::Strategy, "swap_plan", trial).type, "{}");
    if (!provider || !strategy) return nullptr;
    return std::make_shared<const Pinned>(Pinned{version, *provider, *strategy});
  };
  Snapshot<const Pinned> serving(build("1.0.0"));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::array<std::atomic<int>, 3> requests{};
  std::vector<std::thread> clients;
  for (std::size_t client = 0; client < requests.size(); ++client)
    clients.emplace_back([&, client] {
      OneModel request;
      do {
        const auto pinned = serving.load();
        const auto plan =
            pinned->strategy->plan(request.features, request.catalogue, request.candidates);
        if (!plan || plan->reason != pinned->version || plan->steps.size() != 1) ++wrong;
        if (!answerOf(*pinned->provider).starts_with(pinned->version + ":")) ++wrong;
        ++requests[client];
      } while (!stop);
    });

  int refused = 0;
  for (int swap = 1; swap <= 100; ++swap) {
    const bool broken = swap % 10 == 0;
    auto next = build(broken ? "3.0.0" : swap % 2 == 0 ? "2.0.0" : "1.0.0");
    CHECK((next == nullptr) == broken);
    if (next) serving.exchange(std::move(next));
    if (broken) ++refused;
  }
  // Each has served at least one request before the end.
  for (const auto& count : requests)
    while (count == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& client : clients) client.join();
  CHECK(refused == 10);
  CHECK(wrong == 0);
  // What was swapped out is gone but for the library's own copy.
  const auto last = serving.load();
  for (const auto& info : bench.host.describe())
    CHECK(info.instances == (info.version == last->version ? 2 : 0));
}
