#include "core/base/clock.h"

#include <cstdio>
#include <ctime>

namespace pagoda {
namespace {

// Rounds down also before 1970.
constexpr std::int64_t secondsOf(UnixMillis time) {
  return (time - (time < 0 ? 999 : 0)) / 1000;
}

std::tm utcOf(UnixMillis time) noexcept {
  const auto seconds = static_cast<std::time_t>(secondsOf(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::int32_t monthOf(UnixMillis time) noexcept {
  const std::tm parts = utcOf(time);
  return (parts.tm_year + 1900) * 12 + parts.tm_mon;
}

std::string formatUtc(UnixMillis time) {
  const std::tm parts = utcOf(time);
  char text[40];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                    parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                    static_cast<int>(time - secondsOf(time) * 1000));
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace pagoda
