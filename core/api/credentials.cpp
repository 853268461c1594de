#include "core/api/credentials.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestKey = 512;

// The token behind "Bearer", or empty.
std::string_view bearerToken(std::string_view value) {
  constexpr std::string_view kScheme = "bearer";
  if (value.size() <= kScheme.size()) return {};
  const bool bearer = std::ranges::equal(
      value.substr(0, kScheme.size()), kScheme,
      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  if (!bearer || value[kScheme.size()] != ' ') return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

bool plausible(std::string_view key) {
  return !key.empty() && key.size() <= kLongestKey &&
         std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7F && c != ','; });
}

}  // namespace

Result<std::string_view> credentialOf(const HttpRequest& request) {
  constexpr std::array<std::string_view, 3> kHeaders{"authorization", "x-api-key",
                                                     "x-goog-api-key"};
  std::string_view key;
  bool found = false;
  for (const std::string_view name : kHeaders) {
    const std::size_t count = request.count(name);
    if (count == 0) continue;
    if (count > 1)
      return fail(ErrorCode::InvalidRequest,
                  "the header '" + std::string(name) + "' came more than once");
    const std::string_view value = request.header(name);
    const std::string_view token = name == "authorization" ? bearerToken(value) : value;
    if (!plausible(token))
      return fail(ErrorCode::Unauthenticated,
                  "the header '" + std::string(name) +
                      "' holds no API key; send 'Authorization: Bearer <key>'");
    if (found && token != key)
      return fail(ErrorCode::InvalidRequest, "two headers name different API keys; send one");
    key = token;
    found = true;
  }
  return key;
}

}  // namespace pagoda::api
