#pragma once
// A value that must not be printed. It has no operator<<, no conversion, and is wiped when it dies.

#include <string>
#include <string_view>
#include <utility>

namespace pagoda {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  bool empty() const { return value_.empty(); }
  /// The clear text. Every call is a place to look at in a review.
  std::string_view reveal() const { return value_; }

 private:
  void wipe() noexcept;

  std::string value_;
};

/// Compares in a time that depends on the lengths alone.
bool equalConstantTime(std::string_view a, std::string_view b) noexcept;

/// Replaces every occurrence of `secret` (4 characters or more) in `text` by "***".
void scrub(std::string& text, const Secret& secret);

}  // namespace pagoda
