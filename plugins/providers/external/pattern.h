#pragma once
// Regular expressions over characters, matched in time linear in the text: the text is a stranger's
// prompt, and std::regex backtracks without bound, recurses, and sees bytes where Japanese has
// characters.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pagoda::external {

/// A compiled expression. Immutable; any thread.
///
/// Syntax: literals, `.`, `[a-z]` and `[^…]`, `\d \w \s \b` and their opposites, `\p{Han}`,
/// `\p{Hiragana}`, `\p{Katakana}`, groups `( )` and `(?: )`, `|`, `* + ? {m,n}` and their lazy
/// forms, `^ $` (of the whole text). Upper and lower case are the same unless it begins `(?-i)`.
/// Leftmost match, earlier alternatives first, as in Perl.
class Pattern {
 public:
  /// Throws Failure(PAGODA_E_CONFIG), which says what is wrong in the expression.
  explicit Pattern(std::string_view expression);

  struct Span {
    std::size_t from = 0;
    std::size_t to = 0;
  };
  struct Match {
    Span whole;
    Span value;  ///< the first group that took part, or the whole match
  };
  /// The first match in `text`, of which the first kLongestText characters are looked at.
  std::optional<Match> find(std::u32string_view text) const;

  static constexpr std::size_t kLongestText = 4000;
  static constexpr std::size_t kMostGroups = 6;
  static constexpr std::size_t kMostInstructions = 4000;

  struct Range {
    char32_t first;
    char32_t last;
  };
  struct Set {
    std::vector<Range> ranges;
    bool negated = false;
  };
  enum class Op : std::uint8_t { Character, Any, Set, Split, Jump, Save, Assert, Match };
  enum class Assertion : std::uint8_t { Begin, End, Word, NotWord };
  struct Instruction {
    Op op = Op::Match;
    Assertion assertion = Assertion::Begin;
    std::uint32_t x = 0;  ///< target (Split: preferred), slot, or index of the set
    std::uint32_t y = 0;
    char32_t character = 0;
  };

 private:
  std::vector<Instruction> program_;
  std::vector<Set> sets_;
  bool caseless_ = true;
};

}  // namespace pagoda::external
