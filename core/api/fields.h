#pragma once
// Typed and range-checked reading of request members; every refusal names the member.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/json_body.h"
#include "core/base/result.h"

namespace pagoda::api {

struct IntegerRange {
  std::int64_t lowest;
  std::int64_t highest;
};
struct NumberRange {
  double lowest;
  double highest;
};

Result<bool> readBool(JsonValue value, std::string_view param);
Result<std::int64_t> readInteger(JsonValue value, std::string_view param, IntegerRange range);
Result<double> readNumber(JsonValue value, std::string_view param, NumberRange range);
Result<std::string_view> readString(JsonValue value, std::string_view param);
/// 1 to 256 bytes without control characters: names of models, roles and users.
Result<std::string_view> readName(JsonValue value, std::string_view param);

/// `fail` with "<param> must be <wanted>".
tl::unexpected<Error> wrong(std::string_view param, std::string_view wanted);
tl::unexpected<Error> missing(std::string_view param);

/// The closest of `known` to a mistyped name, or empty.
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known);

/// A client's text for a message: one short line of printable characters.
std::string shownText(std::string_view text);

}  // namespace pagoda::api
