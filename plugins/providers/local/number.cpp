#include "number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace pagoda::local {
namespace {

// Far enough from the type's end that a sum of two cannot overflow.
constexpr Int128 kLimit = static_cast<Int128>(1) << 125;
constexpr int kMaxPlaces = 30;

Int128 magnitude(Int128 n) {
  return n < 0 ? -n : n;
}

Int128 gcd(Int128 a, Int128 b) {
  a = magnitude(a);
  b = magnitude(b);
  while (b != 0) {
    const Int128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// nullopt instead of overflow. (The builtin would need a library that clang does not link.)
std::optional<Int128> product(Int128 a, Int128 b) {
  if (a == 0 || b == 0) return 0;
  if (magnitude(a) > kLimit / magnitude(b)) return std::nullopt;
  return a * b;
}

std::string digitsOf(Int128 n) {
  std::string out;
  for (Int128 rest = magnitude(n); rest != 0 || out.empty(); rest /= 10)
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (n < 0) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

std::optional<Int128> exactRoot(Int128 n) {
  auto guess = static_cast<Int128>(std::sqrt(static_cast<long double>(n)));
  for (Int128 r = guess > 1 ? guess - 1 : 0; r <= guess + 1; ++r)
    if (product(r, r) == std::optional<Int128>(n)) return r;
  return std::nullopt;
}

// "1.50" and "1.50e+20" without the zeros that say nothing.
std::string withoutTrailingZeros(std::string text) {
  const std::size_t exponent = text.find('e');
  std::string tail = exponent == std::string::npos ? "" : text.substr(exponent);
  text.resize(std::min(exponent, text.size()));
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text + tail;
}

}  // namespace

Number Number::fraction(Int128 numerator, Int128 denominator) {
  Number n;
  n.numerator_ = numerator;
  n.denominator_ = denominator;
  n.reduce();
  return n;
}

Number Number::approximate(long double value) {
  Number n;
  n.exact_ = false;
  n.approximate_ = value;
  return n;
}

void Number::reduce() {
  if (denominator_ < 0) {
    numerator_ = -numerator_;
    denominator_ = -denominator_;
  }
  const Int128 common = gcd(numerator_, denominator_);
  if (common > 1) {
    numerator_ /= common;
    denominator_ /= common;
  }
}

std::optional<Number> Number::parse(std::string_view digits) {
  Int128 value = 0;
  int places = 0;
  bool point = false, any = false, fits = true;
  std::size_t at = 0;
  for (; at < digits.size(); ++at) {
    const char c = digits[at];
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    any = true;
    if (value > kLimit / 10 - 10 || places >= kMaxPlaces) {
      fits = false;
      continue;
    }
    value = value * 10 + (c - '0');
    places += point ? 1 : 0;
  }
  if (!any) return std::nullopt;
  long exponent = 0;
  if (at < digits.size()) {
    if (digits[at] != 'e' && digits[at] != 'E') return std::nullopt;
    char* end = nullptr;
    const std::string tail(digits.substr(at + 1));
    exponent = std::strtol(tail.c_str(), &end, 10);
    if (tail.empty() || *end != 0 || tail.front() == ' ' || std::labs(exponent) > 4000)
      return std::nullopt;
  }
  if (!fits) return approximate(std::strtold(std::string(digits).c_str(), nullptr));
  const Number scaled = fraction(value);
  return scaled * power(fraction(10), fraction(exponent - places));
}

bool Number::isInteger() const {
  return exact_ ? denominator_ == 1
                : std::isfinite(approximate_) && std::floor(approximate_) == approximate_;
}

bool Number::isFinite() const {
  return exact_ || std::isfinite(approximate_);
}

long double Number::value() const {
  if (!exact_) return approximate_;
  return static_cast<long double>(numerator_) / static_cast<long double>(denominator_);
}

std::optional<long long> Number::integer() const {
  constexpr Int128 kMost = 9'000'000'000'000'000'000LL;
  if (!exact_ || denominator_ != 1 || magnitude(numerator_) > kMost) return std::nullopt;
  return static_cast<long long>(numerator_);
}

Number operator+(const Number& a, const Number& b) {
  if (a.exact_ && b.exact_) {
    const Int128 common = gcd(a.denominator_, b.denominator_);
    const auto left = product(a.numerator_, b.denominator_ / common);
    const auto right = product(b.numerator_, a.denominator_ / common);
    const auto below = product(a.denominator_, b.denominator_ / common);
    if (left && right && below) return Number::fraction(*left + *right, *below);
  }
  return Number::approximate(a.value() + b.value());
}

Number Number::operator-() const {
  if (exact_) return fraction(-numerator_, denominator_);
  return approximate(-approximate_);
}

Number operator-(const Number& a, const Number& b) {
  return a + (-b);
}

Number operator*(const Number& a, const Number& b) {
  if (a.exact_ && b.exact_) {
    const Int128 first = gcd(a.numerator_, b.denominator_);
    const Int128 second = gcd(b.numerator_, a.denominator_);
    const Int128 one = 1;
    const auto above =
        product(a.numerator_ / std::max(first, one), b.numerator_ / std::max(second, one));
    const auto below =
        product(a.denominator_ / std::max(second, one), b.denominator_ / std::max(first, one));
    if (above && below) return Number::fraction(*above, *below);
  }
  return Number::approximate(a.value() * b.value());
}

Number operator/(const Number& a, const Number& b) {
  if (b.exact_) return a * Number::fraction(b.denominator_, b.numerator_);
  return Number::approximate(a.value() / b.value());
}

Number Number::floor() const {
  if (!exact_) return approximate(std::floor(approximate_));
  Int128 whole = numerator_ / denominator_;
  if (numerator_ < 0 && whole * denominator_ != numerator_) --whole;
  return fraction(whole);
}

Number Number::power(const Number& base, const Number& exponent) {
  const auto whole = exponent.integer();
  if (base.exact_ && whole && *whole >= -4096 && *whole <= 4096) {
    Number result = fraction(1);
    Number square = base;
    for (long long left = std::llabs(*whole); left != 0 && result.exact_; left >>= 1) {
      if ((left & 1) != 0) result = result * square;
      if (left > 1) square = square * square;
    }
    if (result.exact_ && (*whole >= 0 || !result.isZero()))
      return *whole < 0 ? fraction(1) / result : result;
  }
  return approximate(std::pow(base.value(), exponent.value()));
}

Number Number::squareRoot(const Number& n) {
  if (n.exact_ && n.numerator_ >= 0) {
    const auto above = exactRoot(n.numerator_);
    const auto below = exactRoot(n.denominator_);
    if (above && below) return fraction(*above, *below);
  }
  return approximate(std::sqrt(n.value()));
}

std::string Number::text(int significant, bool& rounded) const {
  rounded = true;
  if (exact_) {
    // Finite in decimal only when the denominator is made of twos and fives.
    Int128 rest = denominator_;
    Int128 scale = 1;
    int twos = 0, fives = 0;
    for (; rest % 2 == 0; rest /= 2) ++twos;
    for (; rest % 5 == 0; rest /= 5) ++fives;
    const int places = std::max(twos, fives);
    for (int i = 0; i < places && i < kMaxPlaces; ++i) scale *= 10;
    const auto scaled = product(numerator_, scale / std::max<Int128>(gcd(scale, denominator_), 1));
    if (rest == 1 && places <= kMaxPlaces && scaled) {
      rounded = false;
      std::string digits = digitsOf(magnitude(*scaled));
      if (places > 0) {
        const auto point = static_cast<std::size_t>(places);
        if (digits.size() <= point) digits.insert(0, point + 1 - digits.size(), '0');
        digits.insert(digits.size() - point, 1, '.');
      }
      return (numerator_ < 0 ? "-" : "") + digits;
    }
  }
  std::array<char, 64> buffer{};
  const long double shownValue = value() == 0 ? 0 : value();
  const long double size = std::fabs(shownValue);
  const bool plain = size == 0 || (size >= 1e-6L && size < 1e21L);
  if (!plain) {
    std::snprintf(buffer.data(), buffer.size(), "%.*Le", significant - 1, shownValue);
  } else {
    const int before = size < 1
                           ? static_cast<int>(std::floor(std::log10(std::max(size, 1e-30L)))) + 1
                           : static_cast<int>(std::log10(size)) + 1;
    const int places = size == 0 ? 0 : std::clamp(significant - before, 0, 24);
    std::snprintf(buffer.data(), buffer.size(), "%.*Lf", places, shownValue);
  }
  return withoutTrailingZeros(buffer.data());
}

std::string Number::shown(int significant) const {
  bool rounded = false;
  const std::string decimal = text(significant, rounded);
  if (!rounded) return decimal;
  std::string out = "\xE2\x89\x88 " + decimal;  // ≈
  if (exact_ && denominator_ < 1000 && magnitude(numerator_) < 1'000'000)
    out += " (" + digitsOf(numerator_) + "/" + digitsOf(denominator_) + ")";
  return out;
}

}  // namespace pagoda::local
