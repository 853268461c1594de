#include "document.h"

#include <unordered_set>

namespace pagoda::local {
namespace {

bool allDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// JSON's form of a number, which is YAML's core schema without +1, .5, 0o7 and 0xF.
bool isNumber(std::string_view text) {
  if (startsWith(text, "-")) text.remove_prefix(1);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (startsWith(power, "+") || startsWith(power, "-")) power.remove_prefix(1);
    if (!allDigits(power)) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos) {
    if (!allDigits(text.substr(point + 1))) return false;
    text = text.substr(0, point);
  }
  return allDigits(text) && (text.size() == 1 || text.front() != '0');
}

}  // namespace

DocumentError::Place DocumentError::placeOf(std::string_view document, std::size_t offset) {
  Place place;
  const std::string_view before = document.substr(0, offset);
  std::size_t lineStart = 0;
  for (std::size_t at = before.find('\n'); at != std::string_view::npos;
       at = before.find('\n', at + 1)) {
    ++place.line;
    lineStart = at + 1;
  }
  place.column = static_cast<int>(charCount(before.substr(lineStart))) + 1;
  return place;
}

DocumentError::DocumentError(std::string_view document, std::size_t offset, const Phrase& what)
    : DocumentError(placeOf(document, offset), what) {}

DocumentError::DocumentError(Place place, const Phrase& what)
    : Refusal(
          {"line " + std::to_string(place.line) + ", column " + std::to_string(place.column) +
               ": " + what.en,
           std::to_string(place.line) + "行" + std::to_string(place.column) + "列: " + what.ja}),
      line_(place.line),
      column_(place.column) {}

std::string_view duplicateKey(const Node& node) {
  if (node.kind == Kind::Object) {
    std::unordered_set<std::string_view> seen;
    for (const std::string& key : node.keys)
      if (!seen.insert(key).second) return key;
  }
  for (const Node& item : node.items)
    if (const std::string_view key = duplicateKey(item); key.data() != nullptr) return key;
  return {};
}

std::size_t countValues(const Node& node) {
  if (node.kind != Kind::Array && node.kind != Kind::Object) return 1;
  std::size_t count = 0;
  for (const Node& item : node.items) count += countValues(item);
  return count;
}

Kind kindOfPlain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return Kind::Null;
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE")
    return Kind::Boolean;
  return isNumber(text) ? Kind::Number : Kind::String;
}

}  // namespace pagoda::local
