#pragma once
// A mistake in the configuration, with its place, so that one run shows all of them.

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pagoda::app {

/// Where something was written; line and column count from 1 and columns count characters.
/// `line` 0: the whole file, or a place that is no file (`PORT`, `--port`).
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

struct Mistake {
  Place place;
  std::string message;     ///< one line; never holds a secret
  std::string suggestion;  ///< what to write instead, or empty
};

/// "config/pagoda.yaml:3:5: unknown key 'prot' (did you mean 'port'?)"
std::string toString(const Mistake& mistake);

/// Refuses to start: the first mistake in one line, and how many more there are.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<Mistake> mistakes);
  const std::vector<Mistake>& mistakes() const { return mistakes_; }

 private:
  std::vector<Mistake> mistakes_;
};

/// The known name that `name` was probably meant to be, or empty when none is near.
std::string nearestName(std::string_view name, const std::vector<std::string>& known);

}  // namespace pagoda::app
