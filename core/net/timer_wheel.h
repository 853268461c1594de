#pragma once
// Timers of one event loop on a hierarchical wheel: setting and cancelling one costs the same
// however many there are, and allocates nothing, because a deadline is set and dropped for nearly
// every wait.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace pagoda::net {

class TimerWheel;

namespace detail {
struct TimerLink {
  TimerLink* previous = this;
  TimerLink* next = this;
};
}  // namespace detail

/// A timer that lives inside its owner: `Timer timer_{this, [](void* self) { ... }};`. Fires once
/// per schedule, on the loop; the callback may destroy it. Leaves the wheel when destroyed.
class Timer : private detail::TimerLink {
 public:
  using Callback = void (*)(void* context);
  Timer(void* context, Callback callback) : context_(context), callback_(callback) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  bool armed() const noexcept { return wheel_ != nullptr; }
  void cancel() noexcept;

 private:
  friend class TimerWheel;
  void* context_;
  Callback callback_;
  TimerWheel* wheel_ = nullptr;
  std::uint64_t tick_ = 0;
  std::uint16_t place_ = 0;  // level * slots + slot
};

/// Resolution is a millisecond; a timer never fires early.
class TimerWheel {
 public:
  explicit TimerWheel(TimePoint start) : start_(start) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  /// Arms `timer` for `when`, anew if it was armed. `TimePoint::max()` leaves it unarmed.
  void schedule(Timer& timer, TimePoint when);
  /// Fires all that is due at `now`; returns how many.
  std::size_t advance(TimePoint now);
  /// When advance() has to be called next: not later than the first timer is due, sometimes
  /// earlier.
  std::optional<TimePoint> next() const;
  std::size_t size() const noexcept { return size_; }

 private:
  friend class Timer;
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kSlots = 1u << kBits;
  static constexpr unsigned kLevels = 4;

  void insert(Timer& timer);
  void remove(Timer& timer) noexcept;
  void cascade(unsigned level);
  std::size_t fireSlot(unsigned slot);

  TimePoint start_;
  std::uint64_t current_ = 0;  // the last tick that was processed
  std::size_t size_ = 0;
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<detail::TimerLink, kLevels * kSlots> slots_{};
};

}  // namespace pagoda::net
