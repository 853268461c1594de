#pragma once
// What was spent, summed from the ledger's rows, and corrections of it. Both for the command line.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/money.h"
#include "core/base/time_zone.h"
#include "core/domain/ledger.h"

namespace pagoda::store {

class Database;

enum class UsageBy { Tier, Model, UpstreamModel, Provider, Key, Team, Day };

/// Days are those that money was booked to; both ends are included. Simulated requests are left
/// out.
struct UsageQuery {
  UsageBy by = UsageBy::Tier;
  CalendarDay from = 0;
  CalendarDay to = 99991231;
};

struct UsageLine {
  std::string group;  ///< "2", a model, "key_...", "2026-11-25"; empty: requests without one
  std::int64_t requests = 0;
  std::int64_t attempts = 0;
  Tokens promptTokens = 0;
  Tokens completionTokens = 0;
  Tokens cacheReadTokens = 0;
  Money spent;     ///< corrections upwards included
  Money credited;  ///< corrections downwards
};

/// Lines by group, ordered. Throws SqliteError.
std::vector<UsageLine> usageOf(Database& database, const UsageQuery& query);

struct Correction {
  RequestId request;
  std::uint32_t attempt = 0;
  Money amount;  ///< below 0: a credit
  std::string reason;
};

/// Adds an entry on `day` and its amount to the balances; no row is changed. Empty: done, otherwise
/// why not: there is no such attempt, it is play money, or more would be credited than was charged.
/// Throws SqliteError.
std::string correct(Database& database, const Correction& correction, CalendarDay day,
                    UnixMillis now);

}  // namespace pagoda::store
