#pragma once
// A configuration directory of its own for each test, removed afterwards.

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/app/configuration.h"

namespace pagoda::app::test {

inline constexpr const char* kSmallPagoda = R"(
providers:
  - name: upstream
    type: openai_compatible
    base_url: http://127.0.0.1:9901/v1
    api_key: sk-literal-upstream-key
)";

inline constexpr const char* kSmallModels = R"(
models:
  test-model:
    tier: 0
    provider: upstream
    model: test-model
    price_per_million: {input: 1, output: 2}
)";

class ConfigDirectory {
 public:
  ConfigDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "pagoda-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
    pagoda(kSmallPagoda);
    models(kSmallModels);
  }
  ConfigDirectory(const ConfigDirectory&) = delete;
  ConfigDirectory& operator=(const ConfigDirectory&) = delete;
  ~ConfigDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  void pagoda(const std::string& text) const { write("pagoda.yaml", text); }
  void models(const std::string& text) const { write("models.yaml", text); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }

  Configuration read(std::vector<Mistake>& mistakes, Environment environment = {},
                     std::vector<Flag> flags = {}) const {
    return readConfiguration({path_, std::move(environment), std::move(flags)}, mistakes);
  }
  Configuration load(Environment environment = {}, std::vector<Flag> flags = {}) const {
    return loadConfiguration({path_, std::move(environment), std::move(flags)});
  }

  /// A server of the test's own: its data here, the plugins that were built, no search for others.
  Configuration loadServer(Environment environment = {}, std::vector<Flag> flags = {}) const {
    flags.push_back({"storage.data_dir", path_ + "/data", "--data-dir"});
    flags.push_back({"plugins.directories", PAGODA_BINARY_DIR "/plugins", "--set"});
    flags.push_back({"discovery.enabled", "false", "--set"});
    return load(std::move(environment), std::move(flags));
  }

  /// Messages with the directory cut off: "pagoda.yaml:1:1: ...".
  std::vector<std::string> mistakes(Environment environment = {},
                                    std::vector<Flag> flags = {}) const {
    std::vector<Mistake> found;
    read(found, std::move(environment), std::move(flags));
    std::vector<std::string> lines;
    for (const Mistake& mistake : found) {
      std::string line = toString(mistake);
      const std::string prefix = path_ + "/";
      for (std::size_t at; (at = line.find(prefix)) != std::string::npos;)
        line.erase(at, prefix.size());
      lines.push_back(line);
    }
    return lines;
  }

 private:
  std::string path_;
};

}  // namespace pagoda::app::test
