#pragma once
// JSON Schema turned into the subset that Gemini's `parameters` and `responseSchema` take.
//
// The service refuses a whole request over one member it does not know ("Unknown name ... Cannot
// find field"). Source: Gemini API, type Schema of the v1beta reference and of
// @google/genai 2.32.0, read 2026-11-25.

#include <string>
#include <string_view>

namespace pagoda::gemini {

struct Subset {
  std::string json;       ///< one Schema object
  bool anything = false;  ///< says nothing but that it is an object: leave `parameters` out
};

/// References are put in place; a recursive one ends as an object of any kind. `const` becomes an
/// enum, oneOf becomes anyOf, allOf is merged, null becomes `nullable`, values that are no strings
/// move from `enum` into the description, and members that the subset lacks are dropped.
/// Throws json::Malformed, or sdk::Failure(PAGODA_E_UNSUPPORTED) for a schema that grows beyond
/// reason when its references are put in place.
Subset subsetOf(std::string_view schema);

}  // namespace pagoda::gemini
