#pragma once
// Numbers that stay exact as long as they can: a fraction of two 128-bit integers, so that
// 0.1 + 0.2 is 0.3 and 10 km are a fixed number of inches. What does not fit, or is not rational
// (sin, most roots), goes on as long double and is shown as approximate.

#include <optional>
#include <string>
#include <string_view>

namespace pagoda::local {

__extension__ typedef __int128 Int128;

class Number {
 public:
  Number() = default;
  /// numerator / denominator; denominator is not 0.
  static Number fraction(Int128 numerator, Int128 denominator = 1);
  static Number approximate(long double value);
  /// Digits with an optional fraction and exponent, such as "12", ".5" or "1.5e3"; nullopt for
  /// anything else.
  static std::optional<Number> parse(std::string_view digits);

  bool exact() const { return exact_; }
  bool isInteger() const;
  bool isZero() const { return exact_ ? numerator_ == 0 : approximate_ == 0; }
  bool isNegative() const { return exact_ ? numerator_ < 0 : approximate_ < 0; }
  bool isFinite() const;
  long double value() const;
  /// The integer, if it is one and fits.
  std::optional<long long> integer() const;

  friend Number operator+(const Number& a, const Number& b);
  friend Number operator-(const Number& a, const Number& b);
  friend Number operator*(const Number& a, const Number& b);
  /// b is not zero.
  friend Number operator/(const Number& a, const Number& b);
  Number operator-() const;

  /// Largest integer that is not above it.
  Number floor() const;
  /// Exact for whole exponents as long as the result fits. Not a number for what is not real.
  static Number power(const Number& base, const Number& exponent);
  /// Exact for squares of fractions.
  static Number squareRoot(const Number& n);

  /// Shown in decimal; exact numbers with a finite expansion in full (up to 30 places), others
  /// with `significant` digits. `rounded` tells which.
  std::string text(int significant, bool& rounded) const;
  /// The same with "≈ " in front when rounded, and the fraction behind it when that is short.
  std::string shown(int significant = 15) const;

 private:
  void reduce();

  Int128 numerator_ = 0;
  Int128 denominator_ = 1;
  long double approximate_ = 0;
  bool exact_ = true;
};

}  // namespace pagoda::local
