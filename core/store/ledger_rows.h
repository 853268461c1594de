#pragma once
// Writes a batch of settled requests inside the caller's transaction: rows, decisions and
// balances. What many requests share (balances, counters) is summed first and written once.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/domain/ledger.h"
#include "core/store/statement.h"

namespace pagoda::store {

class Database;

struct Settlement {
  RequestRow row;
  std::function<void(Result<void>)> done;
  bool duplicate = false;  ///< the request already has its row; this one was not written
};

struct CounterKeyHash {
  std::size_t operator()(const CounterKey& key) const noexcept;
};
using CounterSums = std::unordered_map<CounterKey, std::int64_t, CounterKeyHash>;

/// The counters of the current epoch.
struct CounterState {
  std::int64_t epoch = 1;
  std::map<CounterKey, std::int64_t> values;
};
CounterState readCounters(Database& database);

/// Prepared statements on one connection. One thread. Throws SqliteError.
class LedgerRows {
 public:
  explicit LedgerRows(Database& database);

  /// Marks duplicates, and leaves their money and decision out.
  void write(std::vector<Settlement>& settlements);
  void addCounters(std::int64_t epoch, const CounterSums& sums);
  void startCounterEpoch(std::int64_t epoch);
  bool contains(RequestId request);

 private:
  struct DaySums {
    Money all;
    std::map<int, Money> byTier;
    std::map<std::string, Money, std::less<>> byKey;
    std::map<std::string, Money, std::less<>> byTeam;
  };

  struct PendingAttempt {
    std::int64_t request;
    const AttemptRow* row;
  };

  bool writeRequest(const RequestRow& row);
  void writeAttempts();
  void writeDecisions();
  void sum(const Settlement& settlement);
  void writeBalances();
  void addBalance(CalendarDay day, const std::string& scope, Money spent);

  Database& database_;
  Statement request_;
  Statement attempt_;
  Statement attempts_;  // several at once
  Statement decision_;
  Statement decisions_;
  Statement balance_;
  Statement dayBalance_;
  Statement counter_;
  Statement exists_;
  std::map<CalendarDay, DaySums> days_;
  std::vector<PendingAttempt> pendingAttempts_;
  std::vector<const RequestRow*> pendingDecisions_;
};

}  // namespace pagoda::store
