// The schemas and config/README.md say what the program reads: no key more, none less.

#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include <pagoda/json.hpp>

#include "core/app/option_table.h"

using namespace pagoda;
using namespace pagoda::app;

namespace {

std::string textOf(const std::string& path) {
  std::ifstream file(std::string(PAGODA_SOURCE_DIR) + "/" + path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Paths of all leaves below `properties`.
void leaves(json::Reader& schema, const std::string& path, std::set<std::string>& out) {
  bool inner = false;
  schema.object([&](std::string_view key, json::Reader& value) {
    if (key != "properties") return;
    inner = true;
    value.object([&](std::string_view name, json::Reader& property) {
      leaves(property, path.empty() ? std::string(name) : path + "." + std::string(name), out);
    });
  });
  if (!inner) out.insert(path);
}

std::set<std::string> leavesOf(const std::string& file) {
  const std::string text = textOf(file);
  json::Reader reader(text);
  std::set<std::string> paths;
  leaves(reader, {}, paths);
  return paths;
}

}  // namespace

TEST_CASE("the JSON schemas know the options that the program reads", "[app][config]") {
  Settings settings;
  std::set<std::string> pagoda{"providers", "strategies", "strategy.settings"};
  std::set<std::string> models{"cost_management.teams"};
  for (const Option& option : optionsOf(settings))
    (option.file == ConfigFile::Pagoda ? pagoda : models).insert(option.path);
  CHECK(leavesOf("config/pagoda.schema.json") == pagoda);

  std::set<std::string> known;
  for (const std::string& path : leavesOf("config/models.schema.json"))
    if (path.starts_with("cost_management.") || path == "models.passthrough" ||
        path == "models.only_qwen")
      known.insert(path);
  CHECK(known == models);
}

TEST_CASE("both files name their schema on line 1, for editors", "[app][config]") {
  for (const std::string name : {"pagoda", "models"})
    CHECK(textOf("config/" + name + ".yaml")
              .starts_with("# yaml-language-server: $schema=" + name + ".schema.json\n"));
}

TEST_CASE("config/README.md has every option with environment name and default", "[app][config]") {
  const std::string readme = textOf("config/README.md");
  Settings settings;
  settings.storage.dataDir = "~/.local/share/pagoda";
  for (const Option& option : optionsOf(settings)) {
    DYNAMIC_SECTION(option.path) {
      const std::size_t row = readme.find("| `" + option.path + "` |");
      REQUIRE(row != std::string::npos);
      const std::string line = readme.substr(row, readme.find('\n', row) - row);
      CHECK(line.find("`" + environmentName(option.path) + "`") != std::string::npos);
      if (!option.seedVariable.empty())
        CHECK(line.find("`" + option.seedVariable + "`") != std::string::npos);
      const std::string value = show(option);
      if (!value.empty()) CHECK(line.find("| `" + value + "` |") != std::string::npos);
      for (const std::string& choice : option.choices)
        CHECK(line.find("`" + choice + "`") != std::string::npos);
    }
  }
}
