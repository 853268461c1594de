// pagoda/json/reader.hpp - walks JSON text once, from left to right, without building a tree.
//
// A translator looks at a few members of a text and passes the others on as they are, so the reader
// gives what it is asked for and skips the rest at the speed of a scan. What it skips is checked
// too: after finish() the whole text has proved to be JSON.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "scan.hpp"
#include "unescape.hpp"

namespace pagoda::json {

/// The text is not JSON, or nests deeper than the reader's limit. `what()` names the fault and not
/// the text, which may be private.
class Malformed : public std::runtime_error {
 public:
  Malformed(const char* what, std::size_t offset) : std::runtime_error(what), offset_(offset) {}
  /// Bytes from the start of the text to where it goes wrong.
  std::size_t offset() const noexcept { return offset_; }

 private:
  std::size_t offset_;
};

enum class Kind { Object, Array, String, Number, Boolean, Null };

/// A cursor that stands before one value. Each call takes that value; a typed call answers nullopt
/// (or false) and skips the value when it is of another kind, since upstreams send null, or a
/// string, where a number belongs. Throws Malformed. Borrows the text. One thread at a time.
///
///   json::Reader reader(text);
///   reader.object([&](std::string_view key, json::Reader& value) {
///     if (key == "id") id = value.string(buffer).value_or("");
///   });
///   reader.finish();
class Reader {
 public:
  static constexpr int kMaxDepth = 128;

  explicit Reader(std::string_view text, int maxDepth = kMaxDepth) noexcept
      : begin_(text.data()), p_(begin_), end_(begin_ + text.size()), depthLeft_(maxDepth) {}

  /// The kind of the next value, by its first byte.
  Kind kind();

  /// Calls onMember(key, reader) for each member; what the callback does not take is skipped. The
  /// key is unescaped and lives until the callback takes the value. False: not an object.
  template <class F>
  bool object(F&& onMember);
  /// The same for the elements of an array: onElement(reader).
  template <class F>
  bool array(F&& onElement);

  /// The unescaped text: a view into the document when it has no escapes, else into `buffer`. A
  /// lone surrogate becomes U+FFFD.
  std::optional<std::string_view> string(std::string& buffer);
  /// nullopt also for what does not fit and for fractions; 3.0 and 3e2 are integers.
  std::optional<std::int64_t> integer();
  /// nullopt also for what a double cannot hold.
  std::optional<double> number();
  std::optional<bool> boolean();
  /// Takes the value only if it is null.
  bool null();

  /// The value's own bytes, checked, without white space around them.
  std::string_view raw();
  void skip() { raw(); }

  /// Throws unless nothing but white space is left.
  void finish();
  /// Bytes taken so far.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(p_ - begin_); }

