#include "schema_node.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pagoda::gemini {

namespace {

std::string lowerString(json::Reader& value) {
  std::string buffer;
  std::string text(value.string(buffer).value_or(""));
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void addType(SchemaNode& node, std::string type) {
  if (type == "null") {
    node.nullable = true;
  } else if (type == "string" || type == "number" || type == "integer" || type == "boolean" ||
             type == "array" || type == "object") {
    if (std::ranges::find(node.types, type) == node.types.end())
      node.types.push_back(std::move(type));
  }
}

void readType(json::Reader& value, SchemaNode& node) {
  if (value.kind() == json::Kind::Array) {
    value.array([&](json::Reader& element) { addType(node, lowerString(element)); });
  } else {
    addType(node, lowerString(value));
  }
}

void readList(json::Reader& value, std::vector<std::string_view>& list) {
  value.array([&](json::Reader& element) { list.push_back(element.raw()); });
}

void addValue(SchemaNode& node, std::string_view raw) {
  node.hasValues = true;
  if (raw == "null") {
    node.nullable = true;
  } else if (std::ranges::find(node.values, raw) == node.values.end()) {
    node.values.push_back(raw);
  }
}

struct Slot {
  std::string_view name;
  std::string_view SchemaNode::*member;
};
constexpr Slot kSlots[] = {
    {"title", &SchemaNode::title},
    {"description", &SchemaNode::description},
    {"format", &SchemaNode::format},
    {"pattern", &SchemaNode::pattern},
    {"default", &SchemaNode::fallback},
    {"example", &SchemaNode::example},
    {"propertyOrdering", &SchemaNode::ordering},
    {"minimum", &SchemaNode::minimum},
    {"maximum", &SchemaNode::maximum},
    {"exclusiveMinimum", &SchemaNode::exclusiveMinimum},
    {"exclusiveMaximum", &SchemaNode::exclusiveMaximum},
    {"items", &SchemaNode::items},
    {"prefixItems", &SchemaNode::prefixItems},
    {"$ref", &SchemaNode::ref},
};

bool readSlot(std::string_view key, json::Reader& value, SchemaNode& node) {
  for (const Slot& slot : kSlots) {
    if (slot.name != key) continue;
    node.*slot.member = value.raw();
    return true;
  }
  for (std::size_t i = 0; i < SchemaNode::kCounts.size(); ++i) {
    if (SchemaNode::kCounts[i] != key) continue;
    node.counts[i] = value.raw();
    return true;
  }
  return false;
}

void readMember(std::string_view key, json::Reader& value, SchemaNode& node) {
  if (key == "type") {
    readType(value, node);
  } else if (key == "properties") {
    if (value.kind() == json::Kind::Object) node.properties.push_back(value.raw());
  } else if (key == "required") {
    if (value.kind() == json::Kind::Array) node.required.push_back(value.raw());
  } else if (key == "anyOf" || key == "oneOf") {
    readList(value, node.variants);
  } else if (key == "allOf") {
    readList(value, node.all);
  } else if (key == "enum") {
    value.array([&](json::Reader& element) { addValue(node, element.raw()); });
  } else if (key == "const") {
    addValue(node, value.raw());
  } else if (key == "nullable") {
    node.nullable = node.nullable || value.boolean().value_or(false);
  } else {
    readSlot(key, value, node);
  }
}

template <class T>
void join(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// A segment of a JSON pointer in a fragment: %XX, then ~1 and ~0.
std::string unescapePointer(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '%' && i + 2 < segment.size()) {
      unsigned byte = 0;
      const char* const from = segment.data() + i + 1;
      if (std::from_chars(from, from + 2, byte, 16).ptr == from + 2) {
        out += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    if (segment[i] == '~' && i + 1 < segment.size()) {
      out += segment[++i] == '1' ? '/' : '~';
    } else {
      out += segment[i];
    }
  }
  return out;
}

std::string_view memberOf(std::string_view text, std::string_view segment) {
  std::string_view found;
  json::Reader reader(text);
  if (reader.kind() == json::Kind::Array) {
    std::size_t wanted = 0;
    const auto read = std::from_chars(segment.data(), segment.data() + segment.size(), wanted);
    if (read.ec != std::errc{}) return found;
    reader.array([&](json::Reader& element) {
      if (wanted-- == 0) found = element.raw();
    });
    return found;
  }
  reader.object([&](std::string_view key, json::Reader& value) {
    if (key == segment) found = value.raw();
  });
  return found;
}

}  // namespace

SchemaNode readSchemaNode(std::string_view raw) {
  SchemaNode node;
  json::Reader reader(raw);
  reader.object([&](std::string_view key, json::Reader& value) { readMember(key, value, node); });
  return node;
}

void mergeInto(SchemaNode& node, SchemaNode other) {
  for (const Slot& slot : kSlots) {
    if (slot.name != "$ref" && (node.*slot.member).empty()) node.*slot.member = other.*slot.member;
  }
  if (node.ref.empty()) node.ref = other.ref;
  for (std::size_t i = 0; i < node.counts.size(); ++i) {
    if (node.counts[i].empty()) node.counts[i] = other.counts[i];
  }
  if (node.types.empty()) node.types = std::move(other.types);
  if (!node.hasValues) {
    node.hasValues = other.hasValues;
    node.values = std::move(other.values);
  }
  node.nullable = node.nullable || other.nullable;
  join(node.properties, other.properties);
  join(node.required, other.required);
  join(node.variants, other.variants);
  join(node.all, other.all);
}

std::string_view resolveRef(std::string_view root, std::string_view rawRef) {
  json::Reader reader(rawRef);
  std::string buffer;
  std::string_view pointer = reader.string(buffer).value_or("");
  if (!pointer.starts_with('#')) return {};
  pointer.remove_prefix(1);
  std::string_view at = root;
  while (pointer.starts_with('/') && !at.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    at = memberOf(at, unescapePointer(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return pointer.empty() ? at : std::string_view();
}

}  // namespace pagoda::gemini
