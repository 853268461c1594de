#pragma once
// How far a mistyped name is from a known one.

#include <cstddef>
#include <string_view>

namespace pagoda {

/// Levenshtein's distance in bytes. Costs time in proportion to the product of the lengths: bound
/// what comes from outside first. Any thread.
std::size_t editDistance(std::string_view a, std::string_view b);

}  // namespace pagoda
