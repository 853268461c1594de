#include "pattern_parser.h"

#include <string>
#include <utility>

#include <pagoda/sdk.hpp>

#include "text.h"

namespace pagoda::external {
namespace {

using Op = Pattern::Op;
using Assertion = Pattern::Assertion;

constexpr int kDeepest = 32;
constexpr std::uint32_t kMostRepeats = 1000;
constexpr std::uint32_t kEndless = 0xFFFFFFFF;

struct Node {
  enum class Kind { Character, Any, Set, Assert, Group, Sequence, Choice, Repeat };
  Kind kind = Kind::Sequence;
  char32_t character = 0;
  std::uint32_t index = 0;  // of the set, or of the capture slot (0: not captured)
  Assertion assertion = Assertion::Begin;
  std::uint32_t least = 0;
  std::uint32_t most = 0;
  bool lazy = false;
  std::vector<Node> children;
};

class Parser {
 public:
  Parser(std::u32string_view text, Compiled& out) : text_(text), out_(out) {}

  Node parse() {
    Node node = choice();
    if (at_ != text_.size()) fail("')' without '('");
    return node;
  }

 private:
  [[noreturn]] static void fail(const std::string& what) {
    throw sdk::Failure(PAGODA_E_CONFIG, "the pattern has " + what);
  }
  bool ended() const { return at_ == text_.size(); }
  char32_t take() {
    if (ended()) fail("an end where more was expected");
    return text_[at_++];
  }
  bool accept(std::u32string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Node choice() {
    if (++depth_ > kDeepest) fail("too many nested groups");
    Node node;
    node.kind = Node::Kind::Choice;
    do node.children.push_back(sequence());
    while (accept(U"|"));
    --depth_;
    return node;
  }

  Node sequence() {
    Node node;
    node.kind = Node::Kind::Sequence;
    while (!ended() && text_[at_] != '|' && text_[at_] != ')') node.children.push_back(repeated());
    return node;
  }

  Node repeated() {
    Node node = atom();
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    for (int count = 0; quantifier(least, most); ++count) {
      if (node.kind == Node::Kind::Assert) fail("a repeated assertion");
      if (count == 2) fail("too many quantifiers in a row");
      Node outer;
      outer.kind = Node::Kind::Repeat;
      outer.least = least;
      outer.most = most;
      outer.lazy = accept(U"?");
      outer.children.push_back(std::move(node));
      node = std::move(outer);
    }
    return node;
  }

  bool quantifier(std::uint32_t& least, std::uint32_t& most) {
    if (accept(U"*")) return least = 0, most = kEndless, true;
    if (accept(U"+")) return least = 1, most = kEndless, true;
    if (accept(U"?")) return least = 0, most = 1, true;
    if (!accept(U"{")) return false;
    least = number();
    most = least;
    if (accept(U",")) most = !ended() && text_[at_] == '}' ? kEndless : number();
    if (!accept(U"}")) fail("a '{' without '}'; write \\{ for the character");
    if (most < least) fail("a repetition whose end is before its start");
    return true;
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    const std::size_t from = at_;
    while (!ended() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
      if (value > kMostRepeats) fail("a repetition of more than 1000");
    }
    if (from == at_) fail("a '{' without a number; write \\{ for the character");
    return value;
  }

  Node atom() {
    const char32_t c = take();
    switch (c) {
      case '.':
        return simple(Node::Kind::Any);
      case '^':
        return assertion(Assertion::Begin);
      case '$':
        return assertion(Assertion::End);
      case '(':
        return group();
      case '[':
        return set(bracket());
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        fail("a quantifier with nothing before it");
      default:
        return character(c);
    }
  }

  Node group() {
    Node node;
    node.kind = Node::Kind::Group;
    if (!accept(U"?:")) {
      if (accept(U"?")) fail("a group of a kind that is not supported");
      if (++groups_ > Pattern::kMostGroups) fail("too many groups; use (?: )");
      node.index = static_cast<std::uint32_t>(groups_);
    }
    node.children.push_back(choice());
    if (!accept(U")")) fail("a '(' without ')'");
    return node;
  }

  Node escape() {
    const char32_t c = take();
    if (c == 'b') return assertion(Assertion::Word);
    if (c == 'B') return assertion(Assertion::NotWord);
    Pattern::Set made;
    if (addClass(c, made)) return set(std::move(made));
    return character(plainEscape(c));
  }

  char32_t plainEscape(char32_t c) {
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      fail("an unknown escape");
    return c;
  }

  // \d \w \s, their opposites, \p{Name}.
  bool addClass(char32_t c, Pattern::Set& out) {
    const std::vector<Pattern::Range> digits = {{'0', '9'}};
    const std::vector<Pattern::Range> spaces = {{' ', ' '}, {0x09, 0x0D}};
    const std::vector<Pattern::Range> words = {{'0', '9'},    {'a', 'z'},    {'A', 'Z'},
                                               {'_', '_'},    {0xC0, 0xD6},  {0xD8, 0xF6},
                                               {0xF8, 0x24F}, {0x370, 0x52F}};
    std::vector<Pattern::Range> ranges;
    switch (c) {
      case 'd':
      case 'D':
        ranges = digits;
        break;
      case 's':
      case 'S':
        ranges = spaces;
        break;
      case 'w':
      case 'W':
        ranges = words;
        break;
      case 'p':
        ranges = script();
        break;
      default:
        return false;
    }
    if (c == 'D' || c == 'S' || c == 'W') ranges = opposite(ranges);
    out.ranges.insert(out.ranges.end(), ranges.begin(), ranges.end());
    return true;
  }

  std::vector<Pattern::Range> script() {
    if (accept(U"{Han}")) return {{0x3005, 0x3007}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}};
    if (accept(U"{Hiragana}")) return {{0x3041, 0x309F}};
    if (accept(U"{Katakana}")) return {{0x30A1, 0x30FF}, {0xFF66, 0xFF9F}};
    fail("a \\p other than {Han}, {Hiragana} and {Katakana}");
  }

