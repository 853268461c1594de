#include "core/app/commands/lines.h"

#include <fstream>
#include <iostream>

#include <pagoda/json.hpp>

#include "core/app/start_error.h"

namespace pagoda::app {

void eachLine(const std::string& file, const std::function<void(const std::string&, int)>& take) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file);
    if (!opened) throw StartError(ExitCode::Usage, "'" + file + "' cannot be read");
  }
  std::istream& in = file == "-" ? std::cin : opened;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      take(line, number);
    } catch (const json::Malformed& malformed) {
      throw StartError(ExitCode::Usage,
                       file + ":" + std::to_string(number) + ": " + malformed.what());
    }
  }
}

}  // namespace pagoda::app
