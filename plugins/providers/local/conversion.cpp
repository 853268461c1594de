#include "conversion.h"

#include <algorithm>
#include <vector>

#include "document.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMaxInstruction = 300;

enum class Format { Json, Yaml, Csv };
enum class Operation { None, Validate, Pretty, Minify };

std::string_view nameOf(Format format) {
  return format == Format::Json ? "JSON" : format == Format::Yaml ? "YAML" : "CSV";
}
std::string_view fenceOf(Format format) {
  return format == Format::Json ? "json" : format == Format::Yaml ? "yaml" : "csv";
}

/// A prompt cut into what is asked and what it is asked of.
struct Parts {
  std::string instruction;  // in lower case
  std::string_view document;
};

bool mentionsFormat(std::string_view text) {
  return contains(text, "json") || contains(text, "yaml") || contains(text, "yml") ||
         contains(text, "csv");
}

std::optional<Parts> fenced(std::string_view prompt) {
  constexpr std::string_view kFence = "```";
  const std::size_t open = prompt.find(kFence);
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t body = prompt.find('\n', open);
  const std::size_t close = body == std::string_view::npos ? body : prompt.find(kFence, body);
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view label =
      trim(prompt.substr(open + kFence.size(), body - open - kFence.size()));
  std::string instruction(prompt.substr(0, open));
  // The fence's own label names the source.
  if (!label.empty()) instruction.append(" from ").append(label).append(" ");
  instruction.append(prompt.substr(close + kFence.size()));
  return Parts{lower(foldWidth(instruction)), prompt.substr(body + 1, close - body - 1)};
}

std::optional<Parts> plainParts(std::string_view prompt) {
  const std::size_t line = prompt.find('\n');
  const std::size_t bracket = prompt.find_first_of("{[");
  const std::size_t end = std::min(line, bracket);
  if (end == std::string_view::npos) {
    // One line: "Validate this YAML: a: 1".
    const std::size_t colon = prompt.find(": ");
    if (colon == std::string_view::npos) return std::nullopt;
    return Parts{lower(foldWidth(prompt.substr(0, colon))), trim(prompt.substr(colon + 1))};
  }
  std::string instruction =
      lower(foldWidth(trim(prompt.substr(0, std::min(end, kMaxInstruction + 1)))));
  std::string_view document = prompt.substr(end);
  if (bracket < line && !contains(instruction, "yaml to") && !contains(instruction, "csv to")) {
    // What stands behind the last bracket is instruction as well: {...} をYAMLに変換して
    const std::size_t last = document.find_last_of("}]");
    if (last != std::string_view::npos) {
      const std::string_view tail = document.substr(last + 1);
      if (tail.size() <= kMaxInstruction && mentionsFormat(lower(tail))) {
        instruction += " " + lower(foldWidth(tail));
        document = document.substr(0, last + 1);
      }
    }
  }
  while (!document.empty() && (document.front() == '\n' || document.front() == '\r'))
    document.remove_prefix(1);
  return Parts{std::move(instruction), document};
}

bool any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return containsWord(text, word); });
}

Operation operationOf(std::string_view instruction) {
  if (any(instruction, {"minify", "minified", "compact", "one line", "single line", "圧縮", "1行",
                        "一行", "ミニファイ"}))
    return Operation::Minify;
  if (any(instruction, {"valid", "validate", "validation", "check", "lint", "correct", "検証",
                        "正しい", "妥当", "有効", "チェック"}))
    return Operation::Validate;
  if (any(instruction, {"pretty", "prettify", "pretty-print", "format", "beautify", "indent",
                        "整形", "フォーマット", "読みやすく"}))
    return Operation::Pretty;
  return Operation::None;
}

// A program that converts is a coding task, which these skills cannot do.
bool asksForProgram(std::string_view instruction) {
  return any(instruction, {"function", "script", "program", "code", "python", "javascript", "java",
                           "write a", "implement", "how do i", "how to", "explain", "関数",
                           "プログラム", "スクリプト", "コード", "実装", "説明"});
}

struct Mention {
  Format format;
  bool target;  // "to yaml", YAMLに
  bool source;  // "from json", JSONを
};