  // `ranges` is in order but for its last ones; none overlap.
  static std::vector<Pattern::Range> opposite(std::vector<Pattern::Range> ranges) {
    std::vector<Pattern::Range> out;
    char32_t next = 0;
    while (!ranges.empty()) {
      std::size_t lowest = 0;
      for (std::size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].first < ranges[lowest].first) lowest = i;
      if (ranges[lowest].first > next) out.push_back({next, ranges[lowest].first - 1});
      next = ranges[lowest].last + 1;
      ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(lowest));
    }
    out.push_back({next, 0x10FFFF});
    return out;
  }

  Pattern::Set bracket() {
    Pattern::Set made;
    made.negated = accept(U"^");
    for (bool first = true; first || !accept(U"]"); first = false) {
      char32_t from = take();
      if (from == '\\') {
        const char32_t escaped = take();
        if (addClass(escaped, made)) continue;
        from = plainEscape(escaped);
      }
      char32_t to = from;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        to = take();
        if (to == '\\') to = plainEscape(take());
      }
      if (to < from) fail("a range whose end is before its start");
      made.ranges.push_back({from, to});
    }
    return made;
  }

  static Node simple(Node::Kind kind) {
    Node node;
    node.kind = kind;
    return node;
  }
  static Node assertion(Assertion which) {
    Node node = simple(Node::Kind::Assert);
    node.assertion = which;
    return node;
  }
  Node character(char32_t c) const {
    Node node = simple(Node::Kind::Character);
    node.character = out_.caseless ? lowered(c) : c;
    return node;
  }
  Node set(Pattern::Set made) {
    Node node = simple(Node::Kind::Set);
    node.index = static_cast<std::uint32_t>(out_.sets.size());
    out_.sets.push_back(std::move(made));
    return node;
  }

  std::u32string_view text_;
  Compiled& out_;
  std::size_t at_ = 0;
  std::size_t groups_ = 0;
  int depth_ = 0;
};

