#include "schema_subset.h"

#include <algorithm>
#include <array>

#include <pagoda/sdk.hpp>

#include "json_text.h"

namespace pagoda::anthropic {

namespace {

constexpr std::array<std::string_view, 16> kLimits = {
    "minimum",     "maximum",     "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf",  "minLength",   "maxLength",        "minItems",
    "maxItems",    "uniqueItems", "minProperties",    "maxProperties",
    "minContains", "maxContains", "contains",         "propertyNames"};
constexpr std::array<std::string_view, 9> kFormats = {
    "date-time", "time", "date", "duration", "email", "uri", "ipv4", "ipv6", "uuid"};

bool isLimit(std::string_view key, std::string_view raw) {
  if (key == "minItems" && (raw == "0" || raw == "1")) return false;
  if (key == "format" && isString(raw)) {
    std::string buffer;
    const std::string_view format = textOf(raw, buffer);
    return format != "hostname" && std::ranges::find(kFormats, format) == kFormats.end();
  }
  return std::ranges::find(kLimits, key) != kLimits.end();
}

bool isSchemaMap(std::string_view key) {
  return key == "properties" || key == "$defs" || key == "definitions";
}

class Fitter {
 public:
  Fit fit() const { return impossible_ ? Fit::Impossible : changed_ ? Fit::Changed : Fit::AsIs; }

  void schema(std::string_view raw, std::string& out) {
    if (!isObject(raw)) {
      // `true` and `false` stand for schemas as well.
      if (raw == "true" || raw == "false") impossible_ = true;
      out += raw;
      return;
    }
    const Shape shape = read(raw);
    out += '{';
    bool first = true;
    const auto key = [&](std::string_view name) {
      if (!first) out += ',';
      first = false;
      json::appendString(out, name);
      out += ':';
    };
    json::Reader reader(raw);
    reader.object([&](std::string_view member, json::Reader& value) {
      const std::string name(member);
      const std::string_view text = value.raw();
      if (name == "additionalProperties" || name == "description" || isLimit(name, text)) return;
      if (name == "oneOf") changed_ = true;
      key(name == "oneOf" ? std::string_view("anyOf") : std::string_view(name));
      this->member(name, text, out);
    });
    if (!shape.description.empty()) {
      key("description");
      json::appendString(out, shape.description);
    }
    if (shape.closes) {
      key("additionalProperties");
      out += "false";
    }
    out += '}';
  }

 private:
  struct Shape {
    std::string description;
    bool closes = false;
  };

  // Looks at a whole schema first: what becomes of one member depends on the others.
  Shape read(std::string_view raw) {
    Shape shape;
    std::string limits, buffer;
    std::string_view additional;
    bool object = false, properties = false;
    json::Reader reader(raw);
    reader.object([&](std::string_view member, json::Reader& value) {
      const std::string name(member);
      const std::string_view text = value.raw();
      if (name == "description") {
        shape.description = textOf(text, buffer);
      } else if (name == "additionalProperties") {
        additional = text;
      } else if (name == "type") {
        object = object || text.find("\"object\"") != std::string_view::npos;
      } else if (name == "properties") {
        object = true;
        properties = properties || text.find('"') != std::string_view::npos;
      } else if (name == "$ref") {
        impossible_ = impossible_ || !text.starts_with("\"#/");
      } else if (name == "patternProperties" || name == "not" || name == "if") {
        impossible_ = true;
      } else if (isLimit(name, text)) {
        limits += limits.empty() ? "" : ", ";
        limits.append(name).append(": ").append(text);
      }
    });
    if (!limits.empty()) {
      changed_ = true;
      shape.description += (shape.description.empty() ? "{" : "\n\n{") + limits + "}";
    }
    shape.closes = object;
    if (object && additional != "false") changed_ = true;
    // Closing an object with names keeps its answers valid; closing a map leaves none.
    if (object && !properties && !additional.empty() && additional != "false") impossible_ = true;
    return shape;
  }

  void member(std::string_view name, std::string_view raw, std::string& out) {
    if (isSchemaMap(name) && isObject(raw)) {
      out += '{';
      bool first = true;
      json::Reader reader(raw);
      reader.object([&](std::string_view key, json::Reader& value) {
        if (!first) out += ',';
        first = false;
        json::appendString(out, key);
        out += ':';
        schema(value.raw(), out);
      });
      out += '}';
    } else if ((name == "anyOf" || name == "oneOf" || name == "allOf") && isArray(raw)) {
      out += '[';
      bool first = true;
      json::Reader reader(raw);
      reader.array([&](json::Reader& element) {
        if (!first) out += ',';
        first = false;
        schema(element.raw(), out);
      });
      out += ']';
    } else if (name == "items") {
      schema(raw, out);
    } else {
      out += raw;
    }
  }

  bool changed_ = false;
  bool impossible_ = false;
};

}  // namespace

Fit fitSchema(std::string_view schema, std::string& out) {
  out.clear();
  Fitter fitter;
  fitter.schema(schema, out);
  return fitter.fit();
}

}  // namespace pagoda::anthropic
