#include "core/net/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace pagoda::net {
namespace {

constexpr auto kTick = std::chrono::milliseconds(1);

void unlink(detail::TimerLink& link) noexcept {
  link.previous->next = link.next;
  link.next->previous = link.previous;
  link.previous = link.next = &link;
}

void linkBefore(detail::TimerLink& place, detail::TimerLink& link) noexcept {
  link.previous = place.previous;
  link.next = &place;
  place.previous->next = &link;
  place.previous = &link;
}

bool empty(const detail::TimerLink& list) noexcept {
  return list.next == &list;
}

/// Moves a whole list to `to`, which is empty.
void splice(detail::TimerLink& from, detail::TimerLink& to) noexcept {
  if (empty(from)) return;
  to.next = from.next;
  to.previous = from.previous;
  to.next->previous = &to;
  to.previous->next = &to;
  from.previous = from.next = &from;
}

}  // namespace

void Timer::cancel() noexcept {
  if (wheel_ != nullptr) wheel_->remove(*this);
}

TimerWheel::~TimerWheel() {
  for (detail::TimerLink& slot : slots_) {
    while (!empty(slot)) remove(static_cast<Timer&>(*slot.next));
  }
}

void TimerWheel::schedule(Timer& timer, TimePoint when) {
  timer.cancel();
  if (when == TimePoint::max()) return;
  const auto ticks = when <= start_ ? 0 : (when - start_ + kTick - TimePoint::duration(1)) / kTick;
  timer.tick_ = std::max(current_ + 1, static_cast<std::uint64_t>(ticks));
  timer.wheel_ = this;
  ++size_;
  insert(timer);
}

void TimerWheel::insert(Timer& timer) {
  // Beyond the horizon of the top level a timer waits in its last slot and is dealt out again.
  constexpr std::uint64_t horizon = (std::uint64_t{1} << (kBits * kLevels)) - 1;
  const std::uint64_t place = std::min(timer.tick_, current_ + horizon);
  const std::uint64_t distance = place - current_;
  const unsigned level =
      distance == 0 ? 0 : static_cast<unsigned>(std::bit_width(distance) - 1) / kBits;
  const unsigned slot = static_cast<unsigned>(place >> (level * kBits)) & (kSlots - 1);
  timer.place_ = static_cast<std::uint16_t>(level * kSlots + slot);
  occupied_[level] |= std::uint64_t{1} << slot;
  linkBefore(slots_[timer.place_], timer);
}

void TimerWheel::remove(Timer& timer) noexcept {
  unlink(timer);
  if (empty(slots_[timer.place_])) {
    occupied_[timer.place_ / kSlots] &= ~(std::uint64_t{1} << (timer.place_ % kSlots));
  }
  timer.wheel_ = nullptr;
  --size_;
}

void TimerWheel::cascade(unsigned level) {
  const unsigned slot = static_cast<unsigned>(current_ >> (level * kBits)) & (kSlots - 1);
  if (slot == 0 && level + 1 < kLevels) cascade(level + 1);
  detail::TimerLink due;
  splice(slots_[level * kSlots + slot], due);
  occupied_[level] &= ~(std::uint64_t{1} << slot);
  while (!empty(due)) {
    Timer& timer = static_cast<Timer&>(*due.next);
    unlink(timer);
    insert(timer);
  }
}

std::size_t TimerWheel::fireSlot(unsigned slot) {
  detail::TimerLink due;
  splice(slots_[slot], due);
  occupied_[0] &= ~(std::uint64_t{1} << slot);
  std::size_t fired = 0;
  while (!empty(due)) {
    Timer& timer = static_cast<Timer&>(*due.next);
    remove(timer);
    if (timer.tick_ > current_) {  // came from beyond the horizon
      timer.wheel_ = this;
      ++size_;
      insert(timer);
      continue;
    }
    ++fired;
    timer.callback_(timer.context_);
  }
  return fired;
}

std::size_t TimerWheel::advance(TimePoint now) {
  if (now <= start_) return 0;
  const auto target = static_cast<std::uint64_t>((now - start_) / kTick);
  std::size_t fired = 0;
  while (current_ < target) {
    if (size_ == 0) {
      current_ = target;
      break;
    }
    // Straight to the next occupied slot of this turn of the lowest level, or to the turn's end.
    const unsigned position = static_cast<unsigned>(current_ & (kSlots - 1));
    const std::uint64_t ahead = position == kSlots - 1 ? 0 : occupied_[0] >> (position + 1);
    const std::uint64_t turnEnd = (current_ | (kSlots - 1)) + 1;
    const std::uint64_t next =
        ahead == 0 ? turnEnd : current_ + 1 + static_cast<unsigned>(std::countr_zero(ahead));
    if (next > target) {
      current_ = target;
      break;
    }
    current_ = next;
    if ((current_ & (kSlots - 1)) == 0) cascade(1);
    const unsigned slot = static_cast<unsigned>(current_ & (kSlots - 1));
    if ((occupied_[0] >> slot) & 1u) fired += fireSlot(slot);
  }
  return fired;
}

std::optional<TimePoint> TimerWheel::next() const {
  if (size_ == 0) return std::nullopt;
  std::uint64_t soonest = UINT64_MAX;
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const std::uint64_t turn = current_ >> (level * kBits);
    const unsigned position = static_cast<unsigned>(turn & (kSlots - 1));
    // Slots in the order in which they come up, starting behind the current one.
    const std::uint64_t rotated =
        std::rotr(occupied_[level], static_cast<int>((position + 1) % kSlots));
    const std::uint64_t distance = 1 + static_cast<unsigned>(std::countr_zero(rotated));
    soonest = std::min(soonest, (turn + distance) << (level * kBits));
  }
  return start_ + kTick * static_cast<std::int64_t>(soonest);
}

}  // namespace pagoda::net
