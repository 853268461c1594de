#include "yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "document.h"

namespace pagoda::local {
namespace {

// A line break within quotes is a space, an empty line a line feed. `at` is on the break.
void foldBreak(std::string_view text, std::size_t& at, std::string& out) {
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  std::size_t breaks = 0;
  while (at < text.size() &&
         (text[at] == '\n' || text[at] == '\r' || text[at] == ' ' || text[at] == '\t'))
    breaks += text[at++] == '\n' ? 1 : 0;
  if (breaks > 1) {
    out.append(breaks - 1, '\n');
  } else {
    out += ' ';
  }
}

char32_t takeHex(std::string_view text, std::size_t& at, std::size_t digits) {
  std::uint32_t value = 0;
  const char* const from = text.data() + at;
  if (at + digits > text.size() ||
      std::from_chars(from, from + digits, value, 16).ptr != from + digits)
    throw DocumentError(
        text, at, {"this escape needs hexadecimal digits", "このエスケープには16進数字が必要です"});
  at += digits;
  const bool valid = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  return valid ? static_cast<char32_t>(value) : U'\uFFFD';
}

// `at` is behind the backslash.
void takeEscape(std::string_view text, std::size_t& at, std::string& out) {
  if (at == text.size()) return;
  const char c = text[at++];
  switch (c) {
    case '0':
      out += '\0';
      return;
    case 'a':
      out += '\a';
      return;
    case 'b':
      out += '\b';
      return;
    case 't':
      out += '\t';
      return;
    case 'n':
      out += '\n';
      return;
    case 'v':
      out += '\v';
      return;
    case 'f':
      out += '\f';
      return;
    case 'r':
      out += '\r';
      return;
    case 'e':
      out += '\x1B';
      return;
    case ' ':
    case '"':
    case '/':
    case '\\':
      out += c;
      return;
    case 'N':
      return appendChar(out, 0x85);
    case '_':
      return appendChar(out, 0xA0);
    case 'L':
      return appendChar(out, 0x2028);
    case 'P':
      return appendChar(out, 0x2029);
    case 'x':
      return appendChar(out, takeHex(text, at, 2));
    case 'u':
      return appendChar(out, takeHex(text, at, 4));
    case 'U':
      return appendChar(out, takeHex(text, at, 8));
    case '\n':
      while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
      return;
    default:
      throw DocumentError(text, at - 1, {"an unknown escape", "不明なエスケープです"});
  }
}

std::size_t indentOf(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  return indent == std::string_view::npos ? line.size() : indent;
}

struct BlockHeader {
  bool folded = false;
  char chomp = 0;  // '-' or '+'
  std::size_t indent = 0;
};

BlockHeader takeHeader(std::string_view text, std::size_t& at) {
  BlockHeader header;
  header.folded = text[at++] == '>';
  for (; at < text.size() && text[at] != '\n' && text[at] != '\r' && text[at] != ' '; ++at) {
    const char c = text[at];
    if (c == '+' || c == '-') {
      header.chomp = c;
    } else if (c >= '1' && c <= '9') {
      header.indent = static_cast<std::size_t>(c - '0');
    } else {
      throw DocumentError(text, at,
                          {"this is not part of a block scalar's header",
                           "ブロックスカラーの指定として読めません"});
    }
  }
  const std::size_t end = std::min(text.find('\n', at), text.size());
  const std::string_view rest = trim(text.substr(at, end - at));
  if (!rest.empty() && rest.front() != '#')
    throw DocumentError(
        text, at,
        {"text follows a block scalar's header", "ブロックスカラーの指定の後に文字があります"});
  at = end == text.size() ? end : end + 1;
  return header;
}

std::string joined(const std::vector<std::string_view>& lines, bool folded) {
  std::string out;
  bool pendingSpace = false;
  for (const std::string_view line : lines) {
    const bool keeps = !folded || line.empty() || line.front() == ' ' || line.front() == '\t';
    if (pendingSpace && !line.empty()) {
      if (keeps) {
        out += '\n';
      } else if (!out.empty() && out.back() != '\n') {
        out += ' ';
      }
    }
    out += line;
    pendingSpace = folded && !keeps;
    if (!folded || (keeps && !line.empty()) || line.empty()) out += '\n';
  }
  if (pendingSpace) out += '\n';
  return out;
}

}  // namespace

std::string takeYamlQuoted(std::string_view text, std::size_t& at) {
  const std::size_t from = at;
  const char quote = text[at++];
  std::string out;
  while (at < text.size()) {
    const char c = text[at];
    if (c == quote) {
      ++at;
      if (quote == '"' || at == text.size() || text[at] != '\'') return out;
      out += '\'';
      ++at;
    } else if (c == '\\' && quote == '"') {
      takeEscape(text, ++at, out);
    } else if (c == '\n' || c == '\r') {
      foldBreak(text, at, out);
    } else {
      out += c;
      ++at;
    }
  }
  throw DocumentError(text, from,
                      {"this quoted text does not end", "この引用符が閉じられていません"});
}

std::string takeYamlBlock(std::string_view text, std::size_t& at, int parentIndent) {
  const BlockHeader header = takeHeader(text, at);
  const auto least = static_cast<std::size_t>(parentIndent + 1);
  std::size_t indent =
      header.indent > 0 ? static_cast<std::size_t>(std::max(parentIndent, 0)) + header.indent : 0;
  std::vector<std::string_view> lines;
  std::size_t filled = 0;  // lines up to the last that is not empty
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (endsWith(line, "\r")) line.remove_suffix(1);
    const bool blank = line.find_first_not_of(' ') == std::string_view::npos;
    if (!blank) {
      if (indent == 0) indent = indentOf(line);
      if (indentOf(line) < std::max(indent, least) || indent < least) break;
    }
    lines.push_back(line.size() > indent && indent > 0 ? line.substr(indent)
                    : blank                            ? std::string_view{}
                                                       : line);
    if (!blank) filled = lines.size();
    at = end == text.size() ? end : end + 1;
  }
  const std::size_t trailing = lines.size() - filled;
  lines.resize(filled);
  std::string out = joined(lines, header.folded);
  if (header.chomp == '-' && !out.empty()) out.pop_back();
  if (header.chomp == '+') out.append(trailing, '\n');
  return out;
}

}  // namespace pagoda::local
