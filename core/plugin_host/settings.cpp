#include "core/plugin_host/settings.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include "core/base/edit_distance.h"

namespace pagoda::plugin_host {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kDeepest = 32;

/// Caught in checkSettings.
struct Wrong {
  std::string path;
  std::string message;
};

Var parse(std::string_view json) {
  Poco::JSON::Parser parser;
  parser.setDepth(kDeepest);
  return parser.parse(std::string(json));
}

Object::Ptr objectOf(const Var& value) {
  return value.type() == typeid(Object::Ptr) ? value.extract<Object::Ptr>() : nullptr;
}
Array::Ptr arrayOf(const Var& value) {
  return value.type() == typeid(Array::Ptr) ? value.extract<Array::Ptr>() : nullptr;
}

std::string typeOf(const Var& value) {
  if (value.isEmpty()) return "null";
  if (value.isBoolean()) return "boolean";
  if (value.isString()) return "string";
  if (objectOf(value)) return "object";
  if (arrayOf(value)) return "array";
  if (value.isInteger()) return "integer";
  return value.isNumeric() ? "number" : "null";
}

bool matches(const std::string& found, const std::string& wanted) {
  return found == wanted || (wanted == "number" && found == "integer");
}

void checkType(const Object& schema, const Var& value, const std::string& path) {
  const Var type = schema.get("type");
  std::vector<std::string> wanted;
  if (type.isString()) wanted.push_back(type.extract<std::string>());
  if (const Array::Ptr several = arrayOf(type)) {
    for (const Var& one : *several) {
      if (one.isString()) wanted.push_back(one.extract<std::string>());
    }
  }
  const std::string found = typeOf(value);
  if (wanted.empty() ||
      std::ranges::any_of(wanted, [&](const std::string& one) { return matches(found, one); }))
    return;
  std::string names;
  for (const std::string& one : wanted) names += (names.empty() ? "" : " or ") + one;
  throw Wrong{path, "is " + found + ", must be " + names};
}

void checkEnum(const Object& schema, const Var& value, const std::string& path) {
  const Array::Ptr allowed = arrayOf(schema.get("enum"));
  if (!allowed || !value.isString()) return;
  std::vector<std::string> names;
  for (const Var& one : *allowed) {
    if (one.isString()) names.push_back(one.extract<std::string>());
  }
  const auto& text = value.extract<std::string>();
  if (names.empty() || std::ranges::count(names, text)) return;
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  throw Wrong{path, "must be one of " + list};
}

void checkRange(const Object& schema, const Var& value, const std::string& path) {
  if (!value.isNumeric() || value.isBoolean()) return;
  const auto number = value.convert<double>();
  if (const Var least = schema.get("minimum");
      least.isNumeric() && number < least.convert<double>())
    throw Wrong{path, "must be at least " + least.toString()};
  if (const Var most = schema.get("maximum"); most.isNumeric() && number > most.convert<double>())
    throw Wrong{path, "must be at most " + most.toString()};
}

void check(const Object& schema, const Var& value, const std::string& path);

void checkMembers(const Object& schema, const Object& value, const std::string& path) {
  const auto at = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (const Array::Ptr required = arrayOf(schema.get("required"))) {
    for (const Var& key : *required) {
      if (key.isString() && !value.has(key.extract<std::string>()))
        throw Wrong{at(key.extract<std::string>()), "is missing"};
    }
  }
  const Object::Ptr properties = objectOf(schema.get("properties"));
  if (!properties) return;
  const Var additional = schema.get("additionalProperties");
  const Object::Ptr additionalSchema = objectOf(additional);
  const bool open = additional.isBoolean() && additional.extract<bool>();
  for (const auto& [key, member] : value) {
    if (const Object::Ptr property = objectOf(properties->get(key))) {
      check(*property, member, at(key));
    } else if (additionalSchema) {
      check(*additionalSchema, member, at(key));
    } else if (!open && !properties->has(key) && !(path.empty() && key == "base_url")) {
      std::string message = "is not a setting";
      const auto near = nearNames(key, properties->getNames());
      for (std::size_t i = 0; i < near.size(); ++i)
        message += (i == 0 ? "; did you mean " : " or ") + near[i];
      throw Wrong{at(key), message};
    }
  }
}

void check(const Object& schema, const Var& value, const std::string& path) {
  checkType(schema, value, path);
  checkEnum(schema, value, path);
  checkRange(schema, value, path);
  if (const Object::Ptr members = objectOf(value)) checkMembers(schema, *members, path);
  const Array::Ptr elements = arrayOf(value);
  const Object::Ptr items = objectOf(schema.get("items"));
  if (!elements || !items) return;
  for (unsigned i = 0; i < elements->size(); ++i)
    check(*items, elements->get(i), path + "[" + std::to_string(i) + "]");
}

}  // namespace

Result<void> checkSettings(std::string_view schemaJson, std::string_view settingsJson) {
  Object::Ptr settings;
  try {
    settings = objectOf(parse(settingsJson));
  } catch (const std::exception&) {
  }
  if (!settings) return fail(ErrorCode::InvalidRequest, "the settings are not a JSON object");
  try {
    const Object::Ptr schema = objectOf(parse(schemaJson.empty() ? "{}" : schemaJson));
    if (!schema)
      return fail(ErrorCode::PluginFault,
                  "the plugin's schema of its settings is not a JSON object");
    check(*schema, Var(settings), "");
  } catch (const Wrong& wrong) {
    const std::string what = wrong.path.empty() ? "the settings" : "setting `" + wrong.path + "`";
    return fail(ErrorCode::InvalidRequest, what + " " + wrong.message, wrong.path);
  } catch (const std::exception&) {
    return fail(ErrorCode::PluginFault, "the plugin's schema of its settings is not valid JSON");
  }
  return {};
}

std::string settingText(std::string_view settingsJson, const std::string& key) {
  try {
    const Object::Ptr settings = objectOf(parse(settingsJson));
    if (settings && settings->get(key).isString()) return settings->get(key).extract<std::string>();
  } catch (const std::exception&) {
  }
  return {};
}

std::vector<std::string> nearNames(std::string_view name, const std::vector<std::string>& names) {
  constexpr std::size_t kLongest = 64;
  constexpr std::size_t kMost = 3;
  std::vector<std::pair<std::size_t, std::string>> scored;
  if (name.size() > kLongest) return {};
  for (const std::string& other : names) {
    const std::size_t steps = editDistance(name, other);
    if (steps <= std::max<std::size_t>(2, other.size() / 3)) scored.emplace_back(steps, other);
  }
  std::ranges::sort(scored);
  std::vector<std::string> near;
  for (std::size_t i = 0; i < scored.size() && i < kMost; ++i) near.push_back(scored[i].second);
  return near;
}

}  // namespace pagoda::plugin_host
