// YAML of document.h: the reader of the subset.
#include <algorithm>
#include <unordered_set>

#include "document.h"
#include "yaml_scalar.h"

namespace pagoda::local {
namespace {

bool isSpace(char c) {
  return c == ' ' || c == '\t';
}

class YamlReader {
 public:
  explicit YamlReader(std::string_view text) : text_(text) {}

  Node document() {
    toContent();
    if (column() == 0 && startsWith(rest(), "---") &&
        (rest().size() == 3 || isSpace(rest()[3]) || rest()[3] == '\n' || rest()[3] == '\r')) {
      at_ += 3;
      toContent();
    }
    if (done()) return {};
    Node node = block(-1);
    if (column() == 0 && startsWith(rest(), "...")) {
      at_ += 3;
      toContent();
    }
    if (!done()) {
      if (startsWith(rest(), "---")) fail("only one document is read", "複数の文書は読めません");
      fail("this is not indented like what stands before it", "前の行と字下げが合いません");
    }
    return node;
  }

 private:
  [[noreturn]] void fail(std::string en, std::string ja) const {
    throw DocumentError(text_, at_, {std::move(en), std::move(ja)});
  }
  bool done() const { return at_ >= text_.size(); }
  std::string_view rest() const { return text_.substr(at_); }
  int column() const { return static_cast<int>(at_ - lineStart_); }
  bool atBreak() const { return done() || text_[at_] == '\n' || text_[at_] == '\r'; }
  void spaces() {
    while (!done() && isSpace(text_[at_])) ++at_;
  }
  // True at a line's end, or at a comment, which is skipped.
  bool endOfLine() {
    spaces();
    if (!done() && text_[at_] == '#' &&
        (at_ == 0 || isSpace(text_[at_ - 1]) || text_[at_ - 1] == '\n'))
      at_ = std::min(text_.find('\n', at_), text_.size());
    return atBreak();
  }

  // From a line's end to the next content; refuses anything else that stands on the line.
  void toContent() {
    if (!endOfLine() && at_ != lineStart_ && started_)
      fail("text follows a complete value", "値の後に余分な文字があります");
    started_ = true;
    while (!done() && atBreak()) {
      at_ += startsWith(rest(), "\r\n") ? 2 : 1;
      beginLine();
      if (endOfLine()) continue;
    }
    checkIndent();
  }
  void beginLine() { lineStart_ = at_; }
  void checkIndent() const {
    if (text_.substr(lineStart_, at_ - lineStart_).find('\t') != std::string_view::npos)
      fail("a tab in the indentation", "字下げにタブは使えません");
  }

  bool dash() const {
    return startsWith(rest(), "-") &&
           (rest().size() == 1 || isSpace(rest()[1]) || rest()[1] == '\n' || rest()[1] == '\r');
  }
  bool colonEnds(std::size_t at) const {
    return text_[at] == ':' && (at + 1 == text_.size() || isSpace(text_[at + 1]) ||
                                text_[at + 1] == '\n' || text_[at + 1] == '\r');
  }

  void refuseIndicators() const {
    const char next = rest().size() > 1 ? rest()[1] : '\n';
    switch (rest().front()) {
      case '&':
        fail("anchors (&) are not supported", "アンカー(&)には対応していません");
      case '*':
        fail("aliases (*) are not supported", "エイリアス(*)には対応していません");
      case '!':
        fail("tags (!) are not supported", "タグ(!)には対応していません");
      case '%':
        fail("directives (%) are not supported", "ディレクティブ(%)には対応していません");
      case '@':
      case '`':
        fail("a plain value cannot begin with this character",
             "この文字で値を始めることはできません");
      case '?':
        if (isSpace(next) || next == '\n')
          fail("complex keys (?) are not supported", "複合キー(?)には対応していません");
        return;
      default:
        return;
    }
  }

