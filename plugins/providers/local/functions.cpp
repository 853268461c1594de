#include "functions.h"

#include <cmath>
#include <string>
#include <utility>

#include "refusal.h"

namespace pagoda::local {
namespace {

constexpr long long kMaxFactorial = 1000;

// What the mathematics forbids, as opposed to what is not an expression.
[[noreturn]] void refuse(std::string en, std::string ja) {
  throw Refusal({std::move(en), std::move(ja)}, Refusal::Kind::Value);
}

Number divided(const Number& a, const Number& b) {
  if (b.isZero()) refuse("division by zero is not defined", "0で割ることはできません");
  return a / b;
}

// Result has the sign of the divisor, as in mathematics: -7 mod 3 is 2.
Number modulo(const Number& a, const Number& b) {
  return a - b * divided(a, b).floor();
}

Number factorial(const Number& n) {
  const auto whole = n.integer();
  if (!whole || *whole < 0 || *whole > kMaxFactorial)
    refuse("a factorial needs a whole number from 0 to 1000",
           "階乗は0から1000までの整数に限ります");
  Number product = Number::fraction(1);
  for (long long i = 2; i <= *whole; ++i) product = product * Number::fraction(i);
  return product;
}

long long wholeArgument(const Number& n) {
  const auto whole = n.integer();
  if (!whole) refuse("gcd and lcm need whole numbers", "gcd と lcm は整数だけを受け付けます");
  return *whole < 0 ? -*whole : *whole;
}

Number greatestDivisor(long long a, long long b) {
  while (b != 0) {
    const long long rest = a % b;
    a = b;
    b = rest;
  }
  return Number::fraction(a);
}

Number rounded(const Number& n) {
  const Number half = Number::fraction(1, 2);
  return n.isNegative() ? -((-n + half).floor()) : (n + half).floor();
}

template <long double (*F)(long double)>
Number real(const Arguments& a) {
  return Number::approximate(F(a[0].value()));
}

Number choose(const Arguments& a, bool smallest) {
  Number best = a[0];
  for (const Number& n : a)
    if ((n.value() < best.value()) == smallest && n.value() != best.value()) best = n;
  return best;
}

void needPositive(const Number& n) {
  if (n.isNegative() || n.isZero())
    refuse("the logarithm needs a number above zero", "対数は正の数にだけ定義されます");
}

// Exact where it is whole: log(1000) is 3 and not 2.9999...
Number logarithm(const Number& n, const Number& base) {
  needPositive(n);
  needPositive(base);
  const long double value = std::log2(n.value()) / std::log2(base.value());
  const long double whole = std::round(value);
  if (std::fabs(whole) <= 4096) {
    const Number exponent = Number::fraction(static_cast<Int128>(whole));
    const Number back = n - Number::power(base, exponent);
    if (back.exact() && back.isZero()) return exponent;
  }
  return Number::approximate(value);
}

const Function kFunctions[] = {
    {"sqrt", 1, 1, [](const Arguments& a) { return Number::squareRoot(a[0]); }},
    {"cbrt", 1, 1, real<std::cbrt>},
    {"abs", 1, 1, [](const Arguments& a) { return a[0].isNegative() ? -a[0] : a[0]; }},
    {"ln", 1, 1,
     [](const Arguments& a) {
       needPositive(a[0]);
       return Number::approximate(std::log(a[0].value()));
     }},
    {"log", 1, 2,
     [](const Arguments& a) {
       return logarithm(a[0], a.size() > 1 ? a[1] : Number::fraction(10));
     }},
    {"log10", 1, 1, [](const Arguments& a) { return logarithm(a[0], Number::fraction(10)); }},
    {"log2", 1, 1, [](const Arguments& a) { return logarithm(a[0], Number::fraction(2)); }},
    {"exp", 1, 1, real<std::exp>},
    {"sin", 1, 1, real<std::sin>},
    {"cos", 1, 1, real<std::cos>},
    {"tan", 1, 1, real<std::tan>},
    {"asin", 1, 1, real<std::asin>},
    {"acos", 1, 1, real<std::acos>},
    {"atan", 1, 1, real<std::atan>},
    {"sinh", 1, 1, real<std::sinh>},
    {"cosh", 1, 1, real<std::cosh>},
    {"tanh", 1, 1, real<std::tanh>},
    {"floor", 1, 1, [](const Arguments& a) { return a[0].floor(); }},
    {"ceil", 1, 1, [](const Arguments& a) { return -((-a[0]).floor()); }},
    {"round", 1, 1, [](const Arguments& a) { return rounded(a[0]); }},
    {"min", 1, 100, [](const Arguments& a) { return choose(a, true); }},
    {"max", 1, 100, [](const Arguments& a) { return choose(a, false); }},
    {"pow", 2, 2, [](const Arguments& a) { return Number::power(a[0], a[1]); }},
    {"mod", 2, 2, [](const Arguments& a) { return modulo(a[0], a[1]); }},
    {"factorial", 1, 1, [](const Arguments& a) { return factorial(a[0]); }},
    {"gcd", 2, 2,
     [](const Arguments& a) { return greatestDivisor(wholeArgument(a[0]), wholeArgument(a[1])); }},
    {"lcm", 2, 2,
     [](const Arguments& a) {
       const long long x = wholeArgument(a[0]), y = wholeArgument(a[1]);
       if (x == 0 || y == 0) return Number{};
       return Number::fraction(x) * (Number::fraction(y) / greatestDivisor(x, y));
     }},
};

}  // namespace

Number quotientOf(const Number& a, const Number& b) {
  return divided(a, b);
}
Number remainderOf(const Number& a, const Number& b) {
  return modulo(a, b);
}
Number factorialOf(const Number& n) {
  return factorial(n);
}

const Function* findFunction(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == name) return &function;
  return nullptr;
}

}  // namespace pagoda::local
