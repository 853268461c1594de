// YAML of document.h: the writer.
#include <pagoda/json.hpp>

#include "document.h"

namespace pagoda::local {
namespace {

bool isContainer(const Node& node) {
  return node.kind == Kind::Array || node.kind == Kind::Object;
}

// Plain only where no reader of YAML 1.1 or 1.2 could take the text for something else.
bool needsQuotes(std::string_view text) {
  if (text.empty() || kindOfPlain(text) != Kind::String) return true;
  constexpr std::string_view kFirst = "0123456789+-.?:,[]{}#&*!|>'\"%@`=<~ ";
  if (kFirst.find(text.front()) != std::string_view::npos || text.back() == ' ' ||
      text.back() == ':')
    return true;
  if (contains(text, ": ") || contains(text, " #")) return true;
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  const std::string lowered = lower(text);
  for (const std::string_view word : {"yes", "no", "on", "off", "y", "n", "true", "false", "null"})
    if (lowered == word) return true;
  return false;
}

void appendText(std::string& out, std::string_view text) {
  if (needsQuotes(text)) {
    json::appendString(out, text);
  } else {
    out += text;
  }
}

void write(const Node& node, std::size_t indent, bool onKeyLine, std::string& out) {
  if (!isContainer(node)) {
    if (node.kind == Kind::String) {
      appendText(out, node.text);
    } else {
      out += node.kind == Kind::Null ? "null" : node.text;
    }
    out += '\n';
    return;
  }
  if (node.items.empty()) {
    out += node.kind == Kind::Object ? "{}\n" : "[]\n";
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0 || !onKeyLine) out.append(indent, ' ');
    const Node& item = node.items[i];
    if (node.kind == Kind::Array) {
      out += "- ";
      write(item, indent + 2, true, out);
      continue;
    }
    appendText(out, node.keys[i]);
    const bool below = isContainer(item) && !item.items.empty();
    out += below ? ":\n" : ": ";
    write(item, indent + 2, false, out);
  }
}

}  // namespace

std::string writeYaml(const Node& node) {
  std::string out;
  write(node, 0, false, out);
  return out;
}

}  // namespace pagoda::local
