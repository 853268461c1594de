#include "core/store/usage_report.h"

#include <algorithm>

#include "core/store/database.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

// %A is the group of an attempt, %C that of a correction.
constexpr const char* kUsage = R"(
WITH moved AS (
  SELECT a.day AS day, %A AS grouped, a.request_id AS request, 1 AS attempts,
         coalesce(a.prompt_tokens, 0) AS prompt, coalesce(a.completion_tokens, 0) AS completion,
         coalesce(a.cache_read_tokens, 0) AS cached, a.cost_nano_usd AS spent, 0 AS credited
  FROM attempts a JOIN requests r ON r.id = a.request_id WHERE r.simulated = 0
  UNION ALL
  SELECT c.day, %C, NULL, 0, 0, 0, 0, max(c.amount_nano_usd, 0), max(-c.amount_nano_usd, 0)
  FROM corrections c JOIN attempts a ON a.request_id = c.request_id AND a.attempt = c.attempt
  JOIN requests r ON r.id = c.request_id WHERE r.simulated = 0)
SELECT grouped, count(DISTINCT request), sum(attempts), sum(prompt), sum(completion), sum(cached),
       sum(spent), sum(credited)
FROM moved WHERE day BETWEEN ?1 AND ?2 GROUP BY grouped ORDER BY grouped)";

std::string groupOf(UsageBy by) {
  switch (by) {
    case UsageBy::Tier:
      return "a.tier";
    case UsageBy::Model:
      return "a.model";
    case UsageBy::UpstreamModel:
      return "CASE a.upstream_model WHEN '' THEN a.model ELSE a.upstream_model END";
    case UsageBy::Provider:
      return "a.provider";
    case UsageBy::Key:
      return "r.key_id";
    case UsageBy::Team:
      return "r.team";
    case UsageBy::Day:
      break;
  }
  return "";
}

void replaceMark(std::string& sql, const std::string& mark, const std::string& text) {
  sql.replace(sql.find(mark), mark.size(), text);
}

void addTo(Database& database, const std::string& table, CalendarDay period,
           const std::string& scope, Money spent, Money credited) {
  const std::string column = table == "balances" ? "month" : "day";
  Statement add(database, "INSERT INTO " + table + " (" + column +
                              ", scope, spent_nano_usd, credited_nano_usd) VALUES (?1, ?2, ?3, ?4) "
                              "ON CONFLICT DO UPDATE SET spent_nano_usd = spent_nano_usd + "
                              "excluded.spent_nano_usd, credited_nano_usd = credited_nano_usd + "
                              "excluded.credited_nano_usd");
  add.bind(1, period);
  add.bind(2, scope);
  add.bind(3, spent.nanoUsd());
  add.bind(4, credited.nanoUsd());
  add.run();
}

struct Corrected {
  std::string key, team;
  std::int64_t tier = 0;
  Money charged;  ///< with the corrections so far
  bool simulated = false;
  bool found = false;
};

Corrected find(Database& database, const Correction& correction) {
  Statement attempt(
      database,
      "SELECT r.key_id, r.team, a.tier, r.simulated, a.cost_nano_usd + (SELECT "
      "coalesce(sum(amount_nano_usd), 0) FROM corrections c WHERE c.request_id = a.request_id AND "
      "c.attempt = a.attempt) FROM attempts a JOIN requests r ON r.id = a.request_id WHERE "
      "a.request_id = ?1 AND a.attempt = ?2");
  attempt.bind(1, correction.request.number());
  attempt.bind(2, correction.attempt);
  Corrected row;
  if (!attempt.step()) return row;
  row.found = true;
  row.key = attempt.text(0);
  row.team = attempt.text(1);
  row.tier = attempt.number(2);
  row.simulated = attempt.number(3) != 0;
  row.charged = Money::fromNanoUsd(attempt.number(4));
  return row;
}

}  // namespace

std::vector<UsageLine> usageOf(Database& database, const UsageQuery& query) {
  std::string sql = kUsage;
  const bool byDay = query.by == UsageBy::Day;
  replaceMark(sql, "%A", byDay ? "a.day" : groupOf(query.by));
  replaceMark(sql, "%C", byDay ? "c.day" : groupOf(query.by));
  Statement rows(database, sql);
  rows.bind(1, query.from);
  rows.bind(2, query.to);
  std::vector<UsageLine> lines;
  while (rows.step()) {
    UsageLine& line = lines.emplace_back();
    line.group =
        byDay ? formatDay(static_cast<CalendarDay>(rows.number(0))) : std::string(rows.text(0));
    line.requests = rows.number(1);
    line.attempts = rows.number(2);
    line.promptTokens = rows.number(3);
    line.completionTokens = rows.number(4);
    line.cacheReadTokens = rows.number(5);
    line.spent = Money::fromNanoUsd(rows.number(6));
    line.credited = Money::fromNanoUsd(rows.number(7));
  }
  return lines;
}

std::string correct(Database& database, const Correction& correction, CalendarDay day,
                    UnixMillis now) {
  Transaction transaction(database);
  const Corrected row = find(database, correction);
  const std::string name = "attempt " + std::to_string(correction.attempt) + " of request " +
                           correction.request.toString();
  if (!row.found) return "the ledger has no " + name;
  if (row.simulated) return name + " is play money; it is in no balance";
  if (correction.amount == Money{} || correction.reason.empty())
    return "a correction needs an amount other than 0 and a reason";
  if (row.charged + correction.amount < Money{})
    return name + " is charged with $" + row.charged.toString() +
           ", so no more than that can be credited";
  Statement entry(database,
                  "INSERT INTO corrections (request_id, attempt, amount_nano_usd, reason, day, "
                  "time_unix_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  entry.bind(1, correction.request.number());
  entry.bind(2, correction.attempt);
  entry.bind(3, correction.amount.nanoUsd());
  entry.bind(4, correction.reason);
  entry.bind(5, day);
  entry.bind(6, now);
  entry.run();
  const Money spent = std::max(correction.amount, Money{});
  const Money credited = std::max(Money{} - correction.amount, Money{});
  std::vector<std::string> scopes{"all", "tier=" + std::to_string(row.tier)};
  if (!row.key.empty()) scopes.push_back("key=" + row.key);
  if (!row.team.empty()) scopes.push_back("team=" + row.team);
  for (const std::string& scope : scopes) {
    addTo(database, "balances", day / 100, scope, spent, credited);
    addTo(database, "day_balances", day, scope, spent, credited);
  }
  transaction.commit();
  return {};
}

}  // namespace pagoda::store
