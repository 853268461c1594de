// Measures the ledger: hold and settle of requests with one attempt and a 600-byte decision, kept
// in flight like the requests of an event loop. Prints rows per second and CPU per request.
//   store_bench [requests] [in flight] [group|process]

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include "core/store/store.h"

namespace {

using namespace pagoda;

constexpr std::ptrdiff_t kMostInFlight = 1 << 16;

double cpuSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

RequestRow sampleRow(RequestId id, UnixMillis now, const std::string& decision) {
  AttemptRow attempt;
  attempt.attempt = 1;
  attempt.model = "qwen3_coder";
  attempt.provider = "openrouter";
  attempt.upstreamModel = "qwen/qwen3-coder";
  attempt.held = Money::fromNanoUsd(1'000'000);
  attempt.cost = Money::fromNanoUsd(333'333);
  attempt.costBasis = "exact";
  attempt.promptTokens = 250;
  attempt.completionTokens = 120;
  attempt.httpStatus = 200;
  attempt.firstByteMs = 20;
  attempt.totalMs = 40;
  RequestRow row;
  row.request = id;
  row.key = ApiKeyId("key_0123456789abcdef");
  row.route = "/v1/chat/completions";
  row.task = "coding";
  row.model = attempt.model;
  row.tier = 0;
  row.httpStatus = 200;
  row.cost = attempt.cost;
  row.time = now;
  row.totalMs = 41;
  row.attempts.push_back(std::move(attempt));
  row.decisionJson = decision;
  return row;
}

std::map<CounterKey, std::int64_t> sampleCounters() {
  return {{{"requests", "tier=0"}, 1},
          {{"cost_nano_usd", "tier=0"}, 333'333},
          {{"attempts", "model=qwen3_coder"}, 1},
          {{"prompt_tokens", "tier=0"}, 250},
          {{"completion_tokens", "tier=0"}, 120},
          {{"tasks", "task=coding"}, 1}};
}

}  // namespace

int main(int argc, char** argv) {
  const long requests = argc > 1 ? std::atol(argv[1]) : 100'000;
  const long inFlight = argc > 2 ? std::atol(argv[2]) : 64;
  store::StoreOptions options;
  if (argc > 3 && std::string_view(argv[3]) == "process")
    options.durability = store::Durability::Process;
  std::string folder = (std::filesystem::temp_directory_path() / "store_bench_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;

  const SystemClock clock;
  const std::string decision = "{\"features\":\"" + std::string(584, 'x') + "\"}";
  std::atomic<long> failed{0};
  {
    auto store = store::openStore(folder + "/pagoda.db", options, clock);
    RequestIdSource ids(clock);
    std::counting_semaphore<kMostInFlight> slots(inFlight);
    const double cpu = cpuSeconds(RUSAGE_SELF);
    const double caller = cpuSeconds(RUSAGE_THREAD);
    const auto begin = std::chrono::steady_clock::now();
    for (long i = 0; i < requests; ++i) {
      slots.acquire();
      const RequestId id = ids.next();
      HoldRow hold;
      hold.request = id;
      hold.attempt = 1;
      hold.key = ApiKeyId("key_0123456789abcdef");
      hold.model = "qwen3_coder";
      hold.provider = "openrouter";
      hold.held = Money::fromNanoUsd(1'000'000);
      hold.time = clock.unixNow();
      if (!store.ledger().hold(std::move(hold))) ++failed;
      store.ledger().settle(sampleRow(id, clock.unixNow(), decision), sampleCounters(),
                            [&](const Result<void>& outcome) {
                              if (!outcome) ++failed;
                              slots.release();
                            });
    }
    for (long i = 0; i < inFlight; ++i) slots.acquire();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const double used = cpuSeconds(RUSAGE_SELF) - cpu;
    const double usedByCaller = cpuSeconds(RUSAGE_THREAD) - caller;
    const auto each = [&](double seconds) { return seconds * 1e6 / static_cast<double>(requests); };
    std::printf("%ld requests, %ld in flight, %s: %.0f requests/s, %.0f rows/s\n", requests,
                inFlight, options.durability == store::Durability::Group ? "group" : "process",
                static_cast<double>(requests) / wall.count(),
                3 * static_cast<double>(requests) / wall.count());
    std::printf("CPU us/request: %.2f (caller %.2f, writer %.2f); failed %ld\n", each(used),
                each(usedByCaller), each(used - usedByCaller), failed.load());
  }
  std::filesystem::remove_all(folder);
  return failed == 0 ? 0 : 1;
}
