#include "core/store/ledger_writer.h"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <signal.h>
#include <utility>

#include "core/store/file_lock.h"
#include "core/store/hold_journal.h"
#include "core/store/sqlite_error.h"

namespace pagoda::store {
namespace {

// A checkpoint costs two fsyncs and a write for each page that changed; the more commits share it
// the cheaper it is. When nothing waits it is done early, and under steady load late.
constexpr int kCheckpointWhenIdle = 1'000;
constexpr int kCheckpointAlways = 8'000;
constexpr Millis kBusyWhileStuck{100};

tl::unexpected<Error> unavailable(const std::string& why) {
  return fail(ErrorCode::StorageUnavailable, "the ledger is unavailable: " + why);
}

// Signals are for the main thread.
void blockSignals() {
  sigset_t all{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "pagoda-ledger");
}

}  // namespace

LedgerWriter::LedgerWriter(std::unique_ptr<Database> database, StorePaths paths,
                           WriterOptions options, CounterState counters, HoldJournal& journal)
    : paths_(std::move(paths)),
      options_(options),
      journal_(journal),
      database_(std::move(database)),
      rows_(std::make_unique<LedgerRows>(*database_)),
      counters_(std::move(counters)),
      thread_([this] { run(); }) {}

LedgerWriter::~LedgerWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LedgerWriter::settle(Settlement settlement,
                          const std::map<CounterKey, std::int64_t>& counters) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.settlements.size() + kept_ < options_.queueLimit) {
      queue_.settlements.push_back(std::move(settlement));
      for (const auto& [key, value] : counters) queue_.counters[key] += value;
      if (std::exchange(idle_, false)) wake_.notify_one();
      return;
    }
  }
  // The request's hold stays in the journal: it is charged at the next start, never forgotten.
  settlement.done(unavailable("its queue is full"));
}

Result<void> LedgerWriter::resetCounters() {
  std::future<Result<void>> outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = queue_.resets.emplace_back().get_future();
    queue_.newEpoch = true;
    idle_ = false;
  }
  wake_.notify_one();
  return outcome.get();
}

std::map<CounterKey, std::int64_t> LedgerWriter::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_.values;
}

std::string LedgerWriter::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void LedgerWriter::run() {
  blockSignals();
  // While it is stuck an empty batch is tried as well: its commit tells when the trouble is over.
  while (!batch_.empty() || stuck() || take()) {
    const std::string why = write();
    if (why.empty()) {
      completed();
      checkpointIfDue();
      continue;
    }
    failed(why);
    refuseArrivalsUntilRetry(why);
    const std::lock_guard lock(mutex_);
    if (stopping_) break;
  }
  close(true);
}

/// Waits for work; false when the ledger closes and none is left.
bool LedgerWriter::take() {
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_) {
    idle_ = true;
    wake_.wait(lock);
  }
  idle_ = false;
  const auto spaced = [this] { return stopping_ || !queue_.resets.empty(); };
  wake_.wait_until(lock, commitFrom_, spaced);
  commitFrom_ = std::chrono::steady_clock::now() + options_.commitSpacing;
  // Swapping keeps the memory of both in use.
  std::swap(batch_, queue_);
  kept_ = batch_.settlements.size();
  return !batch_.empty();
}

/// Empty: the batch is in the database. Otherwise why it is not, and it will be tried again.
std::string LedgerWriter::write() {
  try {
    if (!database_) open();
    if (std::exchange(inDoubt_, false)) {
      if (isWritten()) {
        // It is in the log, but perhaps not on the disk: a checkpoint writes and syncs it anew.
        inDoubt_ = true;
        checkpoint(true, options_.database.busyTimeout);
        inDoubt_ = false;
        const CounterState reread = readCounters(*database_);
        const std::lock_guard lock(mutex_);
        counters_ = reread;
        return {};
      }
      batch_.newEpoch = !batch_.resets.empty();
    }
    commit();
    return {};
  } catch (const SqliteError& error) {
    if (error.voidsConnection()) close(false);
    return error.reason();
  } catch (const std::exception& error) {
    close(false);
    return error.what();
  }
}

void LedgerWriter::commit() {
  Transaction transaction(*database_);
  rows_->write(batch_.settlements);
  rows_->addCounters(counters_.epoch, batch_.counters);
  if (batch_.newEpoch) rows_->startCounterEpoch(counters_.epoch + 1);
  inDoubt_ = true;
  transaction.commit();
  inDoubt_ = false;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, value] : batch_.counters) counters_.values[key] += value;
  if (batch_.newEpoch) counters_ = {counters_.epoch + 1, {}};
}

