// The smallest value that a JSON schema accepts, for forced tool calls and schema answers.
#pragma once

#include <string>
#include <string_view>

namespace pagoda::sim {

/// Looks at const, enum, default, type, required, properties, items, minItems, minimum, maximum,
/// exclusiveMinimum, minLength, maxLength and the first of anyOf and oneOf; other keywords
/// (pattern, format, $ref) are not followed. An empty text stands for a schema that says nothing.
/// Throws json::Malformed.
std::string sampleOf(std::string_view schema);

}  // namespace pagoda::sim
