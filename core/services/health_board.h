#pragma once
// What is known of each model's health from its traffic: a sliding window of recent attempts.

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

/// Thread-safe.
class HealthBoard {
 public:
  explicit HealthBoard(const Clock& clock);
  void started(const std::string& model);
  void finished(const AttemptRecord& attempt);
  ModelHealth of(const std::string& model) const;
  std::vector<ModelHealth> all() const;

 private:
  struct Track;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Track>> tracks_;
};

}  // namespace pagoda::services
