#include "core/store/audit.h"

#include "core/store/database.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

// Both directions: a balance without rows is as wrong as rows without their balance. `%D` is how a
// day becomes the period of the table `%T`.
constexpr const char* kBalances = R"(
WITH moved AS (
  SELECT a.day AS day, r.key_id, r.team, a.tier, a.cost_nano_usd AS spent, 0 AS credited
  FROM attempts a JOIN requests r ON r.id = a.request_id
  WHERE r.simulated = 0 AND a.cost_nano_usd > 0
  UNION ALL
  SELECT c.day, r.key_id, r.team, a.tier, max(c.amount_nano_usd, 0), max(-c.amount_nano_usd, 0)
  FROM corrections c JOIN attempts a ON a.request_id = c.request_id AND a.attempt = c.attempt
  JOIN requests r ON r.id = c.request_id WHERE r.simulated = 0),
scoped AS (
  SELECT day, 'all' AS scope, spent, credited FROM moved
  UNION ALL SELECT day, 'tier=' || tier, spent, credited FROM moved
  UNION ALL SELECT day, 'key=' || key_id, spent, credited FROM moved WHERE key_id <> ''
  UNION ALL SELECT day, 'team=' || team, spent, credited FROM moved WHERE team <> ''),
summed AS (
  SELECT %D AS period, scope, sum(spent) AS spent, sum(credited) AS credited
  FROM scoped GROUP BY 1, 2)
SELECT period, scope, sum(stored), sum(spent), sum(stored_credit), sum(credited) FROM (
  SELECT %P AS period, scope, spent_nano_usd AS stored, credited_nano_usd AS stored_credit,
         0 AS spent, 0 AS credited FROM %T
  UNION ALL SELECT period, scope, 0, 0, spent, credited FROM summed)
GROUP BY period, scope
HAVING sum(stored) <> sum(spent) OR sum(stored_credit) <> sum(credited))";

std::string balancesOf(const std::string& table) {
  std::string sql = kBalances;
  const bool days = table == "day_balances";
  const std::pair<std::string, std::string> parts[] = {
      {"%D", days ? "day" : "day / 100"}, {"%P", days ? "day" : "month"}, {"%T", table}};
  for (const auto& [mark, text] : parts)
    for (std::size_t at = 0; (at = sql.find(mark)) != std::string::npos;)
      sql.replace(at, mark.size(), text);
  return sql;
}

void compareBalances(Database& database, const std::string& table,
                     std::vector<std::string>& differences) {
  Statement balances(database, balancesOf(table));
  while (balances.step()) {
    std::string line = "balance " + std::string(balances.text(0)) + " " +
                       std::string(balances.text(1)) + " is " + std::string(balances.text(2)) +
                       " nano-USD, its rows sum to " + std::string(balances.text(3));
    if (balances.number(4) != balances.number(5))
      line += "; credited " + std::string(balances.text(4)) + ", its corrections sum to " +
              std::string(balances.text(5));
    differences.push_back(std::move(line));
  }
}

constexpr const char* kRequests = R"(
SELECT r.id, r.cost_nano_usd, coalesce(sum(a.cost_nano_usd), 0)
FROM requests r LEFT JOIN attempts a ON a.request_id = r.id
GROUP BY r.id HAVING r.cost_nano_usd <> coalesce(sum(a.cost_nano_usd), 0))";

}  // namespace

std::vector<std::string> auditLedger(Database& database) {
  std::vector<std::string> differences;
  compareBalances(database, "balances", differences);
  compareBalances(database, "day_balances", differences);
  Statement requests(database, kRequests);
  while (requests.step()) {
    differences.push_back("request " + std::string(requests.text(0)) + " cost " +
                          std::string(requests.text(1)) + " nano-USD, its attempts sum to " +
                          std::string(requests.text(2)));
  }
  return differences;
}

}  // namespace pagoda::store
