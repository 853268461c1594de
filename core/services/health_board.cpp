#include "core/services/health_board.h"

#include <algorithm>
#include <deque>

namespace pagoda::services {
namespace {

constexpr auto kWindow = std::chrono::minutes(5);
constexpr std::size_t kMostSamples = 256;
// So many failures in a row say more than a rate over few samples.
constexpr int kFailuresUntilDown = 5;
constexpr auto kProbeAfter = std::chrono::seconds(10);

// These say nothing about the model: the request, the credential's rights or the caller ended it.
bool countsAgainst(FailureKind kind) {
  switch (kind) {
    case FailureKind::Auth:
    case FailureKind::Overloaded:
    case FailureKind::Unavailable:
    case FailureKind::Timeout:
    case FailureKind::ModelNotFound:
    case FailureKind::Protocol:
    case FailureKind::Quota:
      return true;
    default:
      return false;
  }
}

std::int64_t quantile(std::vector<std::int64_t>& values, double q) {
  if (values.empty()) return -1;
  const auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, nth);
  return *nth;
}

}  // namespace

struct HealthBoard::Track {
  struct Sample {
    TimePoint at;
    bool failed;
    std::int64_t firstMs, totalMs;
  };
  std::deque<Sample> samples;
  std::int32_t inFlight = 0;
  int failuresInRow = 0;
  TimePoint lastFailureAt;
  std::string lastFailure;
  UnixMillis lastSuccess = 0;

  void forget(TimePoint before) {
    while (!samples.empty() && (samples.front().at < before || samples.size() > kMostSamples))
      samples.pop_front();
  }
};

HealthBoard::HealthBoard(const Clock& clock) : clock_(clock) {}

void HealthBoard::started(const std::string& model) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Track>& track = tracks_[model];
  if (!track) track = std::make_shared<Track>();
  ++track->inFlight;
}

void HealthBoard::finished(const AttemptRecord& attempt) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<Track>& track = tracks_[attempt.model];
  if (!track) track = std::make_shared<Track>();
  --track->inFlight;
  if (attempt.failure && (attempt.failure->anotherKey || !countsAgainst(attempt.failure->kind)))
    return;
  const TimePoint now = clock_.now();
  const bool failed = attempt.failure.has_value();
  track->samples.push_back({now, failed, attempt.firstByte.count(), attempt.total.count()});
  track->forget(now - kWindow);
  track->failuresInRow = failed ? track->failuresInRow + 1 : 0;
  if (failed) {
    track->lastFailure = nameOf(attempt.failure->kind);
    track->lastFailureAt = now;
  } else {
    track->lastSuccess = clock_.unixNow();
  }
}

ModelHealth HealthBoard::of(const std::string& model) const {
  const std::scoped_lock lock(mutex_);
  ModelHealth health;
  health.model = model;
  const auto found = tracks_.find(model);
  if (found == tracks_.end()) return health;
  Track& track = *found->second;
  const TimePoint now = clock_.now();
  track.forget(now - kWindow);
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> total;
  std::int64_t failed = 0;
  for (const Track::Sample& sample : track.samples) {
    if (sample.failed) {
      ++failed;
      continue;
    }
    if (sample.firstMs >= 0) first.push_back(sample.firstMs);
    total.push_back(sample.totalMs);
  }
  health.samples = static_cast<std::int64_t>(track.samples.size());
  health.errorRate =
      health.samples == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(health.samples);
  health.firstTokenMsP50 = quantile(first, 0.5);
  health.totalMsP50 = quantile(total, 0.5);
  health.totalMsP95 = quantile(total, 0.95);
  health.inFlight = track.inFlight;
  health.lastFailure = track.lastFailure;
  health.lastSuccess = track.lastSuccess;
  if (track.failuresInRow >= kFailuresUntilDown)
    health.health = now - track.lastFailureAt >= kProbeAfter ? Health::Probing : Health::Down;
  else if (health.samples >= kFailuresUntilDown && health.errorRate > 0.5)
    health.health = Health::Degraded;
  return health;
}

std::vector<ModelHealth> HealthBoard::all() const {
  std::vector<std::string> names;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, track] : tracks_) names.push_back(name);
  }
  std::vector<ModelHealth> healths;
  for (const std::string& name : names) healths.push_back(of(name));
  return healths;
}

}  // namespace pagoda::services
