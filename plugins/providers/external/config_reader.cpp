#include "config_reader.h"

namespace pagoda::external {

json::Kind ConfigValue::kind() const {
  return json::Reader(json_).kind();
}

void ConfigValue::fail(const std::string& what) const {
  throw sdk::Failure(PAGODA_E_CONFIG, path_ + ": " + what);
}

void ConfigValue::members(
    const std::function<void(std::string_view, const ConfigValue&)>& visit) const {
  if (kind() != json::Kind::Object) fail("must be a map");
  json::Reader(json_).object([&](std::string_view key, json::Reader& value) {
    const std::string name(key);
    visit(name, ConfigValue(value.raw(), path_ + "." + name));
  });
}

void ConfigValue::elements(const std::function<void(const ConfigValue&)>& visit) const {
  if (kind() != json::Kind::Array) fail("must be a list");
  std::size_t index = 0;
  json::Reader(json_).array([&](json::Reader& value) {
    visit(ConfigValue(value.raw(), path_ + "[" + std::to_string(index++) + "]"));
  });
}

void ConfigValue::textOrTexts(const std::function<void(const ConfigValue&)>& visit) const {
  if (kind() == json::Kind::Array) return elements(visit);
  visit(*this);
}

std::string ConfigValue::text() const {
  json::Reader reader(json_);
  std::string buffer;
  switch (reader.kind()) {
    case json::Kind::String:
      return std::string(*reader.string(buffer));
    case json::Kind::Number:
    case json::Kind::Boolean:
      return std::string(reader.raw());
    default:
      fail("must be a text");
  }
}

bool ConfigValue::boolean() const {
  const auto value = json::Reader(json_).boolean();
  if (!value) fail("must be true or false");
  return *value;
}

std::int64_t ConfigValue::integer(std::int64_t least, std::int64_t most) const {
  const auto value = json::Reader(json_).integer();
  if (!value || *value < least || *value > most)
    fail("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return *value;
}

double ConfigValue::number(double least, double most) const {
  const auto value = json::Reader(json_).number();
  if (!value || !(*value >= least && *value <= most)) fail("must be a number in its range");
  return *value;
}

Template ConfigValue::templated() const {
  return at([&] { return Template(text()); });
}

Localized ConfigValue::localized() const {
  if (kind() != json::Kind::Object) {
    const Template one = templated();
    return {one, one};
  }
  Localized made;
  members([&](std::string_view key, const ConfigValue& value) {
    if (key == "en") {
      made.english = value.templated();
    } else if (key == "ja") {
      made.japanese = value.templated();
    } else {
      value.fail("is no language; write en or ja");
    }
  });
  if (made.empty()) fail("holds no text; write en and ja");
  if (made.english.empty()) made.english = made.japanese;
  if (made.japanese.empty()) made.japanese = made.english;
  return made;
}

Pointer ConfigValue::pointer() const {
  return at([&] { return Pointer(text()); });
}

std::vector<Pattern> ConfigValue::patterns() const {
  std::vector<Pattern> made;
  textOrTexts(
      [&](const ConfigValue& value) { value.at([&] { made.emplace_back(value.text()); }); });
  return made;
}

}  // namespace pagoda::external
