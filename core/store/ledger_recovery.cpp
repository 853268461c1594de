#include "core/store/ledger_recovery.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/store/database.h"
#include "core/store/hold_journal.h"
#include "core/store/ledger_rows.h"

namespace pagoda::store {
namespace {

AttemptRow unsettledAttempt(const HoldRow& hold) {
  AttemptRow row;
  row.attempt = hold.attempt;
  row.state = AttemptState::Unsettled;
  row.model = hold.model;
  row.provider = hold.provider;
  row.tier = hold.tier;
  row.held = hold.held;
  row.cost = hold.simulated ? Money{} : hold.held;
  row.costBasis = "worst_case";
  row.day = hold.day;
  return row;
}

std::vector<Settlement> unsettledRequests(const std::vector<HoldRow>& holds) {
  std::map<std::pair<RequestId, std::uint32_t>, const HoldRow*> ordered;
  for (const HoldRow& hold : holds) ordered[{hold.request, hold.attempt}] = &hold;
  std::vector<Settlement> settlements;
  for (const auto& [id, hold] : ordered) {
    if (settlements.empty() || settlements.back().row.request != id.first) {
      RequestRow& row = settlements.emplace_back().row;
      row.request = id.first;
      row.clientRequestId = hold->clientRequestId;
      row.key = hold->key;
      row.error = "unsettled";
      row.simulated = hold->simulated;
      row.time = hold->time;
      row.team = hold->team;
    }
    RequestRow& row = settlements.back().row;
    row.attempts.push_back(unsettledAttempt(*hold));
    row.cost += row.attempts.back().cost;
    row.tier = hold->tier;
  }
  return settlements;
}

// One pass over the sums of all months: a key's or the whole's total is the sum of its months.
void readBalances(Database& database, CalendarDay today, LedgerTotals& totals) {
  totals.today = today;
  Statement months(database,
                   "SELECT scope, spent_nano_usd - credited_nano_usd, month FROM balances");
  while (months.step()) {
    Spent& spent = totals.spent[std::string(months.text(0))];
    const Money amount = Money::fromNanoUsd(months.number(1));
    spent.total += amount;
    if (months.number(2) == today / 100) spent.month = amount;
  }
  Statement days(database,
                 "SELECT scope, spent_nano_usd - credited_nano_usd FROM day_balances WHERE day = "
                 "?1");
  days.bind(1, today);
  while (days.step())
    totals.spent[std::string(days.text(0))].day = Money::fromNanoUsd(days.number(1));
}

}  // namespace

LedgerTotals recover(Database& database, HoldJournal& journal, UnixMillis now,
                     const TimeZone& zone) {
  LedgerTotals totals;
  std::vector<HoldRow> holds = journal.open();
  for (HoldRow& hold : holds)
    if (hold.day == 0) hold.day = zone.dayOf(hold.time);
  std::vector<Settlement> settlements = unsettledRequests(holds);
  if (!settlements.empty()) {
    Transaction transaction(database);
    LedgerRows rows(database);
    rows.write(settlements);
    transaction.commit();
    for (const Settlement& settlement : settlements) {
      if (settlement.duplicate) continue;
      totals.recoveredUnsettled += settlement.row.cost;
      totals.recoveredHolds += static_cast<std::int64_t>(settlement.row.attempts.size());
    }
  }
  journal.clear();
  readBalances(database, zone.dayOf(now), totals);
  return totals;
}

}  // namespace pagoda::store
