#pragma once
// The fixed parts of an HTTP/1.1 answer.

#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace pagoda::net {

/// "Not Found"; empty for a status without a registered phrase, which HTTP allows.
std::string_view reasonOf(int status) noexcept;

/// "Wed, 25 Nov 2026 01:02:03 GMT"
std::string httpDate(UnixMillis time);

/// The Date of the current second, made once a second. One per loop.
class DateCache {
 public:
  std::string_view at(UnixMillis time);

 private:
  UnixMillis second_ = -1;
  std::string text_;
};

}  // namespace pagoda::net
