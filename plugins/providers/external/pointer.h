#pragma once
// JSON pointers (RFC 6901) over text that is not turned into a tree: an answer is looked at in a
// few places, and most of it is never needed.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pagoda::external {

/// `/results/0/name`. Beyond RFC 6901 a segment `*` is the first member or element, and `$name` is
/// the value of a parameter. Immutable.
class Pointer {
 public:
  Pointer() = default;
  /// Throws Failure(PAGODA_E_CONFIG). "" is the whole document.
  explicit Pointer(std::string_view text);

  /// The names of the parameters in it.
  std::vector<std::string> parameters() const;

  using Resolve = std::function<std::optional<std::string>(std::string_view parameter)>;
  /// The value's own bytes in `json`, or nullopt when there is none, or it is null. `resolve` may
  /// be empty. Throws json::Malformed.
  std::optional<std::string_view> find(std::string_view json, const Resolve& resolve = {}) const;

 private:
  struct Segment {
    std::string text;
    bool parameter = false;
  };
  std::vector<Segment> segments_;
};

/// What stands in a template for a value: a string's text, a number or boolean as it is written, an
/// array of these with commas. Nullopt for null, objects and other arrays.
std::optional<std::string> scalarText(std::string_view json);

}  // namespace pagoda::external
