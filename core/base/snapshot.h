#pragma once
// A value that is read often and replaced as a whole: readers keep what they took, and never see
// half of a change.

#include <memory>
#include <mutex>
#include <utility>

namespace pagoda {

/// Thread-safe. A mutex and not std::atomic<std::shared_ptr>: libstdc++ 12 unlocks its load() with
/// relaxed order, which races with store() and which thread sanitizers report.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<T> value = nullptr) : value_(std::move(value)) {}

  std::shared_ptr<T> load() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  /// The former value, so that its destructor never runs under the lock.
  std::shared_ptr<T> exchange(std::shared_ptr<T> value) {
    const std::scoped_lock lock(mutex_);
    value_.swap(value);
    return value;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<T> value_;
};

}  // namespace pagoda
