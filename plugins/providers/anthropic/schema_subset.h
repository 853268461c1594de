#pragma once
// JSON schemas in the part of the language that Anthropic's structured output takes.
// Source: Anthropic, structured outputs, "JSON Schema limitations", read 2026-11-25.

#include <string>
#include <string_view>

namespace pagoda::anthropic {

enum class Fit {
  AsIs,     ///< nothing to change
  Changed,  ///< narrower or looser in words only: every answer still fits the client's schema, but
            ///< for limits on size, which are told to the model in the description
  Impossible  ///< free maps, or a schema that is no object
};

/// Writes `schema`, a JSON object, to `out` so that Anthropic takes it: objects are closed with
/// additionalProperties:false, oneOf becomes anyOf, limits on numbers, lengths and counts move into
/// the description. `out` is of no use after Impossible. Throws json::Malformed.
Fit fitSchema(std::string_view schema, std::string& out);

}  // namespace pagoda::anthropic
