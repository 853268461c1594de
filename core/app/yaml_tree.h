#pragma once
// YAML as this program reads it: YAML 1.2 core scalars, no duplicate keys, no merge keys, no tags,
// bounded size. yaml-cpp 0.7 only cuts the text into events; what they mean is decided here,
// because its own nodes take duplicates silently and read `010` as 8 and `no` as false.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/app/mistake.h"

namespace pagoda::app {

struct YamlLimits {
  std::size_t bytes = 1u << 20;
  std::size_t nodes = 100'000;  ///< aliases count as what they stand for
  std::size_t depth = 32;
};

/// Counts from 1, columns in characters; line 0: not from a file.
struct Position {
  int line = 0;
  int column = 0;
};

enum class YamlKind { Null, Scalar, Sequence, Map };

struct YamlNode {
  struct Entry;

  YamlKind kind = YamlKind::Null;
  bool quoted = false;  ///< a scalar that is text whatever it looks like
  Position position;
  std::string text;
  std::vector<YamlNode> items;
  std::vector<Entry> entries;

  const YamlNode* find(std::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  Position position;
  YamlNode value;
};

/// One document. What is wrong goes to `mistakes`; then the tree holds what could be read. Syntax
/// errors end the reading, so there is at most one of them.
YamlNode readYaml(std::string_view text, const std::string& file, std::vector<Mistake>& mistakes,
                  YamlLimits limits = {});

/// The text of a regular file within the limit. A directory, FIFO, device, unreadable or too large
/// file is a mistake, found without blocking.
bool readConfigFile(const std::string& path, std::string& text, std::vector<Mistake>& mistakes,
                    std::size_t limit = YamlLimits{}.bytes);

/// What a scalar is by the YAML 1.2 core schema.
enum class ScalarType { Null, Boolean, Integer, Float, Text };
ScalarType scalarType(const YamlNode& node);

/// The node as JSON, for settings that are passed on to a plugin.
std::string toJson(const YamlNode& node);

}  // namespace pagoda::app
