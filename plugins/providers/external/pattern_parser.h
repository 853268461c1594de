#pragma once
// The compiler of Pattern.

#include <string_view>
#include <vector>

#include "pattern.h"

namespace pagoda::external {

/// What an expression compiles to.
struct Compiled {
  std::vector<Pattern::Instruction> program;
  std::vector<Pattern::Set> sets;
  bool caseless = true;
};

/// Throws Failure(PAGODA_E_CONFIG).
Compiled compile(std::string_view expression);

}  // namespace pagoda::external
