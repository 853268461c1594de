#include "core/store/ledger_recovery.h"

#include <algorithm>
#include <charconv>
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
    }
    RequestRow& row = settlements.back().row;
    row.attempts.push_back(unsettledAttempt(*hold));
    row.cost += row.attempts.back().cost;
    row.tier = hold->tier;
  }
  return settlements;
}

void readBalances(Database& database, UnixMillis now, LedgerTotals& totals) {
  Statement statement(database, "SELECT scope, spent_nano_usd FROM balances WHERE month = ?1");
  statement.bind(1, balanceMonth(now));
  while (statement.step()) {
    std::string_view scope = statement.text(0);
    const Money spent = Money::fromNanoUsd(statement.number(1));
    const std::size_t mark = scope.find('=');
    const std::string_view kind = scope.substr(0, mark);
    scope.remove_prefix(mark == std::string_view::npos ? scope.size() : mark + 1);
    if (kind == "all") {
      totals.spentThisMonth = spent;
    } else if (kind == "key") {
      totals.spentThisMonthByKey[std::string(scope)] = spent;
    } else if (kind == "tier") {
      int tier = 0;
      std::from_chars(scope.data(), scope.data() + scope.size(), tier);
      totals.spentThisMonthByTier[tier] = spent;
    }
  }
}

}  // namespace

LedgerTotals recover(Database& database, HoldJournal& journal, UnixMillis now) {
  LedgerTotals totals;
  std::vector<Settlement> settlements = unsettledRequests(journal.open());
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
  readBalances(database, now, totals);
  return totals;
}

}  // namespace pagoda::store
