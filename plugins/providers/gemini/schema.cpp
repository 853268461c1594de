#include "schema.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "schema_node.h"

namespace pagoda::gemini {

namespace {

// A schema of this many nodes or bytes would be refused for its size or complexity anyway.
constexpr int kMostNodes = 4000;
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kDeepest = 64;
constexpr int kMostMerges = 64;
// Bytes looked at, over all references: a small schema can make a reader walk it many times.
constexpr std::size_t kMostWork = 32 << 20;

bool isString(std::string_view raw) {
  return raw.starts_with('"');
}
bool isNumber(std::string_view raw) {
  return !raw.empty() && (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string textOf(std::string_view raw) {
  std::string buffer;
  if (!isString(raw)) return {};
  json::Reader reader(raw);
  return std::string(*reader.string(buffer));
}

class SubsetWriter {
 public:
  explicit SubsetWriter(std::string_view root) : root_(root), writer_(out_) {}

  Subset write() {
    Subset subset;
    SchemaNode node = flatten(read(root_));
    subset.anything = node.variants.empty() && !node.hasValues && !hasProperties(node) &&
                      (node.types.empty() || node.is("object"));
    write(std::move(node));
    subset.json = std::move(out_);
    return subset;
  }

 private:
  static bool hasProperties(const SchemaNode& node) {
    return std::ranges::any_of(node.properties, [](std::string_view properties) {
      bool any = false;
      json::Reader reader(properties);
      reader.object([&](std::string_view, json::Reader&) { any = true; });
      return any;
    });
  }

  void spend(std::size_t bytes) {
    work_ += bytes;
    if (work_ > kMostWork) throw tooLarge();
  }
  SchemaNode read(std::string_view raw) {
    spend(raw.size());
    return readSchemaNode(raw);
  }

  // Puts references and allOf in place and a lone variant into its node.
  SchemaNode flatten(SchemaNode node) {
    for (int merges = 0; merges < kMostMerges; ++merges) {
      if (!node.ref.empty()) {
        spend(root_.size());
        const std::string_view target = resolveRef(root_, node.ref);
        node.ref = {};
        if (target.empty() || isOpen(target)) {
          if (node.types.empty()) node.types.emplace_back("object");
          continue;
        }
        open_.push_back(target.data());
        mergeInto(node, read(target));
      } else if (!node.all.empty()) {
        const std::string_view part = node.all.back();
        node.all.pop_back();
        mergeInto(node, read(part));
      } else if (!mergeVariants(node)) {
        return node;
      }
    }
    throw tooLarge();
  }

  // True if the node changed and has to be looked at again.
  bool mergeVariants(SchemaNode& node) {
    if (node.variants.empty()) return false;
    // Variants of an object that has its own properties only say which of them go together.
    if (!node.properties.empty() || !node.items.empty()) {
      node.variants.clear();
      return false;
    }
    std::vector<std::string_view> kept;
    for (const std::string_view variant : node.variants) {
      const SchemaNode one = read(variant);
      const bool nothing = one.types.empty() && one.values.empty() && one.ref.empty() &&
                           one.variants.empty() && one.all.empty() && one.properties.empty();
      if (one.nullable && nothing) {
        node.nullable = true;
      } else {
        kept.push_back(variant);
      }
    }
    node.variants = std::move(kept);
    if (node.variants.size() != 1) return false;
    const std::string_view only = node.variants.front();
    node.variants.clear();
    mergeInto(node, read(only));
    return true;
  }

  bool isOpen(std::string_view target) const {
    return std::ranges::find(open_, target.data()) != open_.end();
  }

  void writeRaw(std::string_view raw) {
    const std::size_t depth = open_.size();
    write(flatten(read(raw)));
    open_.resize(depth);
  }

  void write(SchemaNode node) {
    if (++nodes_ > kMostNodes || out_.size() > kMostBytes || ++depth_ > kDeepest) throw tooLarge();
    writer_.beginObject();
    if (node.types.size() > 1) {
      writeTypes(node);
    } else if (node.variants.size() > 1) {
      describe(node);
      writer_.key("anyOf").beginArray();
      for (const std::string_view variant : node.variants) writeRaw(variant);
      writer_.endArray();
    } else {
      writeOne(node);
    }
    if (node.nullable) writer_.member("nullable", true);
    writer_.endObject();
    --depth_;
  }

  // ["string","integer"] is a choice of two.
  void writeTypes(const SchemaNode& node) {
    describe(node);
    writer_.key("anyOf").beginArray();
    for (const std::string& type : node.types) {
      SchemaNode one = node;
      one.types = {type};
      one.nullable = false;
      one.title = one.description = one.fallback = one.example = {};
      one.variants.clear();
      write(std::move(one));
    }
    writer_.endArray();
  }

  void describe(const SchemaNode& node, std::string_view more = {}) {
    if (isString(node.title)) writer_.rawMember("title", node.title);
    if (more.empty()) {
      if (isString(node.description)) writer_.rawMember("description", node.description);
    } else {
      std::string text = textOf(node.description);
      if (!text.empty()) text += ' ';
      writer_.member("description", text += more);
    }
  }

  static std::string typeOf(const SchemaNode& node) {
    if (!node.types.empty()) return node.types.front();
    if (!node.properties.empty()) return "object";
    if (!node.items.empty() || !node.prefixItems.empty()) return "array";
    if (!node.values.empty()) {
      const bool strings = std::ranges::all_of(node.values, isString);
      const bool numbers = std::ranges::all_of(node.values, isNumber);
      return strings ? "string" : numbers ? "number" : "";
    }
    return {};
  }

  void writeOne(const SchemaNode& node) {
    const std::string type = typeOf(node);
    std::string allowed;
    if (type != "string") {
      for (const std::string_view value : node.values) {
        allowed += allowed.empty() ? "Allowed values: " : ", ";
        allowed += value;
      }
      if (!allowed.empty()) allowed += '.';
    }
    if (!type.empty()) writer_.member("type", upper(type));
    describe(node, allowed);
    if (!node.fallback.empty() && node.fallback != "null")
      writer_.rawMember("default", node.fallback);
    if (!node.example.empty()) writer_.rawMember("example", node.example);
    if (type == "string") {
      writeString(node);
    } else if (type == "number" || type == "integer") {
      writeNumber(node, type == "integer");
    } else if (type == "array") {
      writeArray(node);
    } else if (type == "object") {
      writeObject(node);
    }
  }

  void writeString(const SchemaNode& node) {
    const std::string format = textOf(node.format);
    if (format == "date-time" || format == "enum") writer_.rawMember("format", node.format);
    if (isString(node.pattern)) writer_.rawMember("pattern", node.pattern);
    writeCount(node, 2);
    writeCount(node, 3);
    // An empty word in an enum is refused.
    if (std::ranges::any_of(node.values, [](std::string_view value) { return value != "\"\""; })) {
      writer_.key("enum").beginArray();
      for (const std::string_view value : node.values) {
        if (value == "\"\"") continue;
        if (isString(value)) {
          writer_.raw(value);
        } else {
          writer_.string(value);
        }
      }
      writer_.endArray();
    }
  }

  void writeNumber(const SchemaNode& node, bool integer) {
    const std::string format = textOf(node.format);
    const bool known =
        integer ? format == "int32" || format == "int64" : format == "float" || format == "double";
    if (known) writer_.rawMember("format", node.format);
    writeBound("minimum", node.minimum, node.exclusiveMinimum, integer ? 1 : 0);
    writeBound("maximum", node.maximum, node.exclusiveMaximum, integer ? -1 : 0);
  }

  // An exclusive bound of integers is the next one; of fractions it is taken with its end.
  void writeBound(std::string_view name, std::string_view bound, std::string_view exclusive,
                  int step) {
    if (isNumber(bound)) {
      writer_.rawMember(name, bound);
    } else if (isNumber(exclusive)) {
      json::Reader reader(exclusive);
      const auto whole = reader.integer();
      constexpr std::int64_t kFar = std::int64_t{1} << 53;
      if (step != 0 && whole && *whole > -kFar && *whole < kFar) {
        writer_.member(name, *whole + step);
      } else {
        writer_.rawMember(name, exclusive);
      }
    }
  }

  // The proto has 64-bit integers here, which are strings in its JSON.
  void writeCount(const SchemaNode& node, std::size_t which) {
    if (node.counts[which].empty()) return;
    json::Reader reader(node.counts[which]);
    std::optional<std::int64_t> count;
    if (isString(node.counts[which])) {
      const std::string digits = textOf(node.counts[which]);
      json::Reader inner(digits.empty() ? std::string_view("null") : std::string_view(digits));
      if (isNumber(digits)) count = inner.integer();
    } else {
      count = reader.integer();
    }
    if (count && *count >= 0) writer_.member(SchemaNode::kCounts[which], std::to_string(*count));
  }

  void writeArray(const SchemaNode& node) {
    writeCount(node, 0);
    writeCount(node, 1);
    writer_.key("items");
    const bool tuple = node.items.starts_with('[');  // the form before 2020-12
    const std::string_view list = tuple ? node.items : node.prefixItems;
    if (node.items.starts_with('{')) return writeRaw(node.items);
    std::vector<std::string_view> places;
    if (!list.empty()) {
      json::Reader reader(list);
      reader.array([&](json::Reader& element) {
        const std::string_view raw = element.raw();
        if (std::ranges::find(places, raw) == places.end()) places.push_back(raw);
      });
    }
    if (places.size() == 1) return writeRaw(places.front());
    if (places.empty()) {  // an array without items is refused
      writer_.raw(R"({"type":"STRING"})");
      return;
    }
    writer_.beginObject().key("anyOf").beginArray();
    for (const std::string_view place : places) writeRaw(place);
    writer_.endArray().endObject();
  }

  void writeObject(const SchemaNode& node) {
    writeCount(node, 4);
    writeCount(node, 5);
    if (!hasProperties(node)) return;
    std::unordered_set<std::string> names;
    writer_.key("properties").beginObject();
    for (const std::string_view properties : node.properties) {
      json::Reader reader(properties);
      reader.object([&](std::string_view key, json::Reader& value) {
        const std::string name(key);
        const std::string_view raw = value.raw();
        if (!names.insert(name).second) return;
        writer_.key(name);
        writeRaw(raw);
      });
    }
    writer_.endObject();
    writeNames("required", node.required, names);
    if (!node.ordering.empty()) writeNames("propertyOrdering", {node.ordering}, names);
  }

  // Names that have no property are refused: "required[0]: property is not defined".
  void writeNames(std::string_view member, const std::vector<std::string_view>& lists,
                  const std::unordered_set<std::string>& properties) {
    std::unordered_set<std::string> written;
    for (const std::string_view list : lists) {
      json::Reader reader(list);
      reader.array([&](json::Reader& element) {
        const std::string name = textOf(element.raw());
        if (!properties.contains(name) || !written.insert(name).second) return;
        if (written.size() == 1) writer_.key(member).beginArray();
        writer_.string(name);
      });
    }
    if (!written.empty()) writer_.endArray();
  }

  static sdk::Failure tooLarge() {
    sdk::Failure failure(PAGODA_E_UNSUPPORTED, "a JSON schema is too large or nests too deeply");
    return failure;
  }

  std::string_view root_;
  std::string out_;
  json::Writer<std::string> writer_;
  std::vector<const char*> open_;  // targets of the references that lead to where we are
  int nodes_ = 0;
  std::size_t work_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Subset subsetOf(std::string_view schema) {
  return SubsetWriter(schema).write();
}

}  // namespace pagoda::gemini