  // The key at the cursor, moving behind its colon; nullopt and no move if there is none.
  bool takeKey(std::string& key) {
    const std::size_t before = at_;
    if (text_[at_] == '"' || text_[at_] == '\'') {
      key = takeYamlQuoted(text_, at_);
      spaces();
      if (!done() && colonEnds(at_) &&
          text_.substr(before, at_ - before).find('\n') == std::string_view::npos) {
        ++at_;
        return true;
      }
      at_ = before;
      return false;
    }
    if (text_[at_] == '[' || text_[at_] == '{') return false;
    for (std::size_t i = at_; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[i] == '#' && i > at_ && isSpace(text_[i - 1])) return false;
      if (!colonEnds(i)) continue;
      key = std::string(trim(text_.substr(at_, i - at_)));
      if (key == "<<")
        fail("merge keys (<<) are not supported", "マージキー(<<)には対応していません");
      at_ = i + 1;
      return true;
    }
    return false;
  }

  struct Nesting {
    explicit Nesting(YamlReader& r) : reader(r) {
      if (++reader.depth_ > kMaxDocumentDepth)
        reader.fail("the document nests too deeply", "入れ子が深すぎます");
    }
    ~Nesting() { --reader.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    YamlReader& reader;
  };

  // The node at the cursor, whose parent is indented by `parent`; leaves the cursor at the next
  // content.
  Node block(int parent) {
    const Nesting nesting(*this);
    const int indent = column();
    if (dash()) return sequence(indent);
    refuseIndicators();
    std::string key;
    const std::size_t before = at_;
    if (takeKey(key)) {
      at_ = before;
      return mapping(indent);
    }
    return inlineValue(parent);
  }

  Node sequence(int indent) {
    Node node;
    node.kind = Kind::Array;
    while (!done() && column() == indent && dash()) {
      ++at_;
      if (endOfLine()) {
        toContent();
        node.items.push_back(!done() && column() > indent ? block(indent) : Node{});
      } else if (text_[at_] == '|' || text_[at_] == '>') {
        node.items.push_back(blockScalar(indent));
      } else {
        node.items.push_back(block(indent));
      }
    }
    if (!done() && column() > indent) fail("unexpected indentation", "字下げが合いません");
    return node;
  }

  Node mapping(int indent) {
    Node node;
    node.kind = Kind::Object;
    std::unordered_set<std::string> seen;
    std::string key;
    while (!done() && column() == indent && !dash()) {
      if (column() == 0 && (startsWith(rest(), "---") || startsWith(rest(), "..."))) break;
      refuseIndicators();
      const std::size_t keyAt = at_;
      if (!takeKey(key)) fail("a key and a colon were expected", "ここにはキーと「:」が必要です");
      if (!seen.insert(key).second) {
        at_ = keyAt;
        fail("the key \"" + key + "\" stands twice", "キー「" + key + "」が重複しています");
      }
      node.keys.push_back(key);
      node.items.push_back(valueOfKey(indent));
    }
    if (!done() && column() > indent) fail("unexpected indentation", "字下げが合いません");
    return node;
  }

  Node valueOfKey(int indent) {
    if (endOfLine()) {
      toContent();
      const bool deeper = !done() && (column() > indent || (column() == indent && dash()));
      return deeper ? block(indent) : Node{};
    }
    if (text_[at_] == '|' || text_[at_] == '>') return blockScalar(indent);
    if (dash())
      fail("a list cannot begin on the line of its key", "リストはキーと同じ行から始められません");
    refuseIndicators();
    return inlineValue(indent);
  }

  Node blockScalar(int indent) {
    Node node = Node::scalar(Kind::String, takeYamlBlock(text_, at_, indent));
    lineStart_ = at_;
    if (!done()) {
      endOfLine();
      toContent();
    }
    return node;
  }

  // A flow collection, a quoted or a plain scalar that begins at the cursor.
  Node inlineValue(int parent) {
    Node node;
    if (text_[at_] == '[' || text_[at_] == '{') {
      node = flow();
    } else if (text_[at_] == '"' || text_[at_] == '\'') {
      node = Node::scalar(Kind::String, takeYamlQuoted(text_, at_));
    } else {
      return plain(parent);
    }
    // A value over several lines moved the line's start.
    const std::size_t lineBreak = text_.rfind('\n', at_ == 0 ? 0 : at_ - 1);
    lineStart_ = lineBreak == std::string_view::npos ? 0 : lineBreak + 1;
    toContent();
    return node;
  }

