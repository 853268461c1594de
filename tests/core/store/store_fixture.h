#pragma once
// A data directory that goes away with the test, and rows to write.

#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/store/database.h"
#include "core/store/statement.h"
#include "core/store/store.h"

namespace pagoda::store {

class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_((std::filesystem::temp_directory_path() / "store_test_XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// 2026-11-25T00:00:00Z, until moved.
class SettableClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint(Millis(unix)); }
  UnixMillis unixNow() const noexcept override { return unix; }
  UnixMillis unix = 1'795'564'800'000;
};

inline Money nano(std::int64_t amount) {
  return Money::fromNanoUsd(amount);
}

inline HoldRow holdOf(std::int64_t request, Money held, UnixMillis time,
                      std::uint32_t attempt = 1) {
  HoldRow row;
  row.request = RequestId(request);
  row.attempt = attempt;
  row.key = ApiKeyId("key_a");
  row.model = "qwen3_coder";
  row.provider = "openrouter";
  row.tier = 1;
  row.held = held;
  row.time = time;
  row.clientRequestId = "client-" + std::to_string(request);
  return row;
}

inline RequestRow requestOf(std::int64_t request, Money cost, UnixMillis time) {
  AttemptRow attempt;
  attempt.attempt = 1;
  attempt.model = "qwen3_coder";
  attempt.provider = "openrouter";
  attempt.tier = 1;
  attempt.held = cost;
  attempt.cost = cost;
  attempt.costBasis = "exact";
  attempt.promptTokens = 12;
  RequestRow row;
  row.request = RequestId(request);
  row.clientRequestId = "client-" + std::to_string(request);
  row.key = ApiKeyId("key_a");
  row.route = "/generate";
  row.model = attempt.model;
  row.tier = 1;
  row.httpStatus = 200;
  row.cost = cost;
  row.time = time;
  row.attempts.push_back(attempt);
  row.decisionJson = R"({"task":"coding"})";
  return row;
}

/// Settles and waits for the answer.
inline Result<void> settleNow(Ledger& ledger, RequestRow row,
                              std::map<CounterKey, std::int64_t> counters = {}) {
  std::promise<Result<void>> outcome;
  ledger.settle(std::move(row), std::move(counters),
                [&](Result<void> result) { outcome.set_value(std::move(result)); });
  return outcome.get_future().get();
}

inline std::int64_t numberIn(const std::string& path, const std::string& sql) {
  Database database(path, {}, Database::Access::ReadOnly);
  return database.number(sql, -1);
}

/// The kind with which opening fails, or none.
template <class Open>
std::optional<StoreError> errorOf(Open open) {
  try {
    open();
  } catch (const StoreError& error) {
    return error;
  }
  return std::nullopt;
}

}  // namespace pagoda::store
