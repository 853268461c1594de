#include "core/api/json_body.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <simdjson.h>

#include "core/api/fields.h"
#include "core/api/json_scanner.h"

namespace pagoda::api {
namespace {

constexpr std::size_t kLongestText = std::size_t{1} << 31;  // positions are 32 bits

}  // namespace

std::string_view describe(JsonKind kind) noexcept {
  switch (kind) {
    case JsonKind::Object:
      return "an object";
    case JsonKind::Array:
      return "an array";
    case JsonKind::String:
      return "a string";
    case JsonKind::Number:
      return "a number";
    case JsonKind::True:
    case JsonKind::False:
      return "a boolean";
    case JsonKind::Null:
      return "null";
  }
  return "a value";
}

Result<std::shared_ptr<JsonDocument>> JsonDocument::parse(std::string text) {
  if (text.empty()) return fail(ErrorCode::InvalidRequest, "the body is empty; send a JSON object");
  if (text.size() > kLongestText) return fail(ErrorCode::PayloadTooLarge, "the body is too large");
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return fail(ErrorCode::InvalidRequest, "the body is not valid UTF-8");

  std::shared_ptr<JsonDocument> document(new JsonDocument(std::move(text)));
  document->nodes_.reserve(32);
  JsonScanner scanner(document->text_, document->nodes_);
  if (!scanner.run()) {
    if (scanner.duplicate()) {
      const std::string key = shownText(*scanner.duplicate());
      return fail(ErrorCode::InvalidRequest, "the key '" + key + "' comes twice in one object",
                  key);
    }
    return fail(ErrorCode::InvalidRequest,
                "the body is not valid JSON: " + std::string(scanner.fault()) + " at byte " +
                    std::to_string(scanner.offset()));
  }
  return document;
}

std::string_view JsonDocument::keep(std::string text) const {
  auto* bytes = static_cast<char*>(arena_.allocate(text.size() + 1, 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

std::string_view JsonValue::keep(std::string text) const {
  return document_->keep(std::move(text));
}

JsonKind JsonValue::kind() const {
  return document_->nodes_[index_].kind;
}

std::string_view JsonValue::raw() const {
  const auto& node = document_->nodes_[index_];
  return document_->slice(node.begin, node.end);
}

std::string_view JsonValue::key() const {
  const auto& node = document_->nodes_[index_];
  const std::string_view name = document_->slice(node.keyBegin, node.keyEnd);
  if (!node.keyEscaped) return name;
  std::string plain;
  unescapeJson(name, plain);
  return document_->keep(std::move(plain));
}

std::string_view JsonValue::text() const {
  const auto& node = document_->nodes_[index_];
  const std::string_view body = document_->slice(node.begin + 1, node.end - 1);
  if (!node.escaped) return body;
  std::string plain;
  plain.reserve(body.size());
  unescapeJson(body, plain);
  return document_->keep(std::move(plain));
}

std::optional<std::int64_t> JsonValue::integer() const {
  if (kind() != JsonKind::Number) return std::nullopt;
  const std::string_view digits = raw();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> JsonValue::number() const {
  if (kind() != JsonKind::Number) return std::nullopt;
  const std::string_view digits = raw();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

JsonMembers JsonValue::children() const {
  const auto& node = document_->nodes_[index_];
  if (node.kind != JsonKind::Object && node.kind != JsonKind::Array)
    return {document_, node.next, node.next};
  return {document_, index_ + 1, node.next};
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!isObject()) return std::nullopt;
  for (const JsonValue member : children())
    if (member.key() == key) return member;
  return std::nullopt;
}

}  // namespace pagoda::api
