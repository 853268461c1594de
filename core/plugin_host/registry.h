#pragma once
// Every plugin library of this process: loaded ones by type and version, refused ones with the
// reason.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/plugin_host/host_context.h"
#include "core/plugin_host/plugin_file.h"
#include "core/plugin_host/plugin_host.h"
#include "core/plugin_host/refusal.h"
#include "core/plugin_host/staging.h"

namespace pagoda::plugin_host {

class Library;
struct Manifest;

/// A file that was not loaded.
struct RefusedPlugin {
  std::filesystem::path path;
  Refused why;
};

/// Thread-safe. Keeps every version that it loaded, so that retired ones stay mapped and
/// initialised.
class Registry {
 public:
  /// `loadTimeout` bounds the code that runs while a library loads: its static constructors and
  /// init. Throws std::runtime_error if the state folder cannot be used.
  Registry(const std::filesystem::path& stateDir, Trust trust, Millis loadTimeout,
           std::shared_ptr<HostParts> parts);
  ~Registry();

  /// Checks, stages and loads one file; a refusal leaves everything else as it was, and is kept for
  /// refused(). `beside`: the version that serves goes on serving, be it older or not.
  Loaded<std::shared_ptr<const Library>> load(const std::filesystem::path& path,
                                              bool beside = false);
  /// Loads every `*.so` of a folder in the order of their names.
  void loadFolder(const std::filesystem::path& folder);

  /// The library that offers the type: the version named by "type@version", else by `trial`, else
  /// the chosen one, else the newest. Null if there is none.
  std::shared_ptr<const Library> find(std::string_view kind, std::string_view type,
                                      const PluginChoice& trial = {}) const;
  /// Which version of a plugin serves; empty: none is loaded.
  std::string serving(const std::string& id) const;
  /// Which one did before the last choice; empty: there was none.
  std::string former(const std::string& id) const;
  /// From now on `version`, which is loaded, serves.
  void choose(const std::string& id, const std::string& version);
  /// Takes a version that neither serves nor is used out of the registry; with the caller's pointer
  /// its deinit runs. Errors: NotFound, Conflict.
  Result<std::shared_ptr<const Library>> take(const std::string& id, const std::string& version);
  std::vector<std::shared_ptr<const Library>> libraries() const;
  std::vector<RefusedPlugin> refused() const;
  /// Names of all types of a kind.
  std::vector<std::string> types(std::string_view kind) const;

 private:
  Loaded<std::shared_ptr<const Library>> loadNow(const std::filesystem::path& path);
  Loaded<void> checkDuplicate(const Manifest& manifest) const;

  const Trust trust_;
  const Millis loadTimeout_;
  const std::shared_ptr<HostParts> parts_;
  Staging staging_;
  std::mutex loading_;  ///< one load at a time; held while plugin code runs, taken by nothing else
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Library>> libraries_;
  std::vector<RefusedPlugin> refused_;
  struct Chosen {
    std::string version, former;
  };
  std::map<std::string, Chosen> chosen_;  ///< by plugin id; others: the newest serves
};

}  // namespace pagoda::plugin_host
