#pragma once
// Tells strategies what came of their decisions, and keeps what they learn: loaded when a strategy
// takes its place, saved every so often, before a swap and at the end.

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/domain/lesson.h"
#include "core/domain/routing.h"

namespace pagoda::services {

struct Serving;

struct FeedbackOptions {
  Millis saveEvery{10'000};     ///< what a killed process may forget
  std::size_t queue = 100'000;  ///< lessons that may wait; further ones are dropped and counted
};

/// Thread-safe. One thread of its own, so that no request waits for a lesson.
class FeedbackDesk {
 public:
  /// `memory`, `clock` and `log` outlive the desk.
  FeedbackDesk(StrategyMemory& memory, const Clock& clock, Log& log, FeedbackOptions options = {});
  FeedbackDesk(const FeedbackDesk&) = delete;
  FeedbackDesk& operator=(const FeedbackDesk&) = delete;
  /// Delivers what waits and saves.
  ~FeedbackDesk();

  /// Each strategy of `serving` takes over what the one in its place had learnt, or what was saved.
  /// Blocks; before `serving` is published.
  void seat(const Serving& serving);
  /// Queues a lesson for the strategy in its slot. Never blocks.
  void tell(Lesson lesson);
  /// Keeps a rating and tells the strategy that decided. `decision`: the request's record. True: a
  /// strategy learns from it; false: it was rated before, or nobody learns. Blocks. Errors:
  /// StorageUnavailable.
  Result<bool> rate(RatingRow row, std::string_view decision);
  /// Waits until all that was told is delivered and saved. Blocks.
  void flush();
  std::int64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Seat {
    std::shared_ptr<Strategy> strategy;
    bool learnt = false;  ///< since it was saved
    bool keeps = true;    ///< false: what is stored could not be read, and must not be lost
  };

  void run();
  void deliver(std::vector<Lesson>& lessons);
  void save(const std::string& slot, Seat& seat);
  bool saveAll();
  bool recall(const std::string& slot, Strategy& strategy);

  StrategyMemory& memory_;
  const Clock& clock_;
  Log& log_;
  const FeedbackOptions options_;
  std::atomic<std::int64_t> dropped_{0};

  std::mutex seatsMutex_;  ///< held while strategies learn, save and load
  std::map<std::string, Seat> seats_;

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<Lesson> queue_;  // guarded by mutex_, as all below
  bool waiting_ = false;       ///< the thread sleeps until it is woken
  bool flush_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pagoda::services
