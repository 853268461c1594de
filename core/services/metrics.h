#pragma once
// Counters and latencies of this process, and those that the ledger kept from former ones.

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/money.h"
#include "core/domain/answer.h"
#include "core/domain/ledger.h"

namespace pagoda::services {

/// Upper bounds of the latency histogram's buckets in milliseconds; the last is open.
inline constexpr std::array<int, 12> kLatencyBucketsMs{5,   10,   25,   50,   100,   250,
                                                       500, 1000, 2500, 5000, 15000, 60000};

struct Histogram {
  std::array<std::int64_t, kLatencyBucketsMs.size() + 1> counts{};
  std::int64_t sumMs = 0;
};

struct MetricsSnapshot {
  std::map<CounterKey, std::int64_t> counters;  ///< of the current epoch, former processes included
  std::map<int, Histogram> latencyByTier;       ///< of this process
  std::int64_t inFlight = 0;
  Money budgetLimit;
  Money budgetSpent;  ///< this month
  Money budgetHeld;
  UnixMillis epochStarted = 0;
};

/// Thread-safe. Simulated requests are counted under names of their own (`simulated_requests`), so
/// that play money never mixes with money.
class Metrics {
 public:
  explicit Metrics(std::map<CounterKey, std::int64_t> kept);

  /// The counters that one finished request adds; they are stored with its rows and added here.
  std::map<CounterKey, std::int64_t> countersOf(const Outcome& outcome) const;
  void add(const std::map<CounterKey, std::int64_t>& counters, const Outcome& outcome,
           Millis total);
  void count(std::string name, std::string label = {}, std::int64_t by = 1);
  void enter();
  void leave();
  void reset(UnixMillis now);
  MetricsSnapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  MetricsSnapshot state_;
};

}  // namespace pagoda::services
