#include "core/api/json_merge.h"

#include <map>
#include <utility>
#include <vector>

#include <pagoda/json.hpp>

namespace pagoda::api {
namespace {

constexpr std::size_t kMostMembers = 256;
constexpr int kDeepest = 32;

using Values = std::vector<std::string_view>;

/// Members by name, in the order in which they came first. Views into `object`.
struct Groups {
  std::vector<std::pair<std::string, Values>> all;
  bool repeats = false;

  explicit Groups(std::string_view object) {
    std::map<std::string, std::size_t, std::less<>> places;
    json::Reader reader(object);
    reader.object([&](std::string_view key, json::Reader& value) {
      const auto [place, isNew] = places.try_emplace(std::string(key), all.size());
      if (isNew && all.size() == kMostMembers) {
        places.erase(place);
        return;
      }
      if (isNew) all.emplace_back(place->first, Values{});
      repeats = repeats || !isNew;
      all[place->second].second.push_back(value.raw());
    });
    reader.finish();
  }
};

bool all(const Values& values, char open) {
  for (const std::string_view value : values)
    if (value.front() != open) return false;
  return true;
}

std::string joined(const Values& values, char open) {
  std::string text;
  for (const std::string_view value : values) {
    const std::string_view inside = insideOf(value, open);
    if (inside.empty()) continue;
    if (!text.empty()) text += ',';
    text += inside;
  }
  return text;
}

void append(std::string& out, const Values& values, Repeated repeated, int depth);

void appendMembers(std::string& out, const std::string& members, Repeated repeated, int depth) {
  const std::string object = "{" + members + "}";
  bool first = true;
  for (const auto& [name, values] : Groups(object).all) {
    if (!std::exchange(first, false)) out += ',';
    json::appendString(out, name);
    out += ':';
    append(out, values, repeated, depth);
  }
}

void append(std::string& out, const Values& values, Repeated repeated, int depth) {
  if (values.size() == 1 || repeated == Repeated::Replaced || depth == kDeepest) {
    out += values.back();
  } else if (all(values, '[')) {
    out.append("[").append(joined(values, '[')).append("]");
  } else if (all(values, '{')) {
    out += '{';
    appendMembers(out, joined(values, '{'), repeated, depth + 1);
    out += '}';
  } else {
    out += values.back();
  }
}

}  // namespace

std::string mergedMembers(std::string_view members, Repeated repeated) {
  if (members.empty()) return {};
  std::string out;
  try {
    appendMembers(out, std::string(members), repeated, 0);
  } catch (const json::Malformed&) {
    return {};  // a provider's members that are no JSON do not spoil the answer
  }
  return out;
}

std::string_view memberOf(std::string_view members, std::string_view name) {
  if (members.find(name) == std::string_view::npos) return {};
  const std::string object = "{" + std::string(members) + "}";
  std::size_t at = 0;
  std::size_t size = 0;
  try {
    json::Reader reader(object);
    reader.object([&](std::string_view key, json::Reader& value) {
      if (key != name) return;
      const std::string_view raw = value.raw();
      at = static_cast<std::size_t>(raw.data() - object.data()) - 1;  // without the brace
      size = raw.size();
    });
  } catch (const json::Malformed&) {
    return {};
  }
  return members.substr(at, size);
}

std::string_view insideOf(std::string_view json, char open) {
  if (json.size() < 2 || json.front() != open) return {};
  std::string_view inside = json.substr(1, json.size() - 2);
  const std::size_t first = inside.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return inside.substr(first, inside.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace pagoda::api
