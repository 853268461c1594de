// pagoda/json/writer.hpp - an append-only JSON writer.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include "scan.hpp"

namespace pagoda::json {

/// Anything that grows at its end: std::string, sdk::Buffer.
template <class T>
concept Output = requires(T& out, const char* data, std::size_t size) { out.append(data, size); };

/// Appends `text` without quotes, escaped as JSON asks for: quote, backslash and control
/// characters. `text` is valid UTF-8; its other characters are kept as they are.
template <Output Out>
void appendEscaped(Out& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  const char* p = text.data();
  const char* const end = p + text.size();
  for (;;) {
    const char* const run = p;
    p = detail::findSpecial(p, end);
    if (p != run) out.append(run, static_cast<std::size_t>(p - run));
    if (p == end) return;
    const char c = *p++;
    char escape[6] = {'\\', c, '0', '0', '0', '0'};
    std::size_t size = 2;
    switch (c) {
      case '"':
      case '\\':
        break;
      case '\n':
        escape[1] = 'n';
        break;
      case '\r':
        escape[1] = 'r';
        break;
      case '\t':
        escape[1] = 't';
        break;
      case '\b':
        escape[1] = 'b';
        break;
      case '\f':
        escape[1] = 'f';
        break;
      default:
        escape[1] = 'u';
        escape[4] = kHex[static_cast<unsigned char>(c) >> 4];
        escape[5] = kHex[static_cast<unsigned char>(c) & 15];
        size = 6;
    }
    out.append(escape, size);
  }
}

template <Output Out>
void appendString(Out& out, std::string_view text) {
  out.append("\"", 1);
  appendEscaped(out, text);
  out.append("\"", 1);
}

template <Output Out, std::integral N>
void appendNumber(Out& out, N number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// The shortest text that reads back as the same double; null for what JSON cannot say.
template <Output Out, std::floating_point N>
void appendNumber(Out& out, N number) {
  if (!std::isfinite(number)) {
    out.append("null", 4);
    return;
  }
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

/// Writes one JSON text to the end of `out`; commas and colons come by themselves.
///
///   json::Writer writer(text);
///   writer.beginObject().member("id", id).key("tags").beginArray().string("a").endArray();
///   writer.endObject();
///
/// Nesting is the caller's to get right. Not thread-safe; `out` outlives the writer.
template <Output Out>
class Writer {
 public:
  explicit Writer(Out& out) noexcept : out_(out) {}

  Writer& beginObject() { return open("{"); }
  Writer& endObject() { return close("}"); }
  Writer& beginArray() { return open("["); }
  Writer& endArray() { return close("]"); }

  Writer& key(std::string_view name) {
    separate();
    appendString(out_, name);
    out_.append(":", 1);
    afterValue_ = false;
    return *this;
  }
  Writer& string(std::string_view text) {
    separate();
    appendString(out_, text);
    return *this;
  }
  template <class N>
    requires(std::integral<N> || std::floating_point<N>) && (!std::same_as<N, bool>)
  Writer& number(N value) {
    separate();
    appendNumber(out_, value);
    return *this;
  }
  Writer& boolean(bool value) { return raw(value ? "true" : "false"); }
  Writer& null() { return raw("null"); }
  /// `json` is one JSON text and is copied as it is.
  Writer& raw(std::string_view json) {
    separate();
    out_.append(json.data(), json.size());
    return *this;
  }

  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, std::same_as<bool> auto value) {
    return key(name).boolean(value);
  }
  template <class N>
    requires(std::integral<N> || std::floating_point<N>) && (!std::same_as<N, bool>)
  Writer& member(std::string_view name, N value) {
    return key(name).number(value);
  }
  Writer& rawMember(std::string_view name, std::string_view json) { return key(name).raw(json); }

 private:
  void separate() {
    if (afterValue_) out_.append(",", 1);
    afterValue_ = true;
  }
  Writer& open(const char* bracket) {
    separate();
    out_.append(bracket, 1);
    afterValue_ = false;
    return *this;
  }
  Writer& close(const char* bracket) {
    out_.append(bracket, 1);
    afterValue_ = true;
    return *this;
  }

  Out& out_;
  bool afterValue_ = false;
};

}  // namespace pagoda::json
