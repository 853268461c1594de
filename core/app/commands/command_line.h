#pragma once
// `pagoda COMMAND [options]`: one table of commands, their options and their help.

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/app/configuration.h"
#include "core/app/start_error.h"

namespace pagoda::app {

struct OptionSpec {
  std::string name;   ///< "--config"
  std::string value;  ///< "DIR"; empty: a switch
  std::string help;
  bool repeats = false;
};

/// The words after the command, sorted.
struct Arguments {
  std::map<std::string, std::vector<std::string>> options;
  std::vector<std::string> words;

  bool has(const std::string& name) const { return options.contains(name); }
  std::string get(const std::string& name, const std::string& otherwise = {}) const;
};

/// What a command works with; tests give it streams and an environment of their own.
struct Console {
  std::ostream& out;
  std::ostream& error;
  const Environment& environment;
};

struct Command {
  std::string name;     ///< "keys create"
  std::string words;    ///< "PROMPT", or empty
  std::string summary;  ///< one line
  std::vector<OptionSpec> options;
  std::function<ExitCode(const Arguments&, Console&)> run;
};

/// Reads arguments by the command's options. Throws StartError (Usage), with the nearest name.
Arguments readArguments(const Command& command, const std::vector<std::string>& words);

/// Runs the command that `words` name; every error becomes one line and an exit code.
int runCommandLine(const std::vector<std::string>& words, Console& console);

/// Directory, environment and flags (--config, --port, --host, --data-dir, --set) of a command.
ConfigSources sourcesOf(const Arguments& arguments, const Environment& environment);

/// The settings of a command that works on the database: a provider's missing secret is no matter
/// of it. Throws ConfigError.
Settings storageSettingsOf(const Arguments& arguments, const Environment& environment);

}  // namespace pagoda::app
