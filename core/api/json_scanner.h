#pragma once
// The pass over the bytes behind JsonDocument::parse.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/json_body.h"

namespace pagoda::api {

/// Checks one JSON text (valid UTF-8, at most 2 GiB) and fills an index of its values.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, std::vector<JsonDocument::Node>& nodes);

  /// False: fault(), offset() and, for a repeated key, duplicate() tell why.
  bool run();

  const char* fault() const { return fault_; }
  std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }
  const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  using Node = JsonDocument::Node;

  bool fail(const char* why);
  void space();
  bool value(std::uint32_t index, int depth);
  bool object(std::uint32_t index, int depth);
  bool array(std::uint32_t index, int depth);
  bool string(std::uint32_t& begin, std::uint32_t& end, bool& escaped);
  bool escape();
  bool hex4(unsigned& unit);
  bool digits();
  bool number();
  bool literal(std::string_view word);
  bool uniqueKeys(std::uint32_t index);
  std::uint32_t open();
  std::uint32_t at() const { return static_cast<std::uint32_t>(p_ - begin_); }

  const char* const begin_;
  const char* p_;
  const char* const end_;
  std::vector<Node>& nodes_;
  const char* fault_ = nullptr;
  std::optional<std::string> duplicate_;
};

/// The first quote, backslash or control character at or after `p`, or `end`.
const char* findJsonSpecial(const char* p, const char* end);

/// Appends the unescaped form of what stands between a checked string's quotes.
void unescapeJson(std::string_view body, std::string& out);

}  // namespace pagoda::api
