// JSON of document.h, read by the SDK's reader.
#include <pagoda/json.hpp>

#include "document.h"

namespace pagoda::local {
namespace {

Phrase inBoth(std::string_view what) {
  // The reader's own words; the Japanese side names the commonest.
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"the JSON text ends early", "JSONが途中で終わっています"},
      {"the JSON text ends inside a string", "文字列の途中でJSONが終わっています"},
      {"the JSON text nests too deeply", "入れ子が深すぎます"},
      {"a JSON value was expected", "ここには値が必要です"},
      {"a member's name was expected", "ここにはキー(文字列)が必要です"},
      {"':' was expected", "ここには「:」が必要です"},
      {"',' or '}' was expected", "ここには「,」か「}」が必要です"},
      {"',' or ']' was expected", "ここには「,」か「]」が必要です"},
      {"a control character inside a string", "文字列の中に制御文字があります"},
      {"an unknown escape inside a string", "文字列の中に不明なエスケープがあります"},
      {"a number with a leading zero", "数が余分な0で始まっています"},
      {"a digit was expected", "ここには数字が必要です"},
      {"text follows the JSON value", "JSONの値の後に余分な文字があります"}};
  for (const auto& [en, ja] : kKnown)
    if (en == what) return {std::string(en), std::string(ja)};
  return {std::string(what), std::string(what)};
}

Node readValue(json::Reader& reader) {
  Node node;
  std::string buffer;
  switch (reader.kind()) {
    case json::Kind::Object:
      node.kind = Kind::Object;
      reader.object([&node](std::string_view key, json::Reader& value) {
        node.keys.emplace_back(key);
        node.items.push_back(readValue(value));
      });
      return node;
    case json::Kind::Array:
      node.kind = Kind::Array;
      reader.array([&node](json::Reader& value) { node.items.push_back(readValue(value)); });
      return node;
    case json::Kind::String:
      return Node::scalar(Kind::String, std::string(reader.string(buffer).value_or("")));
    case json::Kind::Number:
      return Node::scalar(Kind::Number, std::string(reader.raw()));
    case json::Kind::Boolean:
      return Node::scalar(Kind::Boolean, std::string(reader.raw()));
    case json::Kind::Null:
      reader.skip();
      return node;
  }
  return node;
}

void write(const Node& node, bool pretty, int depth, std::string& out) {
  const auto newLine = [&](int level) {
    if (pretty) out.append("\n").append(static_cast<std::size_t>(level) * 2, ' ');
  };
  switch (node.kind) {
    case Kind::Null:
      out += "null";
      return;
    case Kind::Boolean:
    case Kind::Number:
      out += node.text;
      return;
    case Kind::String:
      json::appendString(out, node.text);
      return;
    case Kind::Array:
    case Kind::Object:
      break;
  }
  const bool object = node.kind == Kind::Object;
  if (node.items.empty()) {
    out += object ? "{}" : "[]";
    return;
  }
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += ',';
    newLine(depth + 1);
    if (object) {
      json::appendString(out, node.keys[i]);
      out += pretty ? ": " : ":";
    }
    write(node.items[i], pretty, depth + 1, out);
  }
  newLine(depth);
  out += object ? '}' : ']';
}

}  // namespace

Node readJson(std::string_view text) {
  try {
    json::Reader reader(text, kMaxDocumentDepth);
    Node node = readValue(reader);
    reader.finish();
    return node;
  } catch (const json::Malformed& malformed) {
    throw DocumentError(text, malformed.offset(), inBoth(malformed.what()));
  }
}

std::string writeJson(const Node& node, bool pretty) {
  std::string out;
  write(node, pretty, 0, out);
  return out;
}

}  // namespace pagoda::local
