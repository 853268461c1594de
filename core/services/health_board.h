#pragma once
// What is known of each model's health from its traffic: a sliding window of recent attempts, the
// circuit breaker that follows from them, and the budget of retries.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/answer.h"
#include "core/domain/routing.h"

namespace pagoda::services {

struct ModelHealth {
  std::string model;
  Health health = Health::Up;
  std::int64_t samples = 0;  ///< in the window
  double errorRate = 0;
  std::int64_t firstTokenMsP50 = -1, totalMsP50 = -1, totalMsP95 = -1;
  std::int32_t inFlight = 0;
  std::string lastFailure;     ///< name of the FailureKind, or empty
  UnixMillis lastSuccess = 0;  ///< 0: none in this process
};

/// When a model is left alone, and how it comes back.
struct BreakerRules {
  int failures = 5;        ///< in a row, until the breaker opens
  Millis coolDown{5'000};  ///< until the first trial; each failed trial doubles it, up to
  Millis maxCoolDown{30'000};
  int trials = 1;            ///< at once, while it is half open
  double retryBudget = 0.2;  ///< retries per attempt, of one model in the long run,
  double retryReserve = 5;   ///< and so many beside that
};

enum class Admission {
  Open,     ///< the model is well: ask it
  Trial,    ///< it was not; this attempt shows whether it is again
  Refused,  ///< it is to be left alone for now
};

/// Thread-safe.
class HealthBoard {
 public:
  explicit HealthBoard(const Clock& clock, BreakerRules rules = {});
  /// Whether the model may be asked now. A Trial holds one of the model's places for trials until
  /// finished() or giveBack().
  Admission admit(const std::string& model);
  void giveBack(const std::string& model, Admission admission);
  /// True: the model's retry budget allows another retry, which is taken from it.
  bool takeRetry(const std::string& model);
  void started(const std::string& model);
  void finished(const AttemptRecord& attempt, Admission admission = Admission::Open);
  /// Rules of a new configuration; what is known of the models stays.
  void setRules(BreakerRules rules);
  ModelHealth of(const std::string& model) const;
  std::vector<ModelHealth> all() const;

 private:
  struct Track;
  Track& trackOf(const std::string& model);  // with the lock held
  const Clock& clock_;
  mutable std::mutex mutex_;
  BreakerRules rules_;  // guarded by mutex_, as all below
  std::map<std::string, std::shared_ptr<Track>> tracks_;
};

}  // namespace pagoda::services
