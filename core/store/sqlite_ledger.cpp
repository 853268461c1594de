#include "core/store/sqlite_ledger.h"

#include <utility>

#include "core/store/ledger_recovery.h"
#include "core/store/sqlite_error.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

bool hasDistinctAttempts(const RequestRow& row) {
  for (std::size_t i = 1; i < row.attempts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (row.attempts[i].attempt == row.attempts[j].attempt) return false;
    }
  }
  return true;
}

}  // namespace

SqliteLedger::SqliteLedger(std::unique_ptr<Database> database, StorePaths paths,
                           const WriterOptions& options, std::size_t openHolds, const Clock& clock,
                           const TimeZone& zone)
    : paths_(std::move(paths)),
      options_(options.database),
      journal_(paths_.holds, openHolds),
      totals_(recover(*database, journal_, clock.unixNow(), zone)) {
  CounterState counters = readCounters(*database);
  writer_ = std::make_unique<LedgerWriter>(std::move(database), paths_, options,
                                           std::move(counters), journal_);
}

Result<void> SqliteLedger::hold(HoldRow row) {
  if (writer_->stuck()) {
    return fail(ErrorCode::StorageUnavailable, "the ledger is unavailable: " + writer_->trouble());
  }
  if (!journal_.add(row)) {
    return fail(ErrorCode::StorageUnavailable,
                "the ledger is unavailable: no room for another open hold");
  }
  return {};
}

void SqliteLedger::settle(RequestRow row, std::map<CounterKey, std::int64_t> counters,
                          std::function<void(Result<void>)> done) {
  // A batch that the schema refuses would be tried for ever: what it would refuse stays outside.
  // The request's holds stay in the journal, and are charged at the next start.
  if (!hasDistinctAttempts(row)) {
    done(fail(ErrorCode::Internal, "two attempts of the request have the same number"));
    return;
  }
  writer_->settle({std::move(row), std::move(done)}, counters);
}

std::map<CounterKey, std::int64_t> SqliteLedger::counters() const {
  return writer_->counters();
}

Result<void> SqliteLedger::resetCounters() {
  return writer_->resetCounters();
}

Result<std::string> SqliteLedger::decision(RequestId request) {
  try {
    Database database(paths_.database, options_, Database::Access::ReadOnly);
    Statement statement(database, "SELECT json FROM decisions WHERE request_id = ?1");
    statement.bind(1, request.number());
    if (statement.step()) return std::string(statement.text(0));
    return fail(ErrorCode::NotFound, "no decision is recorded for request " + request.toString());
  } catch (const SqliteError& error) {
    return fail(ErrorCode::StorageUnavailable, error.reason());
  }
}

std::string SqliteLedger::trouble() const {
  return writer_->trouble();
}

}  // namespace pagoda::store
