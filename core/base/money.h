#pragma once
// Money as an integer: nano-USD (10^-9 USD). The range is +-9.2 billion dollars; arithmetic
// saturates instead of wrapping, so that a hostile token count can never turn a cost into a credit.

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace pagoda {

class Money {
 public:
  constexpr Money() = default;
  static constexpr Money fromNanoUsd(std::int64_t nano) { return Money(nano); }
  static constexpr Money max() { return Money(std::numeric_limits<std::int64_t>::max()); }
  /// Reads a decimal amount in dollars exactly, for example "70", "0.0000375"; at most nine
  /// decimals.
  static std::optional<Money> parseUsd(std::string_view text);

  constexpr std::int64_t nanoUsd() const { return nano_; }
  /// For JSON numbers shown to people; every amount below 9 million dollars is exact to the
  /// nano-USD when printed with nine decimals.
  constexpr double usd() const { return static_cast<double>(nano_) / 1e9; }
  /// Decimal dollars without float, without trailing zeros: "0.000038", "70".
  std::string toString() const;

  constexpr auto operator<=>(const Money&) const = default;
  constexpr Money operator+(Money other) const {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(nano_, other.nano_, &sum)) return Money(nano_ < 0 ? kMin : kMax);
    return Money(sum);
  }
  constexpr Money operator-(Money other) const {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(nano_, other.nano_, &difference))
      return Money(nano_ < 0 ? kMin : kMax);
    return Money(difference);
  }
  constexpr Money& operator+=(Money other) { return *this = *this + other; }
  constexpr Money& operator-=(Money other) { return *this = *this - other; }

 private:
  static constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  explicit constexpr Money(std::int64_t nano) : nano_(nano) {}
  std::int64_t nano_ = 0;
};

/// Number of tokens as billed; never negative where it was checked.
using Tokens = std::int64_t;

/// Cost of `tokens` at a price per million tokens, rounded up to the next nano-USD, saturating.
/// Negative inputs count as zero.
Money costOf(Tokens tokens, Money perMillion);

}  // namespace pagoda
