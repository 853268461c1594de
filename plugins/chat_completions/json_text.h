#pragma once
// Small readings of JSON texts that the translators share.

#include <cstdint>
#include <string>
#include <string_view>

#include <pagoda/sdk.hpp>

namespace pagoda::chat_completions {

/// The text of a JSON string; empty for every other value.
inline std::string stringOf(std::string_view raw) {
  if (!raw.starts_with('"')) return {};
  std::string buffer;
  return std::string(*json::Reader(raw).string(buffer));
}

inline std::string quoted(std::string_view text) {
  std::string out;
  json::appendString(out, text);
  return out;
}

/// Calls visit(key, raw) for each member; false if `text` is not an object. Throws json::Malformed.
template <class F>
bool eachMember(std::string_view text, F&& visit) {
  json::Reader reader(text);
  std::string copy;
  const bool object = reader.object([&](std::string_view key, json::Reader& value) {
    if (key.data() < text.data() || key.data() >= text.data() + text.size()) {
      copy = key;  // unescaped into the reader's buffer, which the value may use again
      key = copy;
    }
    visit(key, value.raw());
  });
  reader.finish();
  return object;
}

/// Calls visit(raw) for each element; false if `text` is not an array. Throws json::Malformed.
template <class F>
bool eachElement(std::string_view text, F&& visit) {
  json::Reader reader(text);
  const bool array = reader.array([&](json::Reader& element) { visit(element.raw()); });
  reader.finish();
  return array;
}

/// The value of the first member of this name; empty if there is none.
inline std::string_view memberOf(std::string_view object, std::string_view name) {
  std::string_view found;
  if (!object.starts_with('{')) return found;
  eachMember(object, [&](std::string_view key, std::string_view raw) {
    if (found.empty() && key == name) found = raw;
  });
  return found;
}

/// A count of tokens; -1 for what is none or cannot be true, which `absurd` then tells.
inline std::int64_t countOf(std::string_view raw, bool& absurd) {
  constexpr std::int64_t kMost = 1'000'000'000;  // above any model's window
  json::Reader reader(raw);
  if (raw.empty() || reader.kind() != json::Kind::Number) return -1;
  const auto number = reader.integer();
  if (number && *number >= 0 && *number <= kMost) return *number;
  absurd = true;
  return -1;
}

}  // namespace pagoda::chat_completions
