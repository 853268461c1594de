#include <iostream>

#include "core/app/commands/command_line.h"

int main(int count, char** words) {
  const pagoda::app::Environment environment = pagoda::app::processEnvironment();
  pagoda::app::Console console{std::cout, std::cerr, environment};
  return pagoda::app::runCommandLine(std::vector<std::string>(words + 1, words + count), console);
}
