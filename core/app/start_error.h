#pragma once
// Why the program ends, and the exit code that says so to scripts. config/README.md lists them.

#include <stdexcept>
#include <string>

#include "core/app/mistake.h"

namespace pagoda::app {

enum class ExitCode {
  Ok = 0,
  Failure = 1,
  Usage = 2,
  Configuration = 3,
  PortInUse = 4,
  Storage = 5,
  Plugin = 6,
  Unreachable = 7,  ///< no server answers at the address
  Refused = 8,      ///< the server answered with an error
};

/// Ends the start with one clear line.
class StartError : public std::runtime_error {
 public:
  StartError(ExitCode code, const std::string& line) : std::runtime_error(line), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// A plugin that the configuration names cannot serve; the mistake says where it is named.
class PluginError : public StartError {
 public:
  explicit PluginError(Mistake mistake)
      : StartError(ExitCode::Plugin, toString(mistake)), mistake_(std::move(mistake)) {}
  const Mistake& mistake() const noexcept { return mistake_; }

 private:
  Mistake mistake_;
};

}  // namespace pagoda::app
