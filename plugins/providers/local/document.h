#pragma once
// A document of JSON's kind, however it was written: members keep their order, numbers their text.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refusal.h"

namespace pagoda::local {

enum class Kind { Null, Boolean, Number, String, Array, Object };

struct Node {
  Kind kind = Kind::Null;
  std::string text;               ///< Boolean, Number: as JSON writes it; String: unescaped
  std::vector<std::string> keys;  ///< Object
  std::vector<Node> items;        ///< Array: elements; Object: values of `keys`

  static Node scalar(Kind kind, std::string text) { return {kind, std::move(text), {}, {}}; }
};

/// How deep documents may nest.
constexpr int kMaxDocumentDepth = 100;

/// Where a document is malformed, counted from 1; columns count characters.
class DocumentError : public Refusal {
 public:
  DocumentError(std::string_view document, std::size_t offset, const Phrase& what);
  int line() const noexcept { return line_; }
  int column() const noexcept { return column_; }

 private:
  struct Place {
    int line = 1, column = 1;
  };
  DocumentError(Place place, const Phrase& what);
  static Place placeOf(std::string_view document, std::size_t offset);
  int line_;
  int column_;
};

/// A key that an object has twice, or an empty view.
std::string_view duplicateKey(const Node& node);
/// Scalars in a document, for what the answer tells of it.
std::size_t countValues(const Node& node);

// Each reads a whole document and throws DocumentError.
Node readJson(std::string_view text);
/// A subset of YAML 1.2: block and flow mappings and sequences, plain and quoted scalars, block
/// scalars (| and >), comments, one document. Anchors, tags, merge keys, complex keys and tabs in
/// the indentation are refused by name. Plain scalars are typed by the core schema: `no` is a
/// string.
Node readYaml(std::string_view text);
/// RFC 4180, with LF line ends as well, and the delimiter , ; or tab that the first line shows. An
/// array of objects named by the first row; every value is a string unless `typed`.
Node readCsv(std::string_view text, bool typed);

std::string writeJson(const Node& node, bool pretty);
std::string writeYaml(const Node& node);
/// An array of objects or of arrays of scalars. Throws Refusal for what has no table form.
std::string writeCsv(const Node& node);

/// Whether plain text would be read as another kind than a string (YAML's core schema).
Kind kindOfPlain(std::string_view text);

}  // namespace pagoda::local
