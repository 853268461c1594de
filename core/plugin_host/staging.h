#pragma once
// The private folder from which plugins are loaded. glibc returns the old library when a path is
// loaded again, and overwriting a mapped file changes running code; so each load gets a copy under
// a name never used before.

#include <atomic>
#include <filesystem>
#include <string>

#include "core/plugin_host/descriptor.h"
#include "core/plugin_host/elf_image.h"
#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

/// Thread-safe. Several processes may share one state folder; copies of ended ones are removed by
/// the next process that starts alone.
class Staging {
 public:
  /// Makes `<stateDir>/plugins` with mode 0700. Throws std::runtime_error naming the folder and the
  /// cure.
  explicit Staging(const std::filesystem::path& stateDir);

  /// Writes `bytes` to `<id>-<version>-<first 12 of sha256>-<n>.so`, mode 0500. Errors: LoadFailed.
  Loaded<std::filesystem::path> stage(Bytes bytes, const std::string& id,
                                      const std::string& version, const std::string& sha256);

 private:
  void removeLeftovers() const;

  std::filesystem::path folder_;
  Descriptor lock_;  ///< shared lock: "a process uses this folder"
  std::atomic<unsigned> next_{1};
};

}  // namespace pagoda::plugin_host
