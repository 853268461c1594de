#include "text.h"

namespace pagoda::local {
namespace {

bool isTail(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The ASCII form of a full-width or typographic sign, or 0.
char asciiOf(char32_t c) noexcept {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFF01 + '!');
  switch (c) {
    case 0x3000:
    case 0x00A0:
      return ' ';
    case 0x00D7:
    case 0x2715:
    case 0x22C5:
      return '*';
    case 0x00F7:
      return '/';
    case 0x2212:
    case 0x2013:
      return '-';
    case 0x2018:
    case 0x2019:
      return '\'';
    case 0x201C:
    case 0x201D:
      return '"';
    default:
      return 0;
  }
}

// How a run of text counts as tokens: see estimateTokens.
class TokenCounter {
 public:
  /// Tokens so far if `c` were added.
  std::int64_t add(char32_t c) noexcept {
    if (c < 0x80 && isAsciiWord(static_cast<char>(c))) {
      if (run_++ % 4 == 0) ++total_;
      return total_;
    }
    run_ = 0;
    // One space before a word belongs to the word's first token.
    if (c == ' ' && !afterSpace_) {
      afterSpace_ = true;
      return total_;
    }
    afterSpace_ = c == ' ';
    return ++total_;
  }

 private:
  std::int64_t total_ = 0;
  int run_ = 0;
  bool afterSpace_ = false;
};

}  // namespace

char32_t takeChar(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at]);
  ++at;
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || at + more > text.size()) return 0xFFFD;
  char32_t c = lead & (more == 3 ? 0x07U : more == 2 ? 0x0FU : 0x1FU);
  for (std::size_t i = 0; i < more; ++i) {
    if (!isTail(text[at + i])) return 0xFFFD;
    c = (c << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  at += more;
  return c;
}

void appendChar(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      put(0xE0 | (c >> 12));
    } else {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3F));
    }
    put(0x80 | ((c >> 6) & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

std::u32string decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out += takeChar(text, at);
  return out;
}

std::size_t charCount(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += isTail(c) ? 0 : 1;
  return count;
}

std::string_view cutAtChar(std::string_view text, std::size_t bytes) noexcept {
  if (bytes >= text.size()) return text;
  while (bytes > 0 && isTail(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

bool isHiragana(char32_t c) noexcept {
  return c >= 0x3041 && c <= 0x309F;
}
bool isKatakana(char32_t c) noexcept {
  return (c >= 0x30A0 && c <= 0x30FF && c != 0x30FB) || (c >= 0xFF66 && c <= 0xFF9D);
}
bool isHan(char32_t c) noexcept {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x323AF) || c == 0x3005;
}
bool isHangul(char32_t c) noexcept {
  return (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x1100 && c <= 0x11FF) ||
         (c >= 0x3130 && c <= 0x318F);
}

std::string foldWidth(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = takeChar(text, at);
    const char ascii = asciiOf(c);
    if (ascii != 0) {
      out += ascii;
    } else {
      appendChar(out, c);
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kWide = "\xE3\x80\x80";  // U+3000
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  for (;;) {
    const std::size_t before = text.size();
    while (!text.empty() && kSpace.find(text.front()) != std::string_view::npos)
      text.remove_prefix(1);
    while (!text.empty() && kSpace.find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
    if (startsWith(text, kWide)) text.remove_prefix(kWide.size());
    if (endsWith(text, kWide)) text.remove_suffix(kWide.size());
    if (text.size() == before) return text;
  }
}

bool startsWith(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix;
}

bool endsWith(std::string_view text, std::string_view suffix) noexcept {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

bool contains(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != std::string_view::npos;
}

bool isAsciiWord(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool containsWord(std::string_view text, std::string_view word) noexcept {
  if (word.empty()) return false;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t after = at + word.size();
    const bool left = at == 0 || !isAsciiWord(word.front()) || !isAsciiWord(text[at - 1]);
    const bool right =
        after == text.size() || !isAsciiWord(word.back()) || !isAsciiWord(text[after]);
    if (left && right) return true;
  }
  return false;
}

std::string_view firstWord(std::string_view text,
                           const std::vector<std::string_view>& words) noexcept {
  for (const std::string_view word : words)
    if (containsWord(text, word)) return word;
  return {};
}

std::string replaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit = text.find(from); hit != std::string_view::npos;
       hit = text.find(from, at)) {
    out.append(text.substr(at, hit - at)).append(to);
    at = hit + from.size();
  }
  return out.append(text.substr(at));
}

Tongue tongueOf(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = takeChar(text, at);
    if (isHiragana(c) || isKatakana(c) || isHan(c)) return Tongue::Japanese;
  }
  return Tongue::English;
}

std::int64_t estimateTokens(std::string_view text) noexcept {
  TokenCounter counter;
  std::int64_t total = 0;
  for (std::size_t at = 0; at < text.size();) total = counter.add(takeChar(text, at));
  return total;
}

std::string_view cutAtTokens(std::string_view text, std::int64_t tokens) noexcept {
  TokenCounter counter;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    if (counter.add(takeChar(text, at)) > tokens) return text.substr(0, before);
  }
  return text;
}

}  // namespace pagoda::local