class Emitter {
 public:
  explicit Emitter(std::vector<Pattern::Instruction>& program) : program_(program) {}

  void node(const Node& node) {
    switch (node.kind) {
      case Node::Kind::Character:
        add({Op::Character, {}, 0, 0, node.character});
        break;
      case Node::Kind::Any:
        add({Op::Any, {}, 0, 0, 0});
        break;
      case Node::Kind::Set:
        add({Op::Set, {}, node.index, 0, 0});
        break;
      case Node::Kind::Assert:
        add({Op::Assert, node.assertion, 0, 0, 0});
        break;
      case Node::Kind::Group:
        group(node);
        break;
      case Node::Kind::Sequence:
        for (const Node& child : node.children) this->node(child);
        break;
      case Node::Kind::Choice:
        choice(node);
        break;
      case Node::Kind::Repeat:
        repeat(node);
        break;
    }
  }

  std::uint32_t add(Pattern::Instruction instruction) {
    if (program_.size() >= Pattern::kMostInstructions)
      throw sdk::Failure(PAGODA_E_CONFIG, "the pattern is too large");
    program_.push_back(instruction);
    return static_cast<std::uint32_t>(program_.size() - 1);
  }

 private:
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.size()); }

  void group(const Node& group) {
    if (group.index != 0) add({Op::Save, {}, group.index * 2, 0, 0});
    node(group.children[0]);
    if (group.index != 0) add({Op::Save, {}, group.index * 2 + 1, 0, 0});
  }

  void choice(const Node& choice) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < choice.children.size(); ++i) {
      const bool last = i + 1 == choice.children.size();
      const std::uint32_t split = last ? 0 : add({Op::Split, {}, here() + 1, 0, 0});
      node(choice.children[i]);
      if (last) break;
      ends.push_back(add({Op::Jump, {}, 0, 0, 0}));
      program_[split].y = here();
    }
    for (const std::uint32_t end : ends) program_[end].x = here();
  }

  // The way that is taken first goes into x.
  void aim(std::uint32_t split, std::uint32_t into, std::uint32_t past, bool lazy) {
    program_[split].x = lazy ? past : into;
    program_[split].y = lazy ? into : past;
  }

  void repeat(const Node& repeat) {
    const Node& child = repeat.children[0];
    for (std::uint32_t i = 0; i < repeat.least; ++i) node(child);
    if (repeat.most == kEndless) {
      const std::uint32_t split = add({Op::Split, {}, 0, 0, 0});
      node(child);
      add({Op::Jump, {}, split, 0, 0});
      aim(split, split + 1, here(), repeat.lazy);
      return;
    }
    std::vector<std::uint32_t> splits;
    for (std::uint32_t i = repeat.least; i < repeat.most; ++i) {
      splits.push_back(add({Op::Split, {}, 0, 0, 0}));
      node(child);
    }
    for (const std::uint32_t split : splits) aim(split, split + 1, here(), repeat.lazy);
  }

  std::vector<Pattern::Instruction>& program_;
};

}  // namespace

Compiled compile(std::string_view expression) {
  if (!json::validUtf8(expression)) throw sdk::Failure(PAGODA_E_CONFIG, "the pattern is not UTF-8");
  Compiled out;
  constexpr std::string_view kCased = "(?-i)";
  if (expression.starts_with(kCased)) {
    out.caseless = false;
    expression.remove_prefix(kCased.size());
  }
  const std::u32string text = decode(expression);
  const Node root = Parser(text, out).parse();
  Emitter emitter(out.program);
  emitter.add({Op::Save, {}, 0, 0, 0});
  emitter.node(root);
  emitter.add({Op::Save, {}, 1, 0, 0});
  emitter.add({Op::Match, {}, 0, 0, 0});
  return out;
}

}  // namespace pagoda::external
