#pragma once
// What the routes need of the rest of the server. Built once by the wiring; everything outlives it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/domain/answer_store.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"
#include "core/services/authenticator.h"
#include "core/services/budget_ledger.h"
#include "core/services/health_board.h"
#include "core/services/metrics.h"
#include "core/services/orchestrator.h"

namespace pagoda::services {
class RateLimiter;
}

namespace pagoda::api {

class Operations;
struct CodeParts;

struct ApiLimits {
  std::size_t maxBody = 10u << 20;  ///< bytes of a request's body
  Millis deadline = Millis::max();  ///< of a whole request, on top of the corridor's own limit
  Millis streamDeadline = Millis::max();
};

struct ApiContext {
  services::Orchestrator& orchestrator;
  services::Authenticator& authenticator;
  services::Metrics& metrics;
  services::HealthBoard& health;
  services::BudgetLedger& budgets;
  KeyStore& keys;
  Ledger& ledger;
  RequestIdSource& ids;
  const Clock& clock;
  Log& log;
  ApiLimits limits;
  /// JSON of GET /info; an admin is shown more (paths, where each setting came from). Thread-safe.
  std::function<std::string(bool forAdmin)> infoJson;
  /// Empty: ready. Otherwise one line on what is missing, without paths; anyone may read it.
  /// Thread-safe.
  std::function<std::string()> notReady;
  /// Origins whose pages may call this server from a browser, for example "https://chat.example".
  std::vector<std::string> corsOrigins;
  /// Null: nothing can be changed while the server runs.
  Operations* operations = nullptr;
  services::RateLimiter* rates = nullptr;  ///< null: nothing is limited
  /// Answers by Idempotency-Key; null: the header is not read.
  AnswerStore* answers = nullptr;
  /// Null: nothing is run here.
  CodeParts* code = nullptr;

  bool authRequired() const { return authenticator.mode() != services::AuthMode::None; }
};

}  // namespace pagoda::api
