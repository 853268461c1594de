#include "core/store/ledger_rows.h"

#include <algorithm>

#include "core/store/database.h"

namespace pagoda::store {
namespace {

// Money goes into integer columns only; additions stop at the largest value, where SQLite would
// turn the sum into a float.
constexpr const char* kAddBalance =
    "INSERT INTO balances (month, scope, spent_nano_usd) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE "
    "SET spent_nano_usd = "
    "spent_nano_usd + min(excluded.spent_nano_usd, 9223372036854775807 - spent_nano_usd)";
constexpr const char* kAddDayBalance =
    "INSERT INTO day_balances (day, scope, spent_nano_usd) VALUES (?1, ?2, ?3) ON CONFLICT DO "
    "UPDATE SET spent_nano_usd = "
    "spent_nano_usd + min(excluded.spent_nano_usd, 9223372036854775807 - spent_nano_usd)";
constexpr const char* kAddCounter =
    "INSERT INTO counters VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = "
    "value + min(excluded.value, 9223372036854775807 - value)";

std::string_view nameOf(AttemptState state) {
  switch (state) {
    case AttemptState::Settled:
      return "settled";
    case AttemptState::Void:
      return "void";
    case AttemptState::Unsettled:
      break;
  }
  return "unsettled";
}

// A cost is never a credit, whatever was computed.
std::int64_t chargeable(Money money) {
  return std::max<std::int64_t>(0, money.nanoUsd());
}

// A statement that adds several rows costs about half of as many statements.
constexpr std::size_t kRowsAtOnce = 8;
constexpr int kAttemptColumns = 25;
constexpr int kDecisionColumns = 2;

std::string insertRows(const std::string& table, int columns, std::size_t rows) {
  std::string tuple = "(?";
  for (int column = 1; column < columns; ++column) tuple += ",?";
  std::string sql = "INSERT INTO " + table + " VALUES " + tuple + ")";
  for (std::size_t row = 1; row < rows; ++row) sql += "," + tuple + ")";
  return sql;
}

void bindKnown(Statement& statement, int parameter, std::int64_t value) {
  if (value < 0) {
    statement.bindNull(parameter);
  } else {
    statement.bind(parameter, value);
  }
}

void bindAttempt(Statement& statement, int before, std::int64_t request, const AttemptRow& row) {
  statement.bind(before + 1, request);
  statement.bind(before + 2, row.attempt);
  statement.bind(before + 3, nameOf(row.state));
  statement.bind(before + 4, row.model);
  statement.bind(before + 5, row.provider);
  statement.bind(before + 6, row.upstreamModel);
  statement.bind(before + 7, row.tier);
  statement.bind(before + 8, chargeable(row.held));
  statement.bind(before + 9, chargeable(row.cost));
  statement.bind(before + 10, row.costBasis);
  statement.bind(before + 11, row.overage ? 1 : 0);
  bindKnown(statement, before + 12, row.promptTokens);
  bindKnown(statement, before + 13, row.completionTokens);
  bindKnown(statement, before + 14, row.cacheReadTokens);
  bindKnown(statement, before + 15, row.cacheWriteTokens);
  bindKnown(statement, before + 16, row.reasoningTokens);
  statement.bind(before + 17, row.failure);
  statement.bind(before + 18, row.httpStatus);
  bindKnown(statement, before + 19, row.firstByteMs);
  statement.bind(before + 20, row.totalMs);
  statement.bind(before + 21, row.day);
  statement.bind(before + 22, row.priceBook);
  bindKnown(statement, before + 23, row.reported.nanoUsd());
  bindKnown(statement, before + 24, row.cacheWriteHourTokens);
  bindKnown(statement, before + 25, row.searches);
}

template <class Bind>
void runInGroups(std::size_t count, Statement& group, Statement& single, Bind bind) {
  std::size_t index = 0;
  for (; index + kRowsAtOnce <= count; index += kRowsAtOnce) {
    for (std::size_t place = 0; place < kRowsAtOnce; ++place)
      bind(group, static_cast<int>(place), index + place);
    group.run();
  }
  for (; index < count; ++index) {
    bind(single, 0, index);
    single.run();
  }
}

}  // namespace

std::size_t CounterKeyHash::operator()(const CounterKey& key) const noexcept {
  const std::hash<std::string> hash;
  return hash(key.name) * 31 + hash(key.label);
}

CounterState readCounters(Database& database) {
  CounterState state;
  state.epoch = database.number("SELECT value FROM meta WHERE name = 'counter_epoch'", 1);
  Statement statement(database, "SELECT name, label, value FROM counters WHERE epoch = ?1");
  statement.bind(1, state.epoch);
  while (statement.step()) {
    CounterKey key{std::string(statement.text(0)), std::string(statement.text(1))};
    state.values[std::move(key)] = statement.number(2);
  }
  return state;
}

LedgerRows::LedgerRows(Database& database)
    : database_(database),
      request_(
          database,
          "INSERT INTO requests VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16) "
          "ON CONFLICT DO NOTHING"),
      attempt_(database, insertRows("attempts", kAttemptColumns, 1)),
      attempts_(database, insertRows("attempts", kAttemptColumns, kRowsAtOnce)),
      decision_(database, insertRows("decisions", kDecisionColumns, 1)),
      decisions_(database, insertRows("decisions", kDecisionColumns, kRowsAtOnce)),
      balance_(database, kAddBalance),
      dayBalance_(database, kAddDayBalance),
      counter_(database, kAddCounter),
      exists_(database, "SELECT 1 FROM requests WHERE id = ?1") {}

void LedgerRows::write(std::vector<Settlement>& settlements) {
  days_.clear();
  pendingAttempts_.clear();
  pendingDecisions_.clear();
  for (Settlement& settlement : settlements) {
    RequestRow& row = settlement.row;
    for (AttemptRow& attempt : row.attempts)
      if (attempt.day == 0) attempt.day = TimeZone::utc()->dayOf(row.time);
    settlement.duplicate = !writeRequest(row);
    if (settlement.duplicate) continue;
    for (const AttemptRow& attempt : row.attempts)
      pendingAttempts_.push_back({row.request.number(), &attempt});
    if (!row.decisionJson.empty()) pendingDecisions_.push_back(&row);
    sum(settlement);
  }
  writeAttempts();
  writeDecisions();
  writeBalances();
}

void LedgerRows::addCounters(std::int64_t epoch, const CounterSums& sums) {
  for (const auto& [key, value] : sums) {
    counter_.bind(1, epoch);
    counter_.bind(2, key.name);
    counter_.bind(3, key.label);
    counter_.bind(4, value);
    counter_.run();
  }
}

bool LedgerRows::writeRequest(const RequestRow& row) {
  request_.bind(1, row.request.number());
  request_.bind(2, row.clientRequestId);
  request_.bind(3, row.key.value());
  request_.bind(4, row.route);
  request_.bind(5, row.task);
  request_.bind(6, row.model);
  request_.bind(7, row.tier);
  request_.bind(8, row.httpStatus);
  request_.bind(9, row.error);
  request_.bind(10, chargeable(row.cost));
  request_.bind(11, row.stream ? 1 : 0);
  request_.bind(12, row.aborted ? 1 : 0);
  request_.bind(13, row.simulated ? 1 : 0);
  request_.bind(14, row.time);
  request_.bind(15, row.totalMs);
  request_.bind(16, row.team);
  request_.run();
  return database_.changes() == 1;
}

void LedgerRows::writeAttempts() {
  const auto bind = [this](Statement& statement, int place, std::size_t index) {
    const PendingAttempt& pending = pendingAttempts_[index];
    bindAttempt(statement, place * kAttemptColumns, pending.request, *pending.row);
  };
  runInGroups(pendingAttempts_.size(), attempts_, attempt_, bind);
}

void LedgerRows::writeDecisions() {
  const auto bind = [this](Statement& statement, int place, std::size_t index) {
    const RequestRow& row = *pendingDecisions_[index];
    statement.bind(place * kDecisionColumns + 1, row.request.number());
    statement.bind(place * kDecisionColumns + 2, row.decisionJson);
  };
  runInGroups(pendingDecisions_.size(), decisions_, decision_, bind);
}

void LedgerRows::sum(const Settlement& settlement) {
  const RequestRow& row = settlement.row;
  if (row.simulated) return;
  for (const AttemptRow& attempt : row.attempts) {
    const Money cost = Money::fromNanoUsd(chargeable(attempt.cost));
    if (cost == Money{}) continue;
    DaySums& sums = days_[attempt.day];
    sums.all += cost;
    sums.byTier[attempt.tier] += cost;
    if (!row.key.empty()) sums.byKey[row.key.value()] += cost;
    if (!row.team.empty()) sums.byTeam[row.team] += cost;
  }
}

void LedgerRows::writeBalances() {
  for (const auto& [day, sums] : days_) {
    addBalance(day, "all", sums.all);
    for (const auto& [tier, spent] : sums.byTier)
      addBalance(day, "tier=" + std::to_string(tier), spent);
    for (const auto& [key, spent] : sums.byKey) addBalance(day, "key=" + key, spent);
    for (const auto& [team, spent] : sums.byTeam) addBalance(day, "team=" + team, spent);
  }
}

void LedgerRows::addBalance(CalendarDay day, const std::string& scope, Money spent) {
  for (Statement* statement : {&balance_, &dayBalance_}) {
    statement->bind(1, statement == &balance_ ? day / 100 : day);
    statement->bind(2, scope);
    statement->bind(3, spent.nanoUsd());
    statement->run();
  }
}

void LedgerRows::startCounterEpoch(std::int64_t epoch) {
  database_.exec("UPDATE meta SET value = " + std::to_string(epoch) +
                 " WHERE name = 'counter_epoch'");
}

bool LedgerRows::contains(RequestId request) {
  exists_.bind(1, request.number());
  const bool found = exists_.step();
  exists_.reset();
  return found;
}

}  // namespace pagoda::store
