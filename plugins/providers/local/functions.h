#pragma once
// The functions that an expression may call. All throw Refusal for what is not defined.

#include <cstddef>
#include <string_view>
#include <vector>

#include "number.h"

namespace pagoda::local {

using Arguments = std::vector<Number>;

struct Function {
  std::string_view name;
  std::size_t least, most;  ///< arguments
  Number (*run)(const Arguments&);
};

/// nullptr for a name that is no function.
const Function* findFunction(std::string_view name);

Number quotientOf(const Number& a, const Number& b);
/// Has the sign of the divisor, as in mathematics: -7 mod 3 is 2.
Number remainderOf(const Number& a, const Number& b);
Number factorialOf(const Number& n);

}  // namespace pagoda::local