/// A transaction is in the file as a whole or not at all, so one of its rows tells.
bool LedgerWriter::isWritten() {
  for (const Settlement& settlement : batch_.settlements) {
    if (!settlement.duplicate) return rows_->contains(settlement.row.request);
  }
  return batch_.newEpoch && readCounters(*database_).epoch > counters_.epoch;
}

void LedgerWriter::completed() {
  settled_.clear();
  for (const Settlement& settlement : batch_.settlements) {
    if (!settlement.duplicate) settled_.push_back(settlement.row.request.number());
  }
  journal_.release(settled_);
  if (stuck_.exchange(false)) {
    database_->setBusyTimeout(options_.database.busyTimeout);
    const std::lock_guard lock(mutex_);
    trouble_.clear();
  }
  for (Settlement& settlement : batch_.settlements) {
    if (!settlement.done) continue;
    if (settlement.duplicate) {
      settlement.done(fail(ErrorCode::Internal, "the request is in the ledger already"));
    } else {
      settlement.done({});
    }
  }
  for (auto& reset : batch_.resets) reset.set_value({});
  batch_.settlements.clear();
  batch_.counters.clear();
  batch_.resets.clear();
  batch_.newEpoch = false;
}

/// Answers who waits for the batch, and keeps its rows.
void LedgerWriter::failed(const std::string& why) {
  stuck_ = true;
  if (database_) database_->setBusyTimeout(kBusyWhileStuck);
  {
    const std::lock_guard lock(mutex_);
    trouble_ = why;
  }
  for (Settlement& settlement : batch_.settlements) {
    if (auto done = std::exchange(settlement.done, nullptr)) done(unavailable(why));
  }
  for (auto& reset : batch_.resets) reset.set_value(unavailable(why));
  batch_.resets.clear();
  // A reset that was refused must not happen later; in doubt it may have happened.
  if (!inDoubt_) batch_.newEpoch = false;
}

void LedgerWriter::refuseArrivalsUntilRetry(const std::string& why) {
  const auto until = std::chrono::steady_clock::now() + options_.retryPause;
  std::size_t answered = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<std::function<void(Result<void>)>> waiting;
    for (; answered < queue_.settlements.size(); ++answered) {
      if (auto done = std::exchange(queue_.settlements[answered].done, nullptr))
        waiting.push_back(std::move(done));
    }
    auto resets = std::exchange(queue_.resets, {});
    queue_.newEpoch = false;
    if (!waiting.empty() || !resets.empty()) {
      lock.unlock();
      for (auto& done : waiting) done(unavailable(why));
      for (auto& reset : resets) reset.set_value(unavailable(why));
      lock.lock();
      continue;
    }
    idle_ = true;
    if (wake_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  idle_ = false;
}

void LedgerWriter::checkpointIfDue() {
  const int pages = database_->walPages();
  if (pages < std::max(checkpointAt_, kCheckpointWhenIdle)) return;
  {
    const std::lock_guard lock(mutex_);
    if (pages < kCheckpointAlways && !queue_.empty()) return;
  }
  checkpointAt_ = pages + kCheckpointWhenIdle;
  try {
    checkpoint(false, Millis{0});
    checkpointAt_ = 0;
  } catch (const SqliteError& error) {
    // The log still has everything. A failed sync leaves the connection's view of the file void.
    if (error.voidsConnection()) close(false);
  } catch (const StoreError&) {
    // No lock file can be opened at present; the log grows meanwhile.
  }
}

/// Throws SqliteError, StoreError; a gate that somebody else holds is a StoreError, too.
void LedgerWriter::checkpoint(bool whole, Millis patience) {
  const FileLock gate(paths_.writeGate, patience);
  if (!gate.held())
    throw StoreError(StoreError::Kind::Locked, "another process writes to the database");
  database_->checkpoint(whole);
}

void LedgerWriter::open() {
  database_ = std::make_unique<Database>(paths_.database, options_.database);
  if (stuck_) database_->setBusyTimeout(kBusyWhileStuck);
  rows_ = std::make_unique<LedgerRows>(*database_);
}

void LedgerWriter::close(bool emptyLog) {
  try {
    if (emptyLog && database_) {
      database_->setBusyTimeout(kBusyWhileStuck);
      checkpoint(true, options_.database.busyTimeout);
    }
  } catch (const std::exception&) {
    // The log stays beside the database, complete; the next start reads it.
  }
  rows_.reset();
  database_.reset();
}

}  // namespace pagoda::store
