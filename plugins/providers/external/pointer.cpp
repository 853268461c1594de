#include "pointer.h"

#include <charconv>

#include <pagoda/sdk.hpp>

namespace pagoda::external {
namespace {

constexpr std::size_t kMostSegments = 16;

std::string unescaped(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '~') {
      out += segment[i];
      continue;
    }
    const char next = i + 1 < segment.size() ? segment[i + 1] : '\0';
    if (next != '0' && next != '1')
      throw sdk::Failure(PAGODA_E_CONFIG, "a pointer with '~' that is not ~0 or ~1");
    out += next == '0' ? '~' : '/';
    ++i;
  }
  return out;
}

std::optional<std::string_view> child(std::string_view json, std::string_view segment) {
  std::optional<std::string_view> found;
  json::Reader reader(json);
  const bool first = segment == "*";
  if (reader.kind() == json::Kind::Object) {
    reader.object([&](std::string_view key, json::Reader& value) {
      if (!found && (first || key == segment)) found = value.raw();
    });
    return found;
  }
  std::size_t wanted = 0;
  if (!first) {
    const char* const end = segment.data() + segment.size();
    const auto [stop, error] = std::from_chars(segment.data(), end, wanted);
    if (error != std::errc{} || stop != end) return std::nullopt;
  }
  std::size_t index = 0;
  reader.array([&](json::Reader& value) {
    if (index++ == wanted) found = value.raw();
  });
  return found;
}

}  // namespace

Pointer::Pointer(std::string_view text) {
  if (text.empty()) return;
  if (text[0] != '/') throw sdk::Failure(PAGODA_E_CONFIG, "a pointer that does not begin with '/'");
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = text.find('/');
    const std::string_view segment = text.substr(0, end);
    if (segment.starts_with('$')) {
      segments_.push_back({std::string(segment.substr(1)), true});
    } else {
      segments_.push_back({unescaped(segment), false});
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  if (segments_.size() > kMostSegments)
    throw sdk::Failure(PAGODA_E_CONFIG, "a pointer with more than 16 segments");
}

std::vector<std::string> Pointer::parameters() const {
  std::vector<std::string> names;
  for (const Segment& segment : segments_)
    if (segment.parameter) names.push_back(segment.text);
  return names;
}

std::optional<std::string_view> Pointer::find(std::string_view json, const Resolve& resolve) const {
  std::optional<std::string_view> value = json;
  for (const Segment& segment : segments_) {
    if (!segment.parameter) {
      value = child(*value, segment.text);
    } else {
      const auto resolved = resolve ? resolve(segment.text) : std::nullopt;
      if (!resolved) return std::nullopt;
      value = child(*value, *resolved);
    }
    if (!value) return std::nullopt;
  }
  if (*value == "null") return std::nullopt;
  return value;
}

std::optional<std::string> scalarText(std::string_view json) {
  constexpr std::size_t kMostElements = 32;
  json::Reader reader(json);
  std::string buffer;
  switch (reader.kind()) {
    case json::Kind::String:
      return std::string(*reader.string(buffer));
    case json::Kind::Number:
    case json::Kind::Boolean:
      return std::string(reader.raw());
    case json::Kind::Array:
      break;
    default:
      return std::nullopt;
  }
  std::string joined;
  std::size_t count = 0;
  bool plain = true;
  reader.array([&](json::Reader& element) {
    const json::Kind kind = element.kind();
    plain = plain && kind != json::Kind::Object && kind != json::Kind::Array;
    if (!plain || kind == json::Kind::Null || ++count > kMostElements) return;
    if (!joined.empty()) joined += ", ";
    joined += kind == json::Kind::String ? *element.string(buffer) : element.raw();
  });
  if (!plain || joined.empty()) return std::nullopt;
  return joined;
}

}  // namespace pagoda::external
