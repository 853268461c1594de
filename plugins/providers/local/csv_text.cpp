// CSV of document.h: RFC 4180.
#include <algorithm>
#include <unordered_map>

#include "document.h"

namespace pagoda::local {
namespace {

constexpr std::size_t kMostCellsRead = 400'000;

using Row = std::vector<std::string>;

class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text), delimiter_(delimiterOf(text)) {}

  bool done() const { return at_ >= text_.size(); }
  std::size_t at() const { return at_; }

  Row row() {
    Row row;
    for (;;) {
      row.push_back(field());
      if (done()) return row;
      const char c = text_[at_];
      if (c == delimiter_) {
        ++at_;
        continue;
      }
      if (c == '\r') ++at_;
      if (!done() && text_[at_] == '\n') ++at_;
      return row;
    }
  }

 private:
  // What the first line separates most: a comma unless semicolons or tabs outnumber it.
  static char delimiterOf(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    char best = ',';
    for (const char c : {';', '\t'})
      if (std::count(line.begin(), line.end(), c) > std::count(line.begin(), line.end(), best))
        best = c;
    return best;
  }

  std::string field() {
    if (!done() && text_[at_] == '"') return quoted();
    const std::size_t from = at_;
    while (!done() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r') {
      if (text_[at_] == '"')
        throw DocumentError(text_, at_,
                            {"a quote inside a field that does not begin with one",
                             "引用符で始まっていない項目の中に引用符があります"});
      ++at_;
    }
    return std::string(text_.substr(from, at_ - from));
  }

  std::string quoted() {
    const std::size_t from = at_++;
    std::string out;
    for (;;) {
      const std::size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos)
        throw DocumentError(
            text_, from,
            {"this quoted field does not end", "この引用符付きの項目が閉じられていません"});
      out.append(text_.substr(at_, quote - at_));
      at_ = quote + 1;
      if (done() || text_[at_] != '"') break;
      out += '"';
      ++at_;
    }
    if (!done() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r')
      throw DocumentError(text_, at_,
                          {"text follows the closing quote", "閉じる引用符の後に文字があります"});
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  char delimiter_;
};

void appendField(std::string& out, std::string_view text) {
  const bool quote = text.find_first_of(",\"\r\n") != std::string_view::npos ||
                     (!text.empty() && (text.front() == ' ' || text.back() == ' '));
  out += quote ? "\"" + replaceAll(text, "\"", "\"\"") + "\"" : std::string(text);
}

std::string_view cellOf(const Node& node) {
  if (node.kind == Kind::Array || node.kind == Kind::Object)
    throw Refusal({"CSV has no form for a nested value", "CSVでは入れ子の値を表せません"});
  return node.kind == Kind::Null ? std::string_view{} : std::string_view(node.text);
}

void appendRow(std::string& out, const std::vector<std::string_view>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    appendField(out, cells[i]);
  }
  out += "\r\n";
}

std::string tableOfObjects(const std::vector<Node>& rows) {
  std::vector<std::string_view> columns;
  std::unordered_map<std::string_view, std::size_t> indexes;
  for (const Node& row : rows) {
    if (row.kind != Kind::Object)
      throw Refusal({"CSV needs every element to be an object",
                     "CSVにするには全要素がオブジェクトである必要があります"});
    for (const std::string& key : row.keys)
      if (indexes.try_emplace(key, columns.size()).second) columns.push_back(key);
  }
  constexpr std::size_t kMostCells = 4'000'000;
  if (columns.size() * rows.size() > kMostCells)
    throw Refusal(
        {"the table would have more than four million cells", "表のセルが400万を超えます"});
  std::string out;
  appendRow(out, columns);
  for (const Node& row : rows) {
    std::vector<std::string_view> cells(columns.size());
    for (std::size_t i = 0; i < row.keys.size(); ++i)
      cells[indexes[row.keys[i]]] = cellOf(row.items[i]);
    appendRow(out, cells);
  }
  return out;
}

}  // namespace

Node readCsv(std::string_view text, bool typed) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (startsWith(text, kMark)) text.remove_prefix(kMark.size());
  CsvReader reader(text);
  if (reader.done()) throw DocumentError(text, 0, {"the CSV text is empty", "CSVが空です"});
  const Row header = reader.row();
  Node table;
  table.kind = Kind::Array;
  while (!reader.done()) {
    if (table.items.size() * header.size() > kMostCellsRead)
      throw Refusal({"the table has more than 400000 cells", "表のセルが40万を超えています"});
    const std::size_t at = reader.at();
    Row row = reader.row();
    if (row.size() == 1 && row.front().empty() && header.size() > 1) continue;
    if (row.size() != header.size())
      throw DocumentError(text, at,
                          {"this row has " + std::to_string(row.size()) + " fields, the header " +
                               std::to_string(header.size()),
                           "この行の項目数は" + std::to_string(row.size()) + "、見出しは" +
                               std::to_string(header.size()) + "です"});
    Node object;
    object.kind = Kind::Object;
    object.keys = header;
    for (std::string& cell : row) {
      const Kind kind = typed && !cell.empty() ? kindOfPlain(cell) : Kind::String;
      object.items.push_back(
          Node::scalar(kind, kind == Kind::Boolean ? lower(cell) : std::move(cell)));
    }
    table.items.push_back(std::move(object));
  }
  return table;
}

std::string writeCsv(const Node& node) {
  if (node.kind == Kind::Object) return tableOfObjects({node});
  if (node.kind != Kind::Array || node.items.empty())
    throw Refusal({"CSV needs an array of objects or of arrays",
                   "CSVにするにはオブジェクトか配列の配列が必要です"});
  if (node.items.front().kind == Kind::Object) return tableOfObjects(node.items);
  std::string out;
  for (const Node& row : node.items) {
    std::vector<std::string_view> cells;
    if (row.kind == Kind::Array) {
      for (const Node& cell : row.items) cells.push_back(cellOf(cell));
    } else {
      cells.push_back(cellOf(row));
    }
    appendRow(out, cells);
  }
  return out;
}

}  // namespace pagoda::local
