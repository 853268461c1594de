#pragma once
// Cancellation within one event loop: who waits registers a callback; who gives up calls cancel().
// No lock: a source and its waiters live on one loop.

#include <functional>
#include <utility>

namespace pagoda {

class CancelSource;

/// A waiter's place in a CancelSource; leaves it when destroyed. The callback runs at most once, on
/// the loop, inside cancel(); it may resume a coroutine and may destroy this registration, and the
/// source itself.
class CancelRegistration {
 public:
  CancelRegistration() = default;
  CancelRegistration(CancelSource* source, std::function<void()> callback);
  CancelRegistration(const CancelRegistration&) = delete;
  CancelRegistration& operator=(const CancelRegistration&) = delete;
  ~CancelRegistration() { leave(); }
  void leave() noexcept;

 private:
  friend class CancelSource;
  CancelSource* source_ = nullptr;
  CancelRegistration* previous_ = nullptr;
  CancelRegistration* next_ = nullptr;
  std::function<void()> callback_;
};

class CancelSource {
 public:
  CancelSource() = default;
  CancelSource(const CancelSource&) = delete;
  CancelSource& operator=(const CancelSource&) = delete;
  ~CancelSource();

  bool cancelled() const noexcept { return cancelled_; }
  void cancel();

 private:
  friend class CancelRegistration;
  CancelRegistration* first_ = nullptr;
  bool cancelled_ = false;
  bool* destroyed_ =
      nullptr;  // set while cancel() runs, to learn that a callback destroyed the source
};

}  // namespace pagoda
