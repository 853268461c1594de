#pragma once
// A request's JSON, read in one pass into an index of its values: each knows its own bytes, so that
// what is passed on is spliced and never written anew. Stricter than JSON itself in three points:
// no key twice in an object, no half of a surrogate pair, no deeper than kMaxJsonDepth.

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pagoda::api {

inline constexpr int kMaxJsonDepth = 64;
/// The index takes 24 bytes a value: a body of nothing but brackets must not grow twelvefold.
inline constexpr std::size_t kMaxJsonValues = 1'000'000;

enum class JsonKind : std::uint8_t { Object, Array, String, Number, True, False, Null };

/// "an object", "a string", ...: for messages.
std::string_view describe(JsonKind kind) noexcept;

class JsonDocument;
class JsonMembers;

/// One value of a document; as cheap to copy as a pointer. Lives as long as its document.
class JsonValue {
 public:
  JsonKind kind() const;
  bool isObject() const { return kind() == JsonKind::Object; }
  bool isArray() const { return kind() == JsonKind::Array; }
  bool isString() const { return kind() == JsonKind::String; }
  bool isNull() const { return kind() == JsonKind::Null; }
  bool isBool() const { return kind() == JsonKind::True || kind() == JsonKind::False; }

  /// The client's bytes, without white space around them.
  std::string_view raw() const;
  /// The member's name; empty for what is no member.
  std::string_view key() const;
  /// The text of a string, unescaped; lives as long as the document. Only for strings.
  std::string_view text() const;
  /// Exactly an integer that was written as one: 64, not 64.0, 6.4e1 or "64".
  std::optional<std::int64_t> integer() const;
  /// A finite number.
  std::optional<double> number() const;

  /// Keeps a text that belongs to the same request as long as its document.
  std::string_view keep(std::string text) const;

  /// Elements of an array or members of an object, in the client's order; empty for others.
  JsonMembers children() const;
  std::optional<JsonValue> find(std::string_view key) const;

 private:
  friend class JsonDocument;
  friend class JsonMembers;
  JsonValue(const JsonDocument* document, std::uint32_t index)
      : document_(document), index_(index) {}
  const JsonDocument* document_;
  std::uint32_t index_;
};

class JsonDocument {
 public:
  /// Errors: InvalidRequest, naming the fault and its byte, or the key that came twice (also as
  /// param).
  static Result<std::shared_ptr<JsonDocument>> parse(std::string text);

  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  JsonValue root() const { return {this, 0}; }
  /// Keeps a text that belongs to the same request.
  std::string_view keep(std::string text) const;

  struct Node {
    std::uint32_t begin = 0, end = 0;        // of the value
    std::uint32_t keyBegin = 0, keyEnd = 0;  // between the quotes
    std::uint32_t next = 0;                  // first node behind this value and all within it
    JsonKind kind = JsonKind::Null;
    bool escaped = false;
    bool keyEscaped = false;
  };

 private:
  friend class JsonValue;
  friend class JsonMembers;
  explicit JsonDocument(std::string text) : text_(std::move(text)) {}
  std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  std::string text_;
  std::vector<Node> nodes_;
  // Unescaped strings, made when they are asked for. A document belongs to one request, and so to
  // one loop.
  mutable std::pmr::monotonic_buffer_resource arena_;
};

/// Range of a container's children.
class JsonMembers {
 public:
  class Iterator {
   public:
    Iterator(const JsonDocument* document, std::uint32_t index)
        : document_(document), index_(index) {}
    JsonValue operator*() const { return {document_, index_}; }
    Iterator& operator++() {
      index_ = document_->nodes_[index_].next;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const JsonDocument* document_;
    std::uint32_t index_;
  };

  JsonMembers(const JsonDocument* document, std::uint32_t first, std::uint32_t last)
      : document_(document), first_(first), last_(last) {}
  Iterator begin() const { return {document_, first_}; }
  Iterator end() const { return {document_, last_}; }
  bool empty() const { return first_ == last_; }

 private:
  const JsonDocument* document_;
  std::uint32_t first_, last_;
};

}  // namespace pagoda::api
