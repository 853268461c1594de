#pragma once
// Texts with {places} in them: URLs, headers, bodies and answers of a declaration.
//
//   {name}             a parameter, or language, prompt, base_url, index
//   {step:/a/0/b}      a value of the answer of a step, by JSON pointer
//   {/a}               of the last step's answer; inside a list, of the element
//   {list:name}        a rendered list
//   {secret:api_key}   only in headers and queries
//   {{ and }}          the braces themselves
// Filters follow behind `|`, see filters.h.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters.h"
#include "pointer.h"

namespace pagoda::external {

struct Reference {
  enum class Kind { Name, Step, Here, List, Secret };
  Kind kind = Kind::Name;
  std::string name;  ///< parameter, step, list or secret
  Pointer pointer;
  std::vector<Filter> filters;
};

/// What a template's places stand for. The functions may be empty where a template has no such
/// places, and what they return is not cleaned yet.
struct Scope {
  std::function<std::optional<std::string>(const Reference&)> value;
  FilterContext filters;
};

/// Immutable.
class Template {
 public:
  struct Piece {
    std::string literal;
    std::optional<Reference> reference;
  };

  Template() = default;
  /// Throws Failure(PAGODA_E_CONFIG).
  explicit Template(std::string_view text);

  bool empty() const { return pieces_.empty(); }
  const std::vector<Piece>& pieces() const { return pieces_; }
  /// Calls back for each place.
  void each(const std::function<void(const Reference&)>& visit) const;

  /// Line by line: a line with a place that has no value is left out, and so an answer without a
  /// humidity has no line about it. Empty when none of its places has a value.
  std::string lines(const Scope& scope) const;
  /// Nullopt when a place has no value. `encode` is applied to values, not to the literal text.
  std::optional<std::string> whole(const Scope& scope,
                                   std::string (*encode)(std::string_view) = nullptr) const;

 private:
  std::vector<Piece> pieces_;
};

/// One text for all languages, or one for each.
struct Localized {
  Template english;
  Template japanese;
  const Template& in(Language language) const {
    return language == Language::Japanese ? japanese : english;
  }
  bool empty() const { return english.empty() && japanese.empty(); }
};

/// The value of a place after its filters, safe to show.
std::optional<std::string> valueOf(const Reference& reference, const Scope& scope);

}  // namespace pagoda::external
