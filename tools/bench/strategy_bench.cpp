// What the host's side of the plugin ABI costs: a decision over ten candidates, and a translator's
// exchange without JSON work. Usage: strategy_bench [strategy.so type settings]; without arguments
// the tests' own plugins, which do next to nothing, so that the host's part is seen.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>
#include <vector>

#include "core/plugin_host/plugin_host.h"

namespace {

using namespace pagoda;

constexpr int kRounds = 15;
constexpr int kCalls = 20'000;

/// The fastest and the median round, in nanoseconds a call.
template <class F>
void measure(const char* what, F&& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    rounds.push_back(taken.count() / kCalls);
  }
  std::sort(rounds.begin(), rounds.end());
  std::printf("%-44s best %7.0f ns   median %7.0f ns\n", what, rounds.front(),
              rounds[rounds.size() / 2]);
}

template <class T>
T orExit(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

class Ok final : public UpstreamResponse {
 public:
  int status() const override { return 200; }
  const std::vector<std::pair<std::string, std::string>>& headers() const override {
    return headers_;
  }
  Task<tl::expected<Frame, AttemptFailure>> next() override {
    co_return tl::expected<Frame, AttemptFailure>(Frame{});
  }

 private:
  std::vector<std::pair<std::string, std::string>> headers_{{"content-type", "text/event-stream"}};
};

class NullSink final : public EventSink {
 public:
  bool emit(const Event&) override { return true; }
};

void planTenCandidates(plugin_host::PluginHost& host, const char* type, const char* settings) {
  const auto strategy = orExit(host.makeStrategy(type, settings));
  Catalogue catalogue;
  for (int i = 0; i < 10; ++i) {
    Model model;
    model.key = "model_" + std::to_string(i);
    model.provider = i % 2 == 0 ? "openrouter" : "anthropic";
    model.upstreamId = "vendor/model-with-a-usual-name-" + std::to_string(i);
    model.tier = i / 2;
    model.tags = {"coding", "debugging", "reasoning"};
    catalogue.models.push_back(std::move(model));
  }
  std::vector<Candidate> candidates(10);
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].model = &catalogue.models[i];
  RequestClass requestClass;
  requestClass.task = "coding";
  Features features;
  features.requestClass = &requestClass;
  features.decision = RequestId(1);
  measure("plan over 10 candidates", [&] {
    if (!strategy->plan(features, catalogue, candidates)) std::abort();
  });
}

void exchange(plugin_host::PluginHost& host) {
  plugin_host::ProviderSpec spec;
  spec.name = "p";
  spec.type = "scripted_http";
  spec.settingsJson = R"({"mode":"plain"})";
  spec.secrets["api_key"].emplace_back("sk-benchmark-key");
  const auto provider = orExit(host.makeProvider(std::move(spec)));
  ChatRequest request;
  Message message;
  message.parts.emplace_back();
  message.parts.back().text = "What is a pagoda?";
  request.messages.push_back(std::move(message));
  AttemptContext context;
  context.upstreamModel = "m";
  NullSink sink;
  Ok response;
  Frame text;
  text.data = "good day";
  Frame last;
  last.last = true;
  measure("exchange: begin, 1.6 KB request, 2 frames", [&] {
    auto begun = provider->begin(context, request);
    UpstreamRequest out;
    Millis wait{0};
    Exchange& x = **begun;
    if (!x.next(out, wait) || !x.onHead(response) || !x.onFrame(text, sink) ||
        !x.onFrame(last, sink) || !x.next(out, wait))
      std::abort();
  });
}

}  // namespace

int main(int argc, char** argv) {
  std::string state = (std::filesystem::temp_directory_path() / "pagoda-bench-XXXXXX").string();
  if (::mkdtemp(state.data()) == nullptr) return 1;
  {
    const SystemClock clock;
    Log log(STDERR_FILENO, LogLevel::Warn, LogFormat::Text);
    plugin_host::PluginHostOptions options;
    options.stateDir = state;
    plugin_host::PluginHost host(std::move(options), log, clock);
    const bool given = argc == 4;
    for (const char* file : {given ? argv[1] : PAGODA_PLANNER, PAGODA_SCRIPTED}) {
      if (const auto loaded = host.load(file); !loaded)
        std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    }
    planTenCandidates(host, given ? argv[2] : "planner",
                      given ? argv[3] : R"({"mode":"in_order"})");
    exchange(host);
  }
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  return 0;
}
