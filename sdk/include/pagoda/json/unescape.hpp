// pagoda/json/unescape.hpp - the text behind the escapes of a JSON string.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace pagoda::json {

namespace detail {

inline void appendUtf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

inline unsigned escapedUnit(std::string_view body, std::size_t at) noexcept {
  unsigned unit = 0;
  std::from_chars(body.data() + at, body.data() + at + 4, unit, 16);
  return unit;
}

/// Writes the text of a JSON string's inside over `out`. Every escape in `body` is whole: Reader
/// has checked it. A lone surrogate becomes U+FFFD.
inline void unescape(std::string_view body, std::string& out) {
  out.clear();
  std::size_t i = 0;
  for (;;) {
    const std::size_t slash = body.find('\\', i);
    out.append(body.substr(i, slash - i));
    if (slash == std::string_view::npos) return;
    const char c = body[slash + 1];
    i = slash + 2;
    switch (c) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      default:
        out += c;
        break;
      case 'u': {
        unsigned code = escapedUnit(body, i);
        i += 4;
        if (code >= 0xD800 && code <= 0xDFFF) {
          const bool pair = code < 0xDC00 && body.substr(i, 2) == "\\u";
          const unsigned low = pair ? escapedUnit(body, i + 2) : 0;
          if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          } else {
            code = 0xFFFD;
          }
        }
        appendUtf8(out, code);
      }
    }
  }
}

}  // namespace detail
}  // namespace pagoda::json
