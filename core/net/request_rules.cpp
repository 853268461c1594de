#include "core/net/request_rules.h"

#include <algorithm>
#include <array>
#include <string>

#include <Poco/Net/IPAddress.h>

namespace pagoda::net {
namespace {

using ByteSet = std::array<bool, 256>;

constexpr void add(ByteSet& set, std::string_view bytes) {
  for (const char c : bytes) set[static_cast<unsigned char>(c)] = true;
}

constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

constexpr ByteSet setOf(std::string_view extra) {
  ByteSet set{};
  add(set, kAlphanumeric);
  add(set, extra);
  return set;
}

constexpr ByteSet kToken = setOf("!#$%&'*+-.^_`|~");
constexpr ByteSet kHostName = setOf("-._~");
constexpr ByteSet kPath = setOf("-._~!$&'()*+,;=:@/");
// Brackets, braces and bars are not in RFC 3986, but clients do send them unescaped here.
constexpr ByteSet kQuery = setOf("-._~!$&'()*+,;=:@/?[]{}|^`");

constexpr ByteSet kField = [] {
  ByteSet set{};
  for (unsigned byte = 0x20; byte < 256; ++byte) set[byte] = byte != 0x7f;
  set['\t'] = true;
  return set;
}();

bool allIn(std::string_view text, const ByteSet& set) noexcept {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool isDigit(char c) noexcept {
  return c >= '0' && c <= '9';
}

int hexValue(char c) noexcept {
  if (isDigit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool isPort(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, isDigit)) return false;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value > 0 && value <= 65535;
}

/// Bytes of the UTF-8 sequence at the front of `text`; 0 if there is none (overlong, surrogate).
std::size_t utf8Size(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return size;
}

bool isUtf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = utf8Size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

/// Decodes percent escapes; false if one is malformed.
bool decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hexValue(text[i + 1]);
    const int low = hexValue(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return true;
}

bool hasDotSegment(std::string_view path) noexcept {
  std::size_t start = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && path[i] != '/' && path[i] != '\\') continue;
    const std::string_view segment = path.substr(start, i - start);
    if (segment == "." || segment == "..") return true;
    start = i + 1;
  }
  return false;
}

const char* faultOf(std::string_view text, const ByteSet& allowed, std::string& decoded) {
  for (const char c : text) {
    if (c != '%' && !allowed[static_cast<unsigned char>(c)]) {
      return "the request target holds a byte that has to be percent-encoded";
    }
  }
  if (text.find('%') == std::string_view::npos) return nullptr;
  if (!decode(text, decoded)) return "the request target holds a malformed percent escape";
  if (decoded.find('\0') != std::string::npos) return "the request target holds an escaped NUL";
  if (!isUtf8(decoded)) return "the request target's escapes are not UTF-8";
  return nullptr;
}

}  // namespace

bool isFieldByte(unsigned char byte) noexcept {
  return kField[byte];
}

bool isToken(std::string_view text) noexcept {
  return !text.empty() && allIn(text, kToken);
}

bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimBlanks(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool isHost(std::string_view value) noexcept {
  if (value.empty() || value.size() > 261) return false;
  if (value.front() == '[') {
    const std::size_t end = value.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = value.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !isPort(rest.substr(1)))) return false;
    const std::string_view inner = value.substr(1, end - 1);
    // A zone (%eth0) means something on the client's machine only.
    if (inner.empty() || inner.find_first_not_of("0123456789abcdefABCDEF:.") != inner.npos) {
      return false;
    }
    Poco::Net::IPAddress parsed;
    return Poco::Net::IPAddress::tryParse(std::string(inner), parsed) &&
           parsed.family() == Poco::Net::IPAddress::IPv6;
  }
  const std::size_t colon = value.find(':');
  if (colon != std::string_view::npos && !isPort(value.substr(colon + 1))) return false;
  const std::string_view name = value.substr(0, colon);
  return !name.empty() && allIn(name, kHostName);
}

std::optional<std::uint64_t> parseContentLength(std::string_view value) noexcept {
  if (value.empty() || value.size() > 19 || !std::ranges::all_of(value, isDigit)) {
    return std::nullopt;
  }
  std::uint64_t length = 0;  // 19 digits fit 64 bits
  for (const char c : value) length = length * 10 + static_cast<unsigned>(c - '0');
  if (length > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return length;
}

const char* faultOfPath(std::string_view path) {
  std::string decoded;
  if (const char* fault = faultOf(path, kPath, decoded)) return fault;
  const std::string_view plain = decoded.empty() ? path : std::string_view(decoded);
  const bool control = std::ranges::any_of(plain, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control) return "the request target holds an escaped control byte";
  if (hasDotSegment(plain)) return "the request target holds a dot segment";
  return nullptr;
}

const char* faultOfQuery(std::string_view query) {
  std::string decoded;
  return faultOf(query, kQuery, decoded);
}

bool listHas(std::string_view value, std::string_view token) noexcept {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (equalsIgnoreCase(trimBlanks(value.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace pagoda::net
