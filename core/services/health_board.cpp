#include "core/services/health_board.h"

#include <algorithm>
#include <deque>

namespace pagoda::services {
namespace {

constexpr auto kWindow = std::chrono::minutes(5);
constexpr std::size_t kMostSamples = 256;
constexpr std::int64_t kSamplesUntilDegraded = 5;
// What the reserve of retries gets back by time alone, so that a model that is asked once a minute
// may be asked twice.
constexpr double kRetriesPerSecond = 0.5;

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
  bool open = false;
  int failedTrials = 0;
  int trials = 0;
  TimePoint nextTrial;
  double retries = 0;
  TimePoint retriesAt;
  std::string lastFailure;
  UnixMillis lastSuccess = 0;

  void forget(TimePoint before) {
    while (!samples.empty() && (samples.front().at < before || samples.size() > kMostSamples))
      samples.pop_front();
  }
};

HealthBoard::HealthBoard(const Clock& clock, BreakerRules rules) : clock_(clock), rules_(rules) {}

void HealthBoard::setRules(BreakerRules rules) {
  const std::scoped_lock lock(mutex_);
  rules_ = rules;
}

HealthBoard::Track& HealthBoard::trackOf(const std::string& model) {
  std::shared_ptr<Track>& track = tracks_[model];
  if (!track) {
    track = std::make_shared<Track>();
    track->retries = rules_.retryReserve;
    track->retriesAt = clock_.now();
  }
  return *track;
}

Admission HealthBoard::admit(const std::string& model) {
  const std::scoped_lock lock(mutex_);
  const auto found = tracks_.find(model);
  if (found == tracks_.end() || !found->second->open) return Admission::Open;
  Track& track = *found->second;
  if (clock_.now() < track.nextTrial || track.trials >= rules_.trials) return Admission::Refused;
  ++track.trials;
  return Admission::Trial;
}

void HealthBoard::giveBack(const std::string& model, Admission admission) {
  if (admission != Admission::Trial) return;
  const std::scoped_lock lock(mutex_);
  --trackOf(model).trials;
}

bool HealthBoard::takeRetry(const std::string& model) {
  const std::scoped_lock lock(mutex_);
  Track& track = trackOf(model);
  const TimePoint now = clock_.now();
  const double seconds = std::chrono::duration<double>(now - track.retriesAt).count();
  track.retriesAt = now;
  if (track.retries < rules_.retryReserve)
    track.retries = std::min(rules_.retryReserve, track.retries + seconds * kRetriesPerSecond);
  if (track.retries < 1) return false;
  track.retries -= 1;
  return true;
}

void HealthBoard::started(const std::string& model) {
  const std::scoped_lock lock(mutex_);
  Track& track = trackOf(model);
  ++track.inFlight;
  track.retries = std::min(track.retries + rules_.retryBudget, 2 * rules_.retryReserve);
}

void HealthBoard::finished(const AttemptRecord& attempt, Admission admission) {
  const std::scoped_lock lock(mutex_);
  Track& track = trackOf(attempt.model);
  --track.inFlight;
  const bool trial = admission == Admission::Trial;
  if (trial) --track.trials;
  if (attempt.failure && (attempt.failure->anotherKey || !countsAgainst(attempt.failure->kind)))
    return;
  const TimePoint now = clock_.now();
  const bool failed = attempt.failure.has_value();
  track.samples.push_back({now, failed, attempt.firstByte.count(), attempt.total.count()});
  track.forget(now - kWindow);
  if (!failed) {
    track.failuresInRow = 0;
    track.open = false;
    track.failedTrials = 0;
    track.lastSuccess = clock_.unixNow();
    return;
  }
  ++track.failuresInRow;
  track.lastFailure = nameOf(attempt.failure->kind);
  // Whoever was under way when it opened says nothing new.
  if (track.open && !trial) return;
  if (!track.open && track.failuresInRow < rules_.failures) return;
  if (track.open) track.failedTrials = std::min(track.failedTrials + 1, 16);
  track.open = true;
  track.nextTrial = now + std::min(rules_.coolDown * (1 << track.failedTrials),
                                   std::max(rules_.coolDown, rules_.maxCoolDown));
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
  if (track.open)
    health.health = now >= track.nextTrial ? Health::Probing : Health::Down;
  else if (health.samples >= kSamplesUntilDegraded && health.errorRate > 0.5)
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
