#pragma once
// The ready-made declarations of config/external, read as the server reads them.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

#include "tests/core/app/config_fixture.h"
#include "tests/plugins/support/fake_host.h"
#include "tests/plugins/support/recording.h"

namespace test {

inline std::string textOf(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream.good()) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline std::filesystem::path sourcePath(const std::string& path) {
  return std::filesystem::path(PAGODA_SOURCE_DIR) / path;
}

struct Declaration {
  std::string pagodaYaml;
  std::string modelsYaml;  // what the file's comment says to put into models.yaml
};

inline Declaration readDeclaration(const std::string& name) {
  Declaration declaration;
  declaration.pagodaYaml = textOf(sourcePath("config/external/" + name + ".yaml"));
  declaration.modelsYaml = "models:\n";
  std::istringstream lines(declaration.pagodaYaml);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("#   ")) declaration.modelsYaml += line.substr(2) + "\n";
  return declaration;
}

inline pagoda::app::Configuration configure(const Declaration& declaration,
                                            const pagoda::app::Environment& environment,
                                            std::vector<pagoda::app::Mistake>& mistakes) {
  const pagoda::app::test::ConfigDirectory directory;
  directory.pagoda(declaration.pagodaYaml);
  directory.models(declaration.modelsYaml);
  return directory.read(mistakes, environment);
}

/// The settings that reach the plugin.
inline std::string settingsOf(const std::string& name,
                              const pagoda::app::Environment& environment = {}) {
  std::vector<pagoda::app::Mistake> mistakes;
  const auto configuration = configure(readDeclaration(name), environment, mistakes);
  for (const auto& mistake : mistakes) FAIL_CHECK(toString(mistake));
  return configuration.settings.providers.at(0).settingsJson;
}

inline Request asking(const std::string& prompt, const std::string& model) {
  Request request;
  request.type = "external";
  request.model = model;
  request.rawJson = R"({"model":"m","messages":[{"role":"user","content":)";
  pagoda::json::appendString(request.rawJson, prompt);
  request.rawJson += "}]}";
  return request;
}

inline std::string golden(const std::string& name) {
  return readRecording(sourcePath("tests/golden/external/" + name + ".json")).body;
}

}  // namespace test
