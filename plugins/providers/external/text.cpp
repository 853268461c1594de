#include "text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <pagoda/json.hpp>

namespace pagoda::external {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Most characters are these; runs of them need no look at each.
bool isPlain(char32_t c) {
  return c > ' ' && c < 0x7F;
}

std::size_t plainRun(std::string_view text, std::size_t at) {
  const std::size_t from = at;
  while (at < text.size() && isPlain(static_cast<unsigned char>(text[at]))) ++at;
  return at - from;
}

char32_t takeCharacter(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return static_cast<char32_t>(text[at++]);
  const std::size_t length = json::detail::sequenceLength(
      reinterpret_cast<const unsigned char*>(text.data() + at), text.size() - at);
  if (length == 0) return ++at, kReplacement;
  char32_t c = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    c = (c << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  at += length;
  return c;
}

bool isJapanese(char32_t c) {
  return (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xFF66 && c <= 0xFF9F);
}

bool isSpace(char32_t c) {
  if (isPlain(c)) return false;
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x3000 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029;
}

// Characters that change how others are shown, or that only a machine sees: a stranger's text could
// hide orders to a model in them.
bool isInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

bool isLineEnd(char32_t c) {
  return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool isPunctuation(char32_t c) {
  constexpr std::u32string_view kMarks =
      U",.;:!?\"'`()[]<>{}|/-~*_#=、。，．！？「」『』（）【】〈〉《》"
      U"・…：；“”‘’〜ー";
  return kMarks.find(c) != std::u32string_view::npos;
}

}  // namespace

Language languageOf(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at += plainRun(text, at);
    if (at < text.size() && isJapanese(takeCharacter(text, at))) return Language::Japanese;
  }
  return Language::English;
}

std::string_view codeOf(Language language) {
  return language == Language::Japanese ? "ja" : "en";
}

std::u32string decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view run = text.substr(at, plainRun(text, at));
    out.append(run.begin(), run.end());
    at += run.size();
    if (at < text.size()) out += takeCharacter(text, at);
  }
  return out;
}

std::string encode(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) json::detail::appendUtf8(out, c);
  return out;
}

std::u32string folded(std::string_view text) {
  std::u32string out = decode(text);
  for (char32_t& c : out) {
    if (c >= 0xFF01 && c <= 0xFF5E) {
      c -= 0xFEE0;
    } else if (isSpace(c)) {
      c = ' ';
    }
  }
  return out;
}

char32_t lowered(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
      (c >= 0x410 && c <= 0x42F))
    return c + 32;
  return c;
}

bool isWordCharacter(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x370 && c <= 0x52F);
}

std::u32string_view trimmed(std::u32string_view text) {
  // The mark of a long vowel ends many Japanese words; only in front it is a dash.
  const auto strip = [](char32_t c) { return isSpace(c) || isPunctuation(c); };
  while (!text.empty() && strip(text.front())) text.remove_prefix(1);
  while (!text.empty() && strip(text.back()) && text.back() != U'ー') text.remove_suffix(1);
  return text;
}

std::size_t lengthOf(std::string_view text) {
  std::size_t count = 0;
  std::size_t at = 0;
  while (true) {
    const std::size_t run = plainRun(text, at);
    count += run;
    at += run;
    if (at >= text.size()) return count;
    takeCharacter(text, at);
    ++count;
  }
}

std::string cleaned(std::string_view text, std::size_t most, bool lines) {
  std::string out;
  std::size_t count = 0;
  bool gap = false;  // spaces are written when something follows, and one for many
  bool newLine = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = takeCharacter(text, at);
    if (isLineEnd(c) || isSpace(c)) {
      gap = count != 0;
      newLine = newLine || (lines && gap && isLineEnd(c));
      continue;
    }
    if (isInvisible(c)) continue;
    if (count + (gap ? 2 : 1) > most) return out += "…";
    if (gap) {
      out += newLine ? '\n' : ' ';
      ++count;
    }
    gap = newLine = false;
    json::detail::appendUtf8(out, c);
    ++count;
    const std::size_t run = std::min(plainRun(text, at), most - count);
    out.append(text, at, run);
    at += run;
    count += run;
  }
  return out;
}

std::string withoutTags(std::string_view html) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities = {
      {{"&lt;", "<"},
       {"&gt;", ">"},
       {"&quot;", "\""},
       {"&#39;", "'"},
       {"&#x27;", "'"},
       {"&apos;", "'"},
       {"&nbsp;", " "},
       {"&amp;", "&"}}};
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    const std::string_view rest = html.substr(at);
    const char next = rest.size() > 1 ? rest[1] : '\0';
    const bool tag =
        rest[0] == '<' && (next == '/' || next == '!' || (next >= 'a' && next <= 'z') ||
                           (next >= 'A' && next <= 'Z'));
    const std::size_t close = tag ? rest.find('>') : std::string_view::npos;
    if (close != std::string_view::npos) {
      at += close + 1;
      continue;
    }
    bool replaced = false;
    for (const auto& [entity, character] : kEntities) {
      if (rest[0] != '&' || !rest.starts_with(entity)) continue;
      out += character;
      at += entity.size();
      replaced = true;
      break;
    }
    if (!replaced) out += html[at++];
  }
  return out;
}

std::string percentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

bool isLink(std::string_view url) {
  constexpr std::size_t kLongest = 2000;
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.size() > kLongest || url.size() == scheme || url[scheme] == '/')
    return false;
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7F || c == '<' || c == '>' || c == '"' || c == '`') return false;
  return true;
}

}  // namespace pagoda::external
