#pragma once
// UTF-8 text as the skills see it: characters, folding of full-width forms, and searching.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pagoda::local {

/// Languages that the skills answer in.
enum class Tongue { English, Japanese };

/// One remark in both languages; the answer picks by the user's.
struct Phrase {
  std::string en;
  std::string ja;
  const std::string& in(Tongue tongue) const { return tongue == Tongue::Japanese ? ja : en; }
};

/// Takes the character at `at` and moves past it; U+FFFD for bytes that are not UTF-8. `at` < size.
char32_t takeChar(std::string_view text, std::size_t& at) noexcept;
void appendChar(std::string& out, char32_t c);
std::u32string decode(std::string_view text);
std::size_t charCount(std::string_view text) noexcept;
/// The longest prefix of at most `bytes` bytes that does not cut a character.
std::string_view cutAtChar(std::string_view text, std::size_t bytes) noexcept;

bool isHiragana(char32_t c) noexcept;
bool isKatakana(char32_t c) noexcept;
bool isHan(char32_t c) noexcept;
bool isHangul(char32_t c) noexcept;

/// Full-width letters, digits and signs, and the signs of arithmetic (× ÷ − ・), as ASCII.
std::string foldWidth(std::string_view text);
/// ASCII letters in lower case; other bytes as they are.
std::string lower(std::string_view text);

std::string_view trim(std::string_view text) noexcept;
bool startsWith(std::string_view text, std::string_view prefix) noexcept;
bool endsWith(std::string_view text, std::string_view suffix) noexcept;
bool contains(std::string_view text, std::string_view part) noexcept;
/// True if `word` stands in `text` and no ASCII letter or digit touches its ASCII ends.
bool containsWord(std::string_view text, std::string_view word) noexcept;
/// First of `words` that containsWord finds, or empty.
std::string_view firstWord(std::string_view text,
                           const std::vector<std::string_view>& words) noexcept;
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to);
bool isAsciiWord(char c) noexcept;

/// Japanese if the text holds kana; Han alone counts as Japanese as well, since the skills answer
/// in two languages only.
Tongue tongueOf(std::string_view text) noexcept;

/// An estimate, for usage and for cutting: letters and digits by fours within a word, every other
/// sign and every character beyond ASCII by itself.
std::int64_t estimateTokens(std::string_view text) noexcept;
/// The longest prefix whose estimate does not pass `tokens`.
std::string_view cutAtTokens(std::string_view text, std::int64_t tokens) noexcept;

}  // namespace pagoda::local
