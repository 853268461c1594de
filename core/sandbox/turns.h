#pragma once
// Who may run now: a number of places, and a line of limited length before them.

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <vector>

#include "core/base/result.h"

namespace pagoda::sandbox {

/// Thread-safe.
class Turns {
 public:
  Turns(std::size_t places, std::size_t waiting) : taken_(places, false), mostWaiting_(waiting) {}

  /// Blocks until a place is free; its number. Errors: Overloaded (the line is full), Cancelled.
  Result<std::size_t> take(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (free() == taken_.size()) {
      if (waiting_ == mostWaiting_)
        return fail(ErrorCode::Overloaded, "too many runs are waiting; try again in a moment");
      ++waiting_;
      const bool got = changed_.wait(lock, stop, [this] { return free() < taken_.size(); });
      --waiting_;
      if (!got) return fail(ErrorCode::Cancelled, "cancelled before the run began");
    }
    const std::size_t place = free();
    taken_[place] = true;
    return place;
  }

  void giveBack(std::size_t place) {
    {
      const std::lock_guard lock(mutex_);
      taken_[place] = false;
    }
    changed_.notify_one();
  }

 private:
  std::size_t free() const {
    std::size_t place = 0;
    while (place < taken_.size() && taken_[place]) ++place;
    return place;
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<bool> taken_;
  std::size_t waiting_ = 0;
  const std::size_t mostWaiting_;
};

}  // namespace pagoda::sandbox
