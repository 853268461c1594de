#pragma once
// Arithmetic in the usual notation.
//
//   sum     := product (('+' | '-') product)*          100 + 10% is 110
//   product := sign (('*' | '/' | '%' | mod | of | off) sign | sign)*   2(3+4) multiplies
//   sign    := ('+' | '-')* power                       -2^2 is -4
//   power   := postfix ('^' sign)?                      2^3^2 is 2^9
//   postfix := primary ('%' | '!' | deg)*
//   primary := number | constant | function argument | '(' sum ')'
//
// Numbers may have thousands separators (1,234.5), 0x and 0b prefixes and exponents.

#include <string_view>

#include "number.h"

namespace pagoda::local {

constexpr std::size_t kMaxExpression = 2000;

struct Evaluation {
  Number value;
  int operations = 0;  ///< operators and functions; 0: the text was a mere number
};

/// Evaluates an expression in ASCII (lower case). Throws Refusal, which says what is wrong and
/// where.
Evaluation evaluate(std::string_view expression);

}  // namespace pagoda::local
