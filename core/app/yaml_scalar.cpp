// What a plain scalar means: the YAML 1.2 core schema, so that `no` is a word and `010` is ten.
// Source: YAML 1.2.2, section 10.3.2, without octal and hexadecimal forms.

#include <algorithm>

#include <pagoda/json.hpp>

#include "core/app/yaml_tree.h"

namespace pagoda::app {
namespace {

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

/// [-+]? ( digits ( . digits? )? | . digits ) ( [eE] [-+]? digits )?
ScalarType numberType(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  const std::size_t whole = digits();
  if (whole > 0 && at == text.size()) return ScalarType::Integer;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    fraction = digits();
  }
  if (whole + fraction == 0) return ScalarType::Text;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return ScalarType::Text;
  }
  return at == text.size() ? ScalarType::Float : ScalarType::Text;
}

/// JSON has no plus sign, no leading zero and no bare point.
std::string jsonNumber(std::string_view text) {
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
    text.remove_prefix(1);
  if (text.starts_with('.')) out += '0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digitFollows = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (text[i] != '.' || digitFollows) out += text[i];
  }
  return out;
}

void write(json::Writer<std::string>& writer, const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::Null:
      writer.null();
      return;
    case YamlKind::Sequence:
      writer.beginArray();
      for (const YamlNode& item : node.items) write(writer, item);
      writer.endArray();
      return;
    case YamlKind::Map:
      writer.beginObject();
      for (const YamlNode::Entry& entry : node.entries) write(writer.key(entry.key), entry.value);
      writer.endObject();
      return;
    case YamlKind::Scalar:
      break;
  }
  switch (scalarType(node)) {
    case ScalarType::Null:
      writer.null();
      break;
    case ScalarType::Boolean:
      writer.boolean(isOneOf(node.text, {"true", "True", "TRUE"}));
      break;
    case ScalarType::Integer:
    case ScalarType::Float:
      writer.raw(jsonNumber(node.text));
      break;
    case ScalarType::Text:
      writer.string(node.text);
      break;
  }
}

}  // namespace

ScalarType scalarType(const YamlNode& node) {
  if (node.kind == YamlKind::Null) return ScalarType::Null;
  if (node.quoted) return ScalarType::Text;
  if (isOneOf(node.text, {"", "~", "null", "Null", "NULL"})) return ScalarType::Null;
  if (isOneOf(node.text, {"true", "True", "TRUE", "false", "False", "FALSE"}))
    return ScalarType::Boolean;
  return numberType(node.text);
}

std::string toJson(const YamlNode& node) {
  std::string text;
  json::Writer<std::string> writer(text);
  write(writer, node);
  return text;
}

}  // namespace pagoda::app
