#pragma once
// One JSON Schema object, taken apart into the members that matter for Gemini's subset.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/sdk.hpp>

namespace pagoda::gemini {

/// Views into the schema's text; a member that is not there is empty.
struct SchemaNode {
  std::vector<std::string> types;  // lower case, without null
  bool nullable = false;
  std::string_view ref;  // raw string
  std::string_view title, description, format, pattern, fallback, example, ordering;
  std::string_view minimum, maximum, exclusiveMinimum, exclusiveMaximum;
  std::string_view items, prefixItems;
  std::vector<std::string_view> properties, required;  // several after allOf
  std::vector<std::string_view> variants;              // of anyOf and oneOf
  std::vector<std::string_view> all;
  std::vector<std::string_view> values;  // of enum or const, raw
  bool hasValues = false;
  /// minItems, maxItems, minLength, maxLength, minProperties, maxProperties
  std::array<std::string_view, 6> counts;

  static constexpr std::array<std::string_view, 6> kCounts = {
      "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"};

  bool is(std::string_view type) const { return types.size() == 1 && types.front() == type; }
};

/// Reads one schema; true, false and everything that is not an object allow anything.
/// Throws json::Malformed.
SchemaNode readSchemaNode(std::string_view raw);

/// Fills what `node` lacks from `other`, and joins their properties, required names and variants.
void mergeInto(SchemaNode& node, SchemaNode other);

/// What a local reference such as "#/$defs/Place" points at, or empty.
std::string_view resolveRef(std::string_view root, std::string_view rawRef);

}  // namespace pagoda::gemini
