#pragma once
// What a start does before anything else: every hold that a former process left open is charged,
// in one transaction.

#include "core/base/clock.h"
#include "core/domain/ledger.h"

namespace pagoda::store {

class Database;
class HoldJournal;

/// Turns the journal's open holds into rows of state `unsettled`, charged at the hold, and empties
/// it. Holds whose request has its rows were settled: they died between commit and release.
/// Throws SqliteError. The result is of the day of `now` in `zone`.
LedgerTotals recover(Database& database, HoldJournal& journal, UnixMillis now,
                     const TimeZone& zone);

}  // namespace pagoda::store
