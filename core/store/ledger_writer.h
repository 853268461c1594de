#pragma once
// The one thread that writes the ledger. It takes all that waits, writes it in one transaction and
// answers after the commit, so that one fsync serves every request that came meanwhile.
//
// A batch that cannot be written is kept and tried again until it is in: its requests get
// StorageUnavailable, their charges are not lost. After an error of the disk the connection is
// opened anew, and the file, not memory, says whether the batch is in it.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/domain/ledger.h"
#include "core/store/database.h"
#include "core/store/ledger_rows.h"
#include "core/store/store_paths.h"

namespace pagoda::store {

class HoldJournal;

struct WriterOptions {
  DatabaseOptions database;
  std::size_t queueLimit = 65'536;  ///< settlements that may wait, those kept for a retry included
  /// Between the starts of two commits, so that a disk that syncs at once does not make a commit of
  /// each request. One that comes after a longer rest does not wait.
  std::chrono::microseconds commitSpacing{400};
  Millis retryPause{250};  ///< between two tries while the ledger cannot be written
};

/// Thread-safe.
class LedgerWriter {
 public:
  /// `journal` outlives the writer.
  LedgerWriter(std::unique_ptr<Database> database, StorePaths paths, WriterOptions options,
               CounterState counters, HoldJournal& journal);
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;
  /// Writes what waits, if the disk takes it, and empties the log into the database.
  ~LedgerWriter();

  void settle(Settlement settlement, const std::map<CounterKey, std::int64_t>& counters);
  Result<void> resetCounters();
  std::map<CounterKey, std::int64_t> counters() const;
  /// Not empty: why nothing can be written at present.
  std::string trouble() const;
  bool stuck() const noexcept { return stuck_.load(std::memory_order_relaxed); }

 private:
  struct Batch {
    std::vector<Settlement> settlements;
    CounterSums counters;  ///< summed as they come: their memory is still warm then
    std::vector<std::promise<Result<void>>> resets;
    bool newEpoch = false;  ///< somebody waits in `resets`, or did when the commit failed
    bool empty() const { return settlements.empty() && resets.empty() && !newEpoch; }
  };

  void run();
  bool take();
  std::string write();
  void commit();
  bool isWritten();
  void completed();
  void failed(const std::string& why);
  void refuseArrivalsUntilRetry(const std::string& why);
  void checkpointIfDue();
  void checkpoint(bool whole, Millis patience);
  void open();
  void close(bool emptyLog);

  const StorePaths paths_;
  const WriterOptions options_;
  HoldJournal& journal_;

  // The writer's thread only.
  std::unique_ptr<Database> database_;
  std::unique_ptr<LedgerRows> rows_;
  Batch batch_;
  std::vector<std::int64_t> settled_;
  bool inDoubt_ =
      false;  ///< the batch may be in the file: its commit failed on the way to the disk
  int checkpointAt_ = 0;
  std::chrono::steady_clock::time_point commitFrom_;  ///< the next commit may not start earlier

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;           // guarded by mutex_, as all below
  std::size_t kept_ = 0;  // settlements in batch_
  bool idle_ = false;
  bool stopping_ = false;
  std::string trouble_;
  CounterState counters_;
  std::atomic<bool> stuck_{false};

  std::thread thread_;
};

}  // namespace pagoda::store
