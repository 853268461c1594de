#pragma once
// Conversion of units asked for in words: "10 km in miles", 「5マイルは何キロ？」.
// Factors are exact by definition (international yard and pound, 1959; SI; IEC for KiB and above).

#include <optional>
#include <string>
#include <string_view>

#include "number.h"

namespace pagoda::local {

/// "10 km ≈ 6.21371192 mi", or nullopt when the prompt asks for no conversion. Throws Refusal for
/// units that measure different things.
std::optional<std::string> convertUnits(std::string_view prompt);

/// The same without the words: nullopt for a unit that is not known. Throws Refusal.
std::optional<Number> convertUnits(const Number& value, std::string_view from, std::string_view to);

}  // namespace pagoda::local
