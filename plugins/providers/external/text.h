#pragma once
// Text of two kinds: what the user wrote, and what a stranger's server sent. All of it is UTF-8;
// lengths are in characters (code points).

#include <cstddef>
#include <string>
#include <string_view>

namespace pagoda::external {

enum class Language { English, Japanese };

/// Kana or Han: Japanese. Everything else is answered in English.
Language languageOf(std::string_view text);
/// "en" or "ja".
std::string_view codeOf(Language language);

/// What is not UTF-8 becomes U+FFFD.
std::u32string decode(std::string_view text);
std::string encode(std::u32string_view text);

/// Full-width ASCII as ASCII and the ideographic space as a space, so that one rule serves both.
std::u32string folded(std::string_view text);
char32_t lowered(char32_t c);
/// Latin, Greek and Cyrillic letters and digits: what stands together as a word. Not Japanese,
/// which is written without spaces.
bool isWordCharacter(char32_t c);

/// Without white space, quotes and punctuation at both ends.
std::u32string_view trimmed(std::u32string_view text);

std::size_t lengthOf(std::string_view text);

/// Harmless to show: valid, without control characters, direction overrides and invisible tags;
/// line ends become spaces unless `lines`. At most `most` characters, with … where it was cut.
std::string cleaned(std::string_view text, std::size_t most, bool lines = false);

/// The text of a piece of HTML: without tags, common entities replaced.
std::string withoutTags(std::string_view html);

/// RFC 3986: everything but unreserved characters as %XX.
std::string percentEncoded(std::string_view text);

/// http or https, printable ASCII, with a host: fit to be shown as a link.
bool isLink(std::string_view url);

}  // namespace pagoda::external