std::vector<Mention> mentionsIn(std::string_view text) {
  constexpr std::pair<std::string_view, Format> kNames[] = {
      {"json", Format::Json}, {"yaml", Format::Yaml}, {"yml", Format::Yaml}, {"csv", Format::Csv}};
  std::vector<std::pair<std::size_t, Mention>> found;
  for (const auto& [name, format] : kNames) {
    for (std::size_t at = text.find(name); at != std::string_view::npos;
         at = text.find(name, at + 1)) {
      const std::string_view before = trim(text.substr(0, at));
      std::string_view after = text.substr(at + name.size());
      for (const std::string_view word : {"形式", "フォーマット", "データ", "ファイル"})
        if (startsWith(after, word)) after.remove_prefix(word.size());
      const bool target = endsWith(before, " to") || before == "to" || endsWith(before, "into") ||
                          endsWith(before, " as") || endsWith(before, " in") ||
                          endsWith(before, "->") || startsWith(after, "に") ||
                          startsWith(after, "へ");
      const bool source = endsWith(before, "from") || endsWith(before, "this") ||
                          endsWith(before, "この") || endsWith(before, "次の") ||
                          startsWith(after, "を") || startsWith(after, "から") ||
                          startsWith(trim(after), "to ");
      found.push_back({at, {format, target, source && !target}});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Mention> out;
  for (const auto& [at, mention] : found) out.push_back(mention);
  return out;
}

Format sniff(std::string_view document) {
  const std::string_view text = trim(document);
  if (startsWith(text, "{") || startsWith(text, "[")) return Format::Json;
  if (startsWith(text, "- ") || startsWith(text, "---")) return Format::Yaml;
  const std::string_view line = text.substr(0, text.find('\n'));
  return contains(line, ":") && !contains(line, ",") ? Format::Yaml : Format::Csv;
}

Node read(Format format, std::string_view document) {
  if (format == Format::Json) return readJson(trim(document));
  if (format == Format::Yaml) return readYaml(document);
  return readCsv(trim(document), true);
}

std::string write(Format format, const Node& node, bool pretty) {
  if (format == Format::Json) return writeJson(node, pretty);
  return format == Format::Yaml ? writeYaml(node) : writeCsv(node);
}

std::string fence(Format format, std::string text) {
  text = replaceAll(text, "\r\n", "\n");
  while (endsWith(text, "\n")) text.pop_back();
  return "```" + std::string(fenceOf(format)) + "\n" + text + "\n```";
}

std::string describe(Format format, const Node& node, Tongue tongue) {
  const std::string name(nameOf(format)), size = std::to_string(node.items.size());
  const std::string values = std::to_string(countValues(node));
  Phrase what{"a single value", "単独の値"};
  if (format == Format::Csv) {
    const std::string columns =
        std::to_string(node.items.empty() ? 0 : node.items.front().keys.size());
    what = {size + " rows of " + columns + " columns", size + "行" + columns + "列"};
  } else if (node.kind == Kind::Object) {
    what = {"an object with " + size + " members, " + values + " values in all",
            size + "個のキーを持つオブジェクト、値は全部で" + values + "個"};
  } else if (node.kind == Kind::Array) {
    what = {"an array of " + size + " elements, " + values + " values in all",
            size + "個の要素を持つ配列、値は全部で" + values + "個"};
  }
  std::string en = "Valid " + name + ": " + what.en + ".";
  std::string ja = "正しい" + name + "です: " + what.ja + "。";
  if (const std::string_view key = duplicateKey(node); key.data() != nullptr) {
    en += " But the key \"" + std::string(key) +
          "\" stands twice in one object; most readers keep only the last.";
    ja += "ただしキー「" + std::string(key) +
          "」が同じオブジェクトに重複しており、多くの処理系では最後の値だけが残ります。";
  }
  return tongue == Tongue::Japanese ? ja : en;
}

std::string convert(const Parts& parts, Operation operation, Format from, Format to,
                    Tongue tongue) {
  Node node;
  try {
    node = read(from, parts.document);
  } catch (const DocumentError& error) {
    const std::string name(nameOf(from));
    return tongue == Tongue::Japanese ? name + "として正しくありません。" + error.phrase().ja
                                      : "Not valid " + name + ": " + error.phrase().en;
  }
  if (operation == Operation::Validate) return describe(from, node, tongue);
  if (from != to) {
    if (const std::string_view key = duplicateKey(node); key.data() != nullptr)
      throw Refusal(
          {"the key \"" + std::string(key) +
               "\" stands twice in one object, so converting would lose a value",
           "キー「" + std::string(key) + "」が重複しているため、変換すると値が失われます"});
  }
  return fence(to, write(to, node, operation != Operation::Minify));
}

}  // namespace

std::optional<std::string> convertDocument(std::string_view prompt, Tongue tongue) {
  prompt = trim(prompt);
  auto parts = fenced(prompt);
  if (!parts) parts = plainParts(prompt);
  if (!parts || trim(parts->document).empty() || parts->instruction.size() > kMaxInstruction)
    return std::nullopt;
  const std::string& instruction = parts->instruction;
  if (trim(instruction).empty()) {
    // A document and no word: it is checked and laid out.
    if (sniff(parts->document) != Format::Json) return std::nullopt;
    const std::string checked =
        convert(*parts, Operation::Validate, Format::Json, Format::Json, tongue);
    return startsWith(checked, "Not valid") || contains(checked, "正しくありません")
               ? checked
               : checked + "\n\n" +
                     convert(*parts, Operation::Pretty, Format::Json, Format::Json, tongue);
  }
  if (!mentionsFormat(instruction) || asksForProgram(instruction)) return std::nullopt;
  const Operation operation = operationOf(instruction);
  std::optional<Format> from, to;
  const auto mentions = mentionsIn(instruction);
  for (const Mention& mention : mentions) {
    if (mention.target && !to) to = mention.format;
    if (mention.source && !from) from = mention.format;
  }
  for (const Mention& mention : mentions) {
    if (mention.target || mention.source) continue;
    const bool other = mention.format != from.value_or(mention.format) ||
                       mention.format != to.value_or(mention.format);
    if (operation != Operation::None && !from) {
      from = mention.format;
    } else if (!to && other) {
      to = mention.format;
    }
  }
  if (operation == Operation::None && !to) return std::nullopt;
  const Format source =
      from.value_or(to && operation != Operation::None ? *to : sniff(parts->document));
  return convert(*parts, operation, source, to.value_or(source), tongue);
}

}  // namespace pagoda::local
