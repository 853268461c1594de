#pragma once
// The process environment as a value, so that tests own theirs.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/app/mistake.h"
#include "core/base/secret.h"

namespace pagoda::app {

using Environment = std::map<std::string, std::string, std::less<>>;

Environment processEnvironment();

/// The value of `name`, or the content of the file that `name`_FILE names, without the newline at
/// its end; none if neither is set. A file that cannot be read is a mistake of `name`_FILE.
std::optional<std::string> lookUp(const Environment& environment, std::string_view name,
                                  std::vector<Mistake>& mistakes);

/// What a value in pagoda.yaml stands for once `${NAME}` and `${NAME:-default}` are replaced; `$${`
/// stands for "${". A missing variable is a mistake that names it.
struct Expanded {
  std::string text;
  bool replaced = false;
  std::string from;  ///< the last variable that was read
};
std::optional<Expanded> expand(std::string_view text, const Environment& environment,
                               const Place& place, std::vector<Mistake>& mistakes);

/// A secret as it is written: `file:/path`, or the clear text itself.
std::optional<Secret> readSecret(const std::string& text, const Place& place,
                                 std::vector<Mistake>& mistakes);

}  // namespace pagoda::app
