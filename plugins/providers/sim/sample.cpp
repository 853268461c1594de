#include "sample.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <pagoda/json.hpp>

namespace pagoda::sim {
namespace {

constexpr int kDeepest = 16;
constexpr std::int64_t kLongest = 4096;  // of a string or an array that a schema asks for
constexpr std::string_view kWord = "simulated";

struct Schema {
  std::string type;
  std::string_view fixed;  ///< const, the first of enum, or default
  std::string_view alternative;
  std::string_view items;
  std::vector<std::pair<std::string, std::string_view>> properties;
  std::vector<std::string> required;
  std::int64_t minItems = 0;
  std::int64_t minLength = 0;
  std::optional<std::int64_t> maxLength;
  std::optional<double> minimum;
  std::optional<double> above;
  std::optional<double> maximum;
};

std::string_view firstOf(json::Reader& value) {
  std::string_view first;
  value.array([&](json::Reader& element) {
    if (first.empty()) first = element.raw();
  });
  return first;
}

std::string typeOf(json::Reader& value) {
  std::string buffer;
  if (value.kind() == json::Kind::String) return std::string(*value.string(buffer));
  std::string type;
  value.array([&](json::Reader& element) {
    const auto name = element.string(buffer);
    if (name && (type.empty() || type == "null")) type = *name;
  });
  return type;
}

void readMember(Schema& schema, std::string_view key, json::Reader& value) {
  std::string buffer;
  if (key == "type") {
    schema.type = typeOf(value);
  } else if (key == "const") {
    schema.fixed = value.raw();
  } else if (key == "enum") {
    schema.fixed = firstOf(value);
  } else if (key == "default") {
    if (schema.fixed.empty()) schema.fixed = value.raw();
  } else if (key == "anyOf" || key == "oneOf") {
    schema.alternative = firstOf(value);
  } else if (key == "items") {
    schema.items = value.raw();
  } else if (key == "properties") {
    value.object([&](std::string_view name, json::Reader& property) {
      std::string kept(name);
      schema.properties.emplace_back(std::move(kept), property.raw());
    });
  } else if (key == "required") {
    value.array([&](json::Reader& element) {
      if (const auto name = element.string(buffer)) schema.required.emplace_back(*name);
    });
  } else if (key == "minItems") {
    schema.minItems = std::clamp<std::int64_t>(value.integer().value_or(0), 0, kLongest);
  } else if (key == "minLength") {
    schema.minLength = std::clamp<std::int64_t>(value.integer().value_or(0), 0, kLongest);
  } else if (key == "maxLength") {
    schema.maxLength = value.integer();
  } else if (key == "minimum") {
    schema.minimum = value.number();
  } else if (key == "exclusiveMinimum") {
    schema.above = value.number();
  } else if (key == "maximum") {
    schema.maximum = value.number();
  }
}

std::string stringFor(const Schema& schema) {
  std::string text(kWord);
  while (static_cast<std::int64_t>(text.size()) < schema.minLength) text += '.';
  if (schema.maxLength && *schema.maxLength >= 0 &&
      static_cast<std::int64_t>(text.size()) > *schema.maxLength)
    text.resize(static_cast<std::size_t>(*schema.maxLength));
  std::string quoted;
  json::appendString(quoted, text);
  return quoted;
}

std::string numberFor(const Schema& schema, bool whole) {
  double number = 0;
  if (schema.maximum) number = std::min(number, *schema.maximum);
  if (schema.minimum) number = std::max(number, *schema.minimum);
  if (schema.above && number <= *schema.above) number = *schema.above + 1;
  if (whole) number = number < 0 && !schema.minimum ? std::floor(number) : std::ceil(number);
  std::string text;
  if (whole && std::fabs(number) < 9e15)
    json::appendNumber(text, static_cast<std::int64_t>(number));
  else
    json::appendNumber(text, number);
  return text;
}

std::string sample(std::string_view json, int depthLeft);

std::string objectFor(const Schema& schema, int depthLeft) {
  std::string text;
  json::Writer<std::string> writer(text);
  writer.beginObject();
  for (const std::string& name : schema.required) {
    const auto property =
        std::find_if(schema.properties.begin(), schema.properties.end(),
                     [&](const auto& candidate) { return candidate.first == name; });
    const std::string_view inner =
        property == schema.properties.end() ? std::string_view{} : property->second;
    writer.rawMember(name, inner.empty() ? "\"simulated\"" : sample(inner, depthLeft - 1));
  }
  writer.endObject();
  return text;
}

std::string arrayFor(const Schema& schema, int depthLeft) {
  std::string text;
  json::Writer<std::string> writer(text);
  writer.beginArray();
  if (schema.minItems > 0) {
    const std::string item = sample(schema.items, depthLeft - 1);
    for (std::int64_t i = 0; i < schema.minItems; ++i) writer.raw(item);
  }
  writer.endArray();
  return text;
}

std::string sample(std::string_view json, int depthLeft) {
  if (depthLeft <= 0) return "null";
  Schema schema;
  if (!json.empty()) {
    json::Reader reader(json);
    reader.object(
        [&](std::string_view key, json::Reader& value) { readMember(schema, key, value); });
    reader.finish();
  }
  if (!schema.fixed.empty()) return std::string(schema.fixed);
  if (schema.type.empty() && !schema.alternative.empty())
    return sample(schema.alternative, depthLeft - 1);
  if (schema.type == "string") return stringFor(schema);
  if (schema.type == "integer") return numberFor(schema, true);
  if (schema.type == "number") return numberFor(schema, false);
  if (schema.type == "boolean") return "true";
  if (schema.type == "null") return "null";
  if (schema.type == "array") return arrayFor(schema, depthLeft);
  return objectFor(schema, depthLeft);
}

}  // namespace

std::string sampleOf(std::string_view schema) {
  return sample(schema, kDeepest);
}

}  // namespace pagoda::sim
