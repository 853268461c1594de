#include "core/base/secret.h"

#include <string.h>  // explicit_bzero

namespace pagoda {

// The whole capacity, not the size: a string moved from says it is empty while a short value's
// bytes are still in it.
void Secret::wipe() noexcept {
  explicit_bzero(value_.data(), value_.capacity());
  value_.clear();
}

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  other.wipe();
}

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe();
  value_ = other.value_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe();
  value_ = std::move(other.value_);
  other.wipe();
  return *this;
}

bool equalConstantTime(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  return difference == 0;
}

void scrub(std::string& text, const Secret& secret) {
  // Shorter strings are not secrets worth the name, and would blank out ordinary words.
  constexpr std::size_t kShortestSecret = 4;
  const std::string_view needle = secret.reveal();
  if (needle.size() < kShortestSecret) return;
  for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at + 3))
    text.replace(at, needle.size(), "***");
}

}  // namespace pagoda
