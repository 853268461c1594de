#pragma once
// The table of options: one line each, and reading, environment names, provenance, the schemas'
// test and the documentation's test follow from it.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/app/settings.h"
#include "core/app/yaml_tree.h"

namespace pagoda::app {

enum class ConfigFile { Pagoda, Models };

/// A part of one, kept in billionths: 0.15.
struct Share {
  std::map<int, Money>* shares;
  int tier;
};

struct Option {
  /// Where the value goes; its type is the option's type.
  using Target = std::variant<bool*, std::int64_t*, std::size_t*, Millis*, Money*, std::string*,
                              Secret*, std::vector<std::string>*, Share>;
  std::string path;  ///< "server.tls.cert"
  Target target;
  std::int64_t least = 0;  ///< of numbers
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> choices{};  ///< of text; empty: any
  ConfigFile file = ConfigFile::Pagoda;
  std::string seedVariable{};  ///< the seed's own name for it, or empty
};

/// The options bound to `settings`, which outlives them.
std::vector<Option> optionsOf(Settings& settings);

/// "PAGODA_SERVER__TLS__CERT"
std::string environmentName(std::string_view path);

/// Reads a scalar (or, for lists, a sequence) into the option's target. None: done. Otherwise what
/// is wrong; `suggestion` is what to write.
struct Refusal {
  std::string message;
  std::string suggestion;
};
std::optional<Refusal> assign(const Option& option, const YamlNode& value);
/// From a variable or a flag: text as it would stand in the file; lists are split at commas.
std::optional<Refusal> assign(const Option& option, const std::string& text);

/// "true", "4000", "70", or "***" for a secret that is set.
std::string show(const Option& option);
/// "boolean", "integer", "milliseconds", "bytes", "USD", "text", "secret", "list", "share"
std::string_view typeName(const Option& option);

}  // namespace pagoda::app
