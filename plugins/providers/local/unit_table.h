#pragma once
// The units: dimension, size in the dimension's base unit, and every name they go by.

#include <cstddef>
#include <span>
#include <string_view>

#include "text.h"

namespace pagoda::local {

enum class Dimension { Length, Mass, Temperature, Time, Data, Speed, Area, Volume };

const Phrase& nameOf(Dimension dimension);

/// value in base = value * numerator / denominator + offsetHundredths / 100.
struct Unit {
  std::string_view symbol;
  Dimension dimension;
  long long numerator;
  long long denominator;
  long long offsetHundredths;
  std::string_view names;  ///< separated by '|'; a name with capitals matches exactly
};

std::span<const Unit> allUnits();

/// A name found at the start of a text.
struct UnitMatch {
  const Unit* unit = nullptr;
  std::size_t size = 0;  ///< bytes of the name
};

/// The longest name at the start of `text` that is of `dimension` (any if null) and does not end
/// inside an ASCII word.
UnitMatch unitAt(std::string_view text, const Dimension* dimension = nullptr);

}  // namespace pagoda::local