 private:
  [[noreturn]] void fail(const char* what) const { throw Malformed(what, offset()); }
  void space() noexcept {
    while (p_ != end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  }
  char peek() {
    space();
    if (p_ == end_) fail("the JSON text ends early");
    return *p_;
  }
  void enter() {
    if (--depthLeft_ < 0) fail("the JSON text nests too deeply");
  }
  void expect(char c, const char* what) {
    if (peek() != c) fail(what);
    ++p_;
  }
  bool more(char close, const char* what);
  std::string_view key();
  std::string_view stringBody(bool& escaped);
  void skipEscape();
  unsigned hex4();
  std::string_view numberText(bool& integral);
  void literal(std::string_view word);
  void skipValue();

  const char* begin_;
  const char* p_;
  const char* end_;
  int depthLeft_;
  std::string keyBuffer_;
};

inline Kind Reader::kind() {
  switch (const char c = peek()) {
    case '{':
      return Kind::Object;
    case '[':
      return Kind::Array;
    case '"':
      return Kind::String;
    case 't':
    case 'f':
      return Kind::Boolean;
    case 'n':
      return Kind::Null;
    default:
      if (c == '-' || (c >= '0' && c <= '9')) return Kind::Number;
      fail("a JSON value was expected");
  }
}

// After an element: true if another one follows, false if `close` ended the container.
inline bool Reader::more(char close, const char* what) {
  const char c = peek();
  if (c != ',' && c != close) fail(what);
  ++p_;
  return c == ',';
}

template <class F>
bool Reader::object(F&& onMember) {
  if (kind() != Kind::Object) return skip(), false;
  enter();
  ++p_;
  if (peek() == '}') {
    ++p_;
  } else {
    do {
      const std::string_view name = key();
      peek();
      const char* const before = p_;
      onMember(name, *this);
      if (p_ == before) skipValue();
    } while (more('}', "',' or '}' was expected"));
  }
  ++depthLeft_;
  return true;
}

template <class F>
bool Reader::array(F&& onElement) {
  if (kind() != Kind::Array) return skip(), false;
  enter();
  ++p_;
  if (peek() == ']') {
    ++p_;
  } else {
    do {
      peek();
      const char* const before = p_;
      onElement(*this);
      if (p_ == before) skipValue();
    } while (more(']', "',' or ']' was expected"));
  }
  ++depthLeft_;
  return true;
}

inline std::string_view Reader::key() {
  if (peek() != '"') fail("a member's name was expected");
  bool escaped = false;
  std::string_view name = stringBody(escaped);
  if (escaped) {
    detail::unescape(name, keyBuffer_);
    name = keyBuffer_;
  }
  expect(':', "':' was expected");
  return name;
}

// The bytes between the quotes, escapes checked. p_ is on the opening quote.
inline std::string_view Reader::stringBody(bool& escaped) {
  const char* const from = ++p_;
  for (;;) {
    p_ = detail::findSpecial(p_, end_);
    if (p_ == end_) fail("the JSON text ends inside a string");
    if (*p_ == '"') break;
    if (*p_ != '\\') fail("a control character inside a string");
    escaped = true;
    skipEscape();
  }
  return {from, static_cast<std::size_t>(p_++ - from)};
}

inline void Reader::skipEscape() {
  if (end_ - p_ < 2) fail("the JSON text ends inside a string");
  const char c = p_[1];
  p_ += 2;
  if (c == 'u') {
    hex4();
  } else if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
    fail("an unknown escape inside a string");
  }
}

inline unsigned Reader::hex4() {
  unsigned value = 0;
  if (end_ - p_ < 4) fail("the JSON text ends inside a string");
  const auto [stop, error] = std::from_chars(p_, p_ + 4, value, 16);
  if (error != std::errc{} || stop != p_ + 4) fail("a \\u escape without four hexadecimal digits");
  p_ += 4;
  return value;
}

inline std::optional<std::string_view> Reader::string(std::string& buffer) {
  if (kind() != Kind::String) return skip(), std::nullopt;
  bool escaped = false;
  const std::string_view body = stringBody(escaped);
  if (!escaped) return body;
  detail::unescape(body, buffer);
  return std::string_view(buffer);
}

// JSON's number grammar: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
inline std::string_view Reader::numberText(bool& integral) {
  const char* const from = p_;
  const auto digits = [this] {
    if (p_ == end_ || *p_ < '0' || *p_ > '9') fail("a digit was expected");
    while (p_ != end_ && *p_ >= '0' && *p_ <= '9') ++p_;
  };
  integral = true;
  if (*p_ == '-') ++p_;
  if (p_ != end_ && *p_ == '0') {
    ++p_;
    if (p_ != end_ && *p_ >= '0' && *p_ <= '9') fail("a number with a leading zero");
  } else {
    digits();
  }
  if (p_ != end_ && *p_ == '.') {
    integral = false;
    ++p_;
    digits();
  }
  if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
    integral = false;
    ++p_;
    if (p_ != end_ && (*p_ == '+' || *p_ == '-')) ++p_;
    digits();
  }
  return {from, static_cast<std::size_t>(p_ - from)};
}

inline std::optional<double> Reader::number() {
  if (kind() != Kind::Number) return skip(), std::nullopt;
  bool integral = false;
  const std::string_view text = numberText(integral);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{}) return std::nullopt;
  return value;
}

inline std::optional<std::int64_t> Reader::integer() {
  if (kind() != Kind::Number) return skip(), std::nullopt;
  bool integral = false;
  const std::string_view text = numberText(integral);
  const char* const last = text.data() + text.size();
  if (integral) {
    std::int64_t value = 0;
    if (std::from_chars(text.data(), last, value).ec != std::errc{}) return std::nullopt;
    return value;
  }
  double value = 0;
  if (std::from_chars(text.data(), last, value).ec != std::errc{}) return std::nullopt;
  // 2^53: past it a double no longer names one integer.
  if (value != value || value < -9007199254740992.0 || value > 9007199254740992.0)
    return std::nullopt;
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) != value) return std::nullopt;
  return whole;
}

inline void Reader::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - p_) < word.size() ||
      std::string_view(p_, word.size()) != word)
    fail("a JSON value was expected");
  p_ += word.size();
}

inline std::optional<bool> Reader::boolean() {
  if (kind() != Kind::Boolean) return skip(), std::nullopt;
  const bool value = *p_ == 't';
  literal(value ? "true" : "false");
  return value;
}

inline bool Reader::null() {
  if (kind() != Kind::Null) return false;
  literal("null");
  return true;
}

inline void Reader::skipValue() {
  bool ignored = false;
  switch (kind()) {
    case Kind::Object:
      object([](std::string_view, Reader&) {});
      break;
    case Kind::Array:
      array([](Reader&) {});
      break;
    case Kind::String:
      stringBody(ignored);
      break;
    case Kind::Number:
      numberText(ignored);
      break;
    case Kind::Boolean:
      literal(*p_ == 't' ? "true" : "false");
      break;
    case Kind::Null:
      literal("null");
      break;
  }
}

inline std::string_view Reader::raw() {
  peek();
  const char* const from = p_;
  skipValue();
  return {from, static_cast<std::size_t>(p_ - from)};
}

inline void Reader::finish() {
  space();
  if (p_ != end_) fail("text follows the JSON value");
}

/// Whether `text` is one JSON value, nested at most kMaxDepth deep.
inline bool valid(std::string_view text) {
  try {
    Reader reader(text);
    reader.skip();
    reader.finish();
    return true;
  } catch (const Malformed&) {
    return false;
  }
}

}  // namespace pagoda::json
