#pragma once
// A command of the program, run in the test's own process.

#include <sstream>
#include <string>
#include <vector>

#include "core/app/commands/command_line.h"

namespace pagoda::app::test {

struct Ran {
  int code = 0;
  std::string out;
  std::string error;
};

inline Ran runCommand(const std::vector<std::string>& words, const Environment& environment = {}) {
  std::ostringstream out;
  std::ostringstream error;
  Console console{out, error, environment};
  const int code = runCommandLine(words, console);
  return {code, out.str(), error.str()};
}

}  // namespace pagoda::app::test
