#pragma once
// What a request head may look like beyond what llhttp checks. Refusing is cheap; two readings of
// one message are how requests are smuggled. Source: RFC 9110, RFC 9112, RFC 3986.

#include <cstdint>
#include <optional>
#include <string_view>

namespace pagoda::net {

/// Bytes that may stand in a field value, a tab included.
bool isFieldByte(unsigned char byte) noexcept;
/// RFC 9110 token: names of methods and fields.
bool isToken(std::string_view text) noexcept;
bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept;
std::string_view trimBlanks(std::string_view text) noexcept;

/// Host as a server can be meant by it: a name, an IPv4 or a bracketed IPv6 address, perhaps a
/// port. No user, no list, no percent escapes.
bool isHost(std::string_view value) noexcept;

/// Plain digits that fit 63 bits.
std::optional<std::uint64_t> parseContentLength(std::string_view value) noexcept;

/// Null if the path is fine, else why not: bytes outside of RFC 3986, bad escapes, escaped control
/// bytes, escapes that are not UTF-8, dot segments in any writing.
const char* faultOfPath(std::string_view path);
/// The same for what follows '?', where dots and escaped line ends are data.
const char* faultOfQuery(std::string_view query);

/// Whether a comma-separated field value (Connection) names `token`, which is in lower case.
bool listHas(std::string_view value, std::string_view token) noexcept;

}  // namespace pagoda::net
