#pragma once
// Time comes from here and nowhere else, so that tests own it.

#include <chrono>
#include <cstdint>
#include <string>

namespace pagoda {

using Duration = std::chrono::nanoseconds;
/// CLOCK_MONOTONIC, as plugins see it.
using TimePoint = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

/// Milliseconds since 1970-01-01 UTC, as stored in columns `_unix_ms`.
using UnixMillis = std::int64_t;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;
  virtual UnixMillis unixNow() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }
  UnixMillis unixNow() const noexcept override {
    return std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

/// A calendar month in UTC, as months since year 0; equal for all instants of one month.
std::int32_t monthOf(UnixMillis time) noexcept;
/// "2026-11-25T01:02:03.004Z"
std::string formatUtc(UnixMillis time);

}  // namespace pagoda
