#include "core/store/audit.h"

#include "core/store/database.h"
#include "core/store/statement.h"

namespace pagoda::store {
namespace {

// Both directions: a balance without rows is as wrong as rows without their balance.
constexpr const char* kBalances = R"(
WITH charged AS (
  SELECT CAST(strftime('%Y%m', r.time_unix_ms / 1000, 'unixepoch') AS INTEGER) AS month,
         'tier=' || a.tier AS tier, 'key=' || r.key_id AS key, a.cost_nano_usd AS cost
  FROM attempts a JOIN requests r ON r.id = a.request_id
  WHERE r.simulated = 0 AND a.cost_nano_usd > 0),
summed (month, scope, cost) AS (
  SELECT month, 'all', sum(cost) FROM charged GROUP BY month
  UNION ALL SELECT month, tier, sum(cost) FROM charged GROUP BY month, tier
  UNION ALL SELECT month, key, sum(cost) FROM charged WHERE key <> 'key=' GROUP BY month, key)
SELECT month, scope, sum(stored), sum(cost) FROM (
  SELECT month, scope, spent_nano_usd AS stored, 0 AS cost FROM balances
  UNION ALL SELECT month, scope, 0, cost FROM summed)
GROUP BY month, scope HAVING sum(stored) <> sum(cost))";

constexpr const char* kRequests = R"(
SELECT r.id, r.cost_nano_usd, coalesce(sum(a.cost_nano_usd), 0)
FROM requests r LEFT JOIN attempts a ON a.request_id = r.id
GROUP BY r.id HAVING r.cost_nano_usd <> coalesce(sum(a.cost_nano_usd), 0))";

}  // namespace

std::vector<std::string> auditLedger(Database& database) {
  std::vector<std::string> differences;
  Statement balances(database, kBalances);
  while (balances.step()) {
    differences.push_back("balance " + std::string(balances.text(0)) + " " +
                          std::string(balances.text(1)) + " is " + std::string(balances.text(2)) +
                          " nano-USD, its rows sum to " + std::string(balances.text(3)));
  }
  Statement requests(database, kRequests);
  while (requests.step()) {
    differences.push_back("request " + std::string(requests.text(0)) + " cost " +
                          std::string(requests.text(1)) + " nano-USD, its attempts sum to " +
                          std::string(requests.text(2)));
  }
  return differences;
}

}  // namespace pagoda::store
