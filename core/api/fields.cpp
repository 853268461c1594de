#include "core/api/fields.h"

#include <algorithm>
#include <charconv>
#include <simdjson.h>

#include "core/base/edit_distance.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestShown = 64;

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string decimal(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return {text, end};
}

}  // namespace

tl::unexpected<Error> wrong(std::string_view param, std::string_view wanted) {
  std::string message(param);
  message.append(" must be ").append(wanted);
  return fail(ErrorCode::InvalidRequest, std::move(message), std::string(param));
}

tl::unexpected<Error> missing(std::string_view param) {
  return fail(ErrorCode::InvalidRequest, std::string(param) + " is missing", std::string(param));
}

Result<bool> readBool(JsonValue value, std::string_view param) {
  if (!value.isBool()) return wrong(param, "true or false");
  return value.kind() == JsonKind::True;
}

Result<std::int64_t> readInteger(JsonValue value, std::string_view param, IntegerRange range) {
  const auto number = value.integer();
  if (!number || *number < range.lowest || *number > range.highest)
    return wrong(param, "an integer from " + std::to_string(range.lowest) + " to " +
                            std::to_string(range.highest));
  return *number;
}

Result<double> readNumber(JsonValue value, std::string_view param, NumberRange range) {
  const auto number = value.number();
  if (!number || *number < range.lowest || *number > range.highest)
    return wrong(param, "a number from " + decimal(range.lowest) + " to " + decimal(range.highest));
  return *number;
}

Result<std::string_view> readString(JsonValue value, std::string_view param) {
  if (!value.isString()) return wrong(param, "a string");
  return value.text();
}

Result<std::string_view> readName(JsonValue value, std::string_view param) {
  if (!value.isString()) return wrong(param, "a string");
  const std::string_view name = value.text();
  if (name.empty() || name.size() > kLongestName || std::ranges::any_of(name, isControl))
    return wrong(param, "a string of 1 to 256 bytes without control characters");
  return name;
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.size() > kLongestShown) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = editDistance(name, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string shownText(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kLongestShown)) shown += isControl(c) ? '?' : c;
  // The cut may have halved a character.
  while (!shown.empty() && !simdjson::validate_utf8(shown.data(), shown.size())) shown.pop_back();
  return shown;
}

}  // namespace pagoda::api
