#include "core/app/yaml_tree.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <unistd.h>

#include <sys/stat.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace pagoda::app {
namespace {

/// Ends the reading after the mistake was noted.
struct StopReading {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& file, std::vector<Mistake>& mistakes,
              YamlLimits limits)
      : text_(text), file_(file), mistakes_(mistakes), limits_(limits) {}

  YamlNode takeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(positionOf(mark), "a second document", "keep one document per file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.position = positionOf(mark);
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuseTag(mark, tag);
    YamlNode node;
    node.kind = YamlKind::Scalar;
    node.position = positionOf(mark);
    node.quoted = tag == "!";
    node.text = value;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(positionOf(mark), "an alias within its own anchor", "");
    count(positionOf(mark), sizeOf(found->second));
    YamlNode copy = found->second;
    copy.position = positionOf(mark);
    if (depthOf(copy) + open_.size() > limits_.depth) tooDeep(positionOf(mark));
    attach(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, YamlKind::Sequence);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, YamlKind::Map);
  }
  void OnMapEnd() override { end(); }

  Place placeOf(const YAML::Mark& mark) const { return placeOf(positionOf(mark)); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<YamlNode> key;  // of a map, once read and until its value comes
    std::set<std::string> keys;
  };

  Place placeOf(Position position) const { return {file_, position.line, position.column}; }

  Position positionOf(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    // yaml-cpp counts bytes; an editor counts characters.
    const std::size_t end = std::min<std::size_t>(static_cast<std::size_t>(mark.pos), text_.size());
    const std::size_t bytes = std::min<std::size_t>(static_cast<std::size_t>(mark.column), end);
    const std::string_view before = text_.substr(end - bytes, bytes);
    const auto characters = std::ranges::count_if(
        before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    return {mark.line + 1, static_cast<int>(characters) + 1};
  }

  [[noreturn]] void stop(Position where, std::string message, std::string suggestion) {
    mistakes_.push_back({placeOf(where), std::move(message), std::move(suggestion)});
    throw StopReading{};
  }
  [[noreturn]] void tooDeep(Position where) {
    stop(where, "nested deeper than " + std::to_string(limits_.depth) + " levels", "");
  }

  void refuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      mistakes_.push_back({placeOf(mark), "tags are not read here", "remove '" + tag + "'"});
  }

  void count(Position where, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > limits_.nodes)
      stop(where, "more than " + std::to_string(limits_.nodes) + " values", "");
  }

  static std::size_t sizeOf(const YamlNode& node) {
    std::size_t size = 1;
    for (const YamlNode& item : node.items) size += sizeOf(item);
    for (const YamlNode::Entry& entry : node.entries) size += 1 + sizeOf(entry.value);
    return size;
  }
  static std::size_t depthOf(const YamlNode& node) {
    std::size_t depth = 0;
    for (const YamlNode& item : node.items) depth = std::max(depth, depthOf(item));
    for (const YamlNode::Entry& entry : node.entries) depth = std::max(depth, depthOf(entry.value));
    return depth + 1;
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlKind kind) {
    refuseTag(mark, tag);
    count(positionOf(mark), 1);
    if (open_.size() >= limits_.depth) tooDeep(positionOf(mark));
    Open open;
    open.node.kind = kind;
    open.node.position = positionOf(mark);
    open.anchor = anchor;
    open_.push_back(std::move(open));
  }

  void end() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    remember(closed.anchor, closed.node);
    attach(std::move(closed.node));
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    count(node.position, 1);
    remember(anchor, node);
    attach(std::move(node));
  }

  void remember(YAML::anchor_t anchor, const YamlNode& node) {
    if (anchor == 0) return;
    // The copy takes memory like any other value; anchors within anchors would multiply it.
    count(node.position, sizeOf(node));
    anchors_[anchor] = node;
  }

  void attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlKind::Sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      addEntry(parent, std::move(*parent.key), std::move(node));
      parent.key.reset();
    }
  }

  void addEntry(Open& parent, YamlNode key, YamlNode value) {
    if (key.kind != YamlKind::Scalar) {
      mistakes_.push_back({placeOf(key.position), "a key must be a name", ""});
    } else if (key.text == "<<" && !key.quoted) {
      mistakes_.push_back(
          {placeOf(key.position), "merge keys ('<<') are not read here", "write the keys out"});
    } else if (!parent.keys.insert(key.text).second) {
      const auto first = std::ranges::find(parent.node.entries, key.text, &YamlNode::Entry::key);
      mistakes_.push_back({placeOf(key.position), "duplicate key '" + key.text + "'",
                           "first given in line " + std::to_string(first->position.line)});
    } else {
      parent.node.entries.push_back({key.text, key.position, std::move(value)});
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<Mistake>& mistakes_;
  const YamlLimits limits_;
  int documents_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  YamlNode root_;
};

/// yaml-cpp's scanner takes time in the square of a line's flow items, before its first event.
/// Returns the line where the budget for a file ends, or 0.
int lineThatTakesTooLong(std::string_view text) {
  constexpr std::size_t kBudget = 1'000'000;  // one line of 1,000 items, or 2,500 lines of 20
  std::size_t spent = 0;
  int line = 1;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find('\n'));
    const auto items = static_cast<std::size_t>(
        std::ranges::count_if(one, [](char c) { return c == ',' || c == '[' || c == '{'; }));
    spent += items * items;
    if (spent > kBudget) return line;
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    ++line;
  }
  return 0;
}

std::string systemMessage(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

YamlNode readYaml(std::string_view text, const std::string& file, std::vector<Mistake>& mistakes,
                  YamlLimits limits) {
  if (text.size() > limits.bytes) {
    mistakes.push_back(
        {{file, 0, 0}, "larger than " + std::to_string(limits.bytes) + " bytes", ""});
    return {};
  }
  if (text.find('\0') != std::string_view::npos) {
    mistakes.push_back({{file, 0, 0}, "holds a zero byte", "save it as UTF-8 text"});
    return {};
  }
  if (const int line = lineThatTakesTooLong(text); line > 0) {
    mistakes.push_back({{file, line, 1}, "too many values on one line", "write one item a line"});
    return {};
  }
  TreeBuilder builder(text, file, mistakes, limits);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
  } catch (const YAML::Exception& error) {
    mistakes.push_back({builder.placeOf(error.mark), "not valid YAML: " + error.msg, ""});
  }
  return builder.takeRoot();
}

bool readConfigFile(const std::string& path, std::string& text, std::vector<Mistake>& mistakes,
                    std::size_t limit) {
  const auto refuse = [&](std::string why) {
    mistakes.push_back({{path, 0, 0}, std::move(why), ""});
    return false;
  };
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return refuse(systemMessage("cannot be read"));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return refuse(systemMessage("cannot be read"));
  if (!S_ISREG(status.st_mode)) return refuse("is not a regular file");
  if (static_cast<std::size_t>(status.st_size) > limit)
    return refuse("larger than " + std::to_string(limit) + " bytes");
  text.clear();
  char block[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(descriptor, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(systemMessage("cannot be read"));
    if (got == 0) return true;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > limit) return refuse("larger than " + std::to_string(limit) + " bytes");
  }
}

}  // namespace pagoda::app