  std::string_view plainOnLine() {
    const std::size_t from = at_;
    for (; !atBreak(); ++at_) {
      if (text_[at_] == '#' && at_ > from && isSpace(text_[at_ - 1])) break;
      if (colonEnds(at_))
        fail("a key cannot stand here; quote the value if it holds a colon",
             "ここにキーは書けません(値に「: 」を含むなら引用符で囲みます)");
    }
    return trim(text_.substr(from, at_ - from));
  }

  Node plain(int parent) {
    std::string text(plainOnLine());
    bool folded = false;
    for (;;) {
      const std::size_t from = at_;
      toContent();
      if (done() || column() <= parent ||
          (parent < 0 && column() == 0 && (startsWith(rest(), "---") || startsWith(rest(), "..."))))
        break;
      if (text_.substr(from, at_ - from).find('#') != std::string_view::npos)
        fail("text after a comment", "コメントの後に値が続いています");
      const std::string_view gap = text_.substr(from, at_ - from);
      const auto breaks = static_cast<std::size_t>(std::count(gap.begin(), gap.end(), '\n'));
      text += breaks > 1 ? std::string(breaks - 1, '\n') : " ";
      text += plainOnLine();
      folded = true;
    }
    const Kind kind = folded ? Kind::String : kindOfPlain(text);
    if (kind == Kind::Null) return {};
    return Node::scalar(kind, kind == Kind::Boolean ? lower(text) : std::move(text));
  }

  // ---- flow collections, over any number of lines ----

  char flowPeek() {
    for (;;) {
      while (!done() && (isSpace(text_[at_]) || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
      if (done()) fail("a bracket is not closed", "括弧が閉じられていません");
      if (text_[at_] != '#') return text_[at_];
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
  }

  Node flow() {
    const Nesting nesting(*this);
    const bool object = text_[at_] == '{';
    const char close = object ? '}' : ']';
    Node node;
    node.kind = object ? Kind::Object : Kind::Array;
    std::unordered_set<std::string> seen;
    ++at_;
    while (flowPeek() != close) {
      if (object) {
        const std::size_t keyAt = at_;
        std::string key = flowScalar().text;
        if (!seen.insert(key).second) {
          at_ = keyAt;
          fail("the key \"" + key + "\" stands twice", "キー「" + key + "」が重複しています");
        }
        node.keys.push_back(std::move(key));
        if (flowPeek() == ':') {
          ++at_;
          const char next = flowPeek();
          node.items.push_back(next == ',' || next == close ? Node{} : flowValue());
        } else {
          node.items.emplace_back();
        }
      } else {
        node.items.push_back(flowValue());
      }
      const char next = flowPeek();
      if (next == ',') {
        ++at_;
      } else if (next != close) {
        fail(std::string("',' or '") + close + "' was expected",
             std::string("ここには「,」か「") + close + "」が必要です");
      }
    }
    ++at_;
    return node;
  }

  Node flowValue() {
    const char c = flowPeek();
    if (c == '[' || c == '{') return flow();
    Node node = flowScalar();
    if (node.kind == Kind::String) return node;
    return node;
  }

  Node flowScalar() {
    const char c = flowPeek();
    if (c == '"' || c == '\'') return Node::scalar(Kind::String, takeYamlQuoted(text_, at_));
    refuseIndicators();
    const std::size_t from = at_;
    while (!atBreak() && std::string_view(",[]{}").find(text_[at_]) == std::string_view::npos) {
      if (text_[at_] == ':' && (colonEnds(at_) || std::string_view(",[]{}").find(text_[at_ + 1]) !=
                                                      std::string_view::npos))
        break;
      if (text_[at_] == '#' && at_ > from && isSpace(text_[at_ - 1])) break;
      ++at_;
    }
    std::string text(trim(text_.substr(from, at_ - from)));
    if (at_ == from) fail("a value was expected", "ここには値が必要です");
    const Kind kind = kindOfPlain(text);
    return Node::scalar(kind, kind == Kind::Boolean ? lower(text) : std::move(text));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t lineStart_ = 0;
  int depth_ = 0;
  bool started_ = false;
};

}  // namespace

Node readYaml(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (startsWith(text, kMark)) text.remove_prefix(kMark.size());
  return YamlReader(text).document();
}

}  // namespace pagoda::local
