#pragma once

#include <memory>

#include "core/domain/ledger.h"
#include "core/store/hold_journal.h"
#include "core/store/ledger_writer.h"

namespace pagoda::store {

/// The ledger on SQLite. Thread-safe. A hold goes to the journal, a settlement to the writer.
class SqliteLedger final : public Ledger {
 public:
  /// Charges what a former process left open. Throws StoreError, SqliteError.
  SqliteLedger(std::unique_ptr<Database> database, StorePaths paths, const WriterOptions& options,
               std::size_t openHolds, const Clock& clock, const TimeZone& zone);

  Result<void> hold(HoldRow row) override;
  void settle(RequestRow row, std::map<CounterKey, std::int64_t> counters,
              std::function<void(Result<void>)> done) override;
  LedgerTotals totals() const override { return totals_; }
  std::map<CounterKey, std::int64_t> counters() const override;
  Result<void> resetCounters() override;
  Result<std::string> decision(RequestId request) override;
  std::string trouble() const override;
  /// Holds that are open now.
  std::size_t openHolds() const { return journal_.size(); }

 private:
  const StorePaths paths_;
  const DatabaseOptions options_;
  HoldJournal journal_;
  LedgerTotals totals_;
  std::unique_ptr<LedgerWriter> writer_;
};

}  // namespace pagoda::store
