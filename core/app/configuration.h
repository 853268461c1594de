#pragma once
// Both files, the environment and the flags become one configuration, or a list of all that is
// wrong.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/app/environment.h"
#include "core/app/mistake.h"
#include "core/app/settings.h"
#include "core/domain/catalogue.h"

namespace pagoda::services {
class PromptModel;
}

namespace pagoda::app {

/// An option given on the command line: `--port 0` is {"server.port", "0", "--port"}.
struct Flag {
  std::string path;
  std::string value;
  std::string name;
};

struct ConfigSources {
  std::string directory;  ///< holds pagoda.yaml and models.yaml; empty: the texts below
  Environment environment;
  std::vector<Flag> flags;
  std::string pagodaYaml{};  ///< without a directory; empty: the built-in file
  std::string modelsYaml{};
};

/// Where a value came from. `value` is masked where it is a secret.
struct Provenance {
  std::string path;
  std::string value;
  std::string source;  ///< "flag --port", "environment PORT", "config/pagoda.yaml:3", "default"
};

struct LeftOut {
  std::string model;
  std::string reason;
};

struct Configuration {
  Settings settings;
  Catalogue catalogue;           ///< models that can be served
  std::vector<LeftOut> leftOut;  ///< and those that cannot, with the reason
  std::vector<Provenance> provenance;
  std::string source;  ///< the directory, or "built-in defaults"
  /// The trained router: the directory's router.pgr, else the one that is built in.
  std::shared_ptr<const services::PromptModel> router;
  std::shared_ptr<const ConfigSources> sources;  ///< what it was read from, to read it again
};

/// Reads all of it; `mistakes` gets everything that is wrong, by file and line. Only an empty
/// `mistakes` makes the result fit for use.
Configuration readConfiguration(const ConfigSources& sources, std::vector<Mistake>& mistakes);

/// The same for a start. Throws ConfigError.
Configuration loadConfiguration(const ConfigSources& sources);

/// The directory to read where none is named: PAGODA_CONFIG_DIR, ./config or /etc/pagoda if both
/// files are there, else empty.
std::string defaultDirectory(const Environment& environment);

/// Sections of `models:`, after its provider is known: takes the models of disabled providers out
/// of the catalogue.
void leaveOutUnusable(Configuration& configuration);

}  // namespace pagoda::app
