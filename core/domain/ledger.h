#pragma once
// The ledger: a row per request, a row per attempt, the decision, and the counters. Implemented in
// core/store on SQLite; PostgreSQL can take its place without a change of services.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/base/time_zone.h"
#include "core/domain/runtime.h"

namespace pagoda {

/// Written before a call, not waited for on disk. Once hold() has returned, a kill -9 before the
/// settle row leaves the hold visible, and the next start charges it as unsettled.
struct HoldRow {
  RequestId request;
  std::uint32_t attempt = 0;
  ApiKeyId key;
  std::string model;
  std::string provider;
  int tier = 0;
  Money held;
  UnixMillis time = 0;
  bool simulated = false;  ///< play money: recovery records it and charges nothing
  std::string clientRequestId =
      {};                 ///< as in RequestRow, so that a recovered row can be recognised
  CalendarDay day = 0;    ///< that it is charged to, in the budget's zone
  std::string team = {};  ///< of the key, or empty
};

enum class AttemptState { Settled, Void, Unsettled };

struct AttemptRow {
  std::uint32_t attempt = 0;
  AttemptState state = AttemptState::Settled;
  std::string model;
  std::string provider;
  std::string upstreamModel;
  int tier = 0;
  Money held;
  Money cost;
  std::string costBasis;  ///< exact, estimated, worst_case, stated, free
  bool overage = false;
  Tokens promptTokens = -1, completionTokens = -1, cacheReadTokens = -1, cacheWriteTokens = -1,
         reasoningTokens = -1;
  std::string failure;  ///< name of the FailureKind, or empty
  int httpStatus = 0;
  std::int64_t firstByteMs = -1, totalMs = 0;
  CalendarDay day = 0;    ///< of its hold: what is settled after midnight is yesterday's spending
  std::string priceBook;  ///< source and day read of the price; empty: it needs none
  Money reported = Money::fromNanoUsd(-1);  ///< cost by the provider's figures, where the charge is
                                            ///< another; -1: they agree
  Tokens cacheWriteHourTokens = -1, searches = -1;
};

/// One request, complete. All of it is committed in one transaction.
struct RequestRow {
  RequestId request;
  std::string clientRequestId;  ///< what the client sent as x-request-id, or empty
  ApiKeyId key;
  std::string route;  ///< "/generate"
  std::string task;
  std::string model;  ///< that answered, or empty
  int tier = -1;
  int httpStatus = 0;
  std::string error;  ///< name of the ErrorCode, or empty
  Money cost;
  bool stream = false;
  bool aborted = false;    ///< the client left before the end
  bool simulated = false;  ///< its money is play money and counts in no total
  UnixMillis time = 0;
  std::int64_t totalMs = 0;
  std::vector<AttemptRow> attempts;
  std::string decisionJson;
  std::string team;  ///< of the key when it was asked, or empty
};

/// What a scope has spent, credits taken off, simulated requests left out.
struct Spent {
  Money day;
  Money month;
  Money total;
};

/// What the ledger knew when it was opened. Scopes are "all", "tier=2", "key=key_...", "team=...".
struct LedgerTotals {
  CalendarDay today = 0;  ///< the day, and with it the month, that the sums are of
  std::map<std::string, Spent> spent;
  Money recoveredUnsettled;  ///< holds of a former process that were charged now
  std::int64_t recoveredHolds = 0;
};

/// Counters that survive a restart, of the current metrics epoch.
struct CounterKey {
  std::string name;   ///< "requests", "cost_nano_usd", "attempts", "errors", ...
  std::string label;  ///< "tier=0", "task=coding", "model=...", or empty
  auto operator<=>(const CounterKey&) const = default;
};

/// Thread-safe.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Queues the intent. Errors: StorageUnavailable when the writer is stuck or its queue is full.
  virtual Result<void> hold(HoldRow row) = 0;
  /// Queues the rows and calls `done` (on the writer's thread) once they are durable, or with
  /// StorageUnavailable. `counters` are added in the same transaction.
  virtual void settle(RequestRow row, std::map<CounterKey, std::int64_t> counters,
                      std::function<void(Result<void>)> done) = 0;
  virtual LedgerTotals totals() const = 0;
  virtual std::map<CounterKey, std::int64_t> counters() const = 0;
  /// Starts a new epoch of counters; the ledger's rows stay. Blocks; call it on a worker.
  virtual Result<void> resetCounters() = 0;
  /// The decision record of a request as JSON. Errors: NotFound. Blocks; call it on a worker.
  virtual Result<std::string> decision(RequestId request) = 0;
  /// Not empty: why the ledger cannot be written at present.
  virtual std::string trouble() const = 0;
};

/// Awaits settle on the request's loop.
inline Task<Result<void>> settleDurably(Ledger& ledger, Runtime& runtime, RequestRow row,
                                        std::map<CounterKey, std::int64_t> counters) {
  Completion<Result<void>> done(runtime);
  ledger.settle(std::move(row), std::move(counters), done.slot());
  Result<void> outcome = co_await done.wait();
  co_return outcome;
}

}  // namespace pagoda
