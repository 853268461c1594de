#pragma once
// One loaded plugin library. Loading checks everything that the host will rely on, so that later
// calls need not.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pagoda/provider.h>
#include <pagoda/strategy.h>

#include "core/plugin_host/guard.h"
#include "core/plugin_host/host_context.h"
#include "core/plugin_host/manifest.h"
#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

/// What is known of a library before its code runs.
struct LibraryInfo {
  Manifest manifest;
  std::filesystem::path source;  ///< the file in the plugin folder
  std::filesystem::path staged;  ///< the copy that is mapped
  std::string sha256;
  std::vector<std::string> warnings;  ///< for example "stays mapped: it has unique symbols"
};

/// Instances hold their library, and so keep it initialised. Its destructor calls deinit(); the
/// mapping itself stays until the process ends, since a wrong dlclose costs the process and a right
/// one saves 29 KB. Thread-safe.
class Library {
 public:
  /// Maps info.staged, checks entry and tables against the manifest, and calls init.
  /// Errors: LoadFailed, NoEntry, EntryMismatch, WrongAbi, MissingFunction, InitFailed.
  static Loaded<std::shared_ptr<Library>> load(LibraryInfo info, std::shared_ptr<HostParts> parts);

  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  const LibraryInfo& info() const { return info_; }
  const Manifest& manifest() const { return info_.manifest; }
  const std::string& label() const { return label_; }  ///< "com.example.acme@1.0.0"
  Callee callee() const { return {label_.c_str(), *figures_}; }
  PluginFigures& figures() const { return *figures_; }
  const std::shared_ptr<HostParts>& parts() const { return parts_; }

  /// Null if the library offers none.
  const pagoda_provider_api* providers() const { return providers_; }
  const pagoda_strategy_api* strategies() const { return strategies_; }
  const pagoda_provider_type* providerType(std::string_view type) const;
  const pagoda_strategy_type* strategyType(std::string_view type) const;

 private:
  struct Mapping;

  Library(LibraryInfo info, std::shared_ptr<HostParts> parts);
  Loaded<void> map();
  Loaded<void> checkEntry();
  Loaded<void> initialise();
  Loaded<void> readTables();
  Loaded<void> readProviders(const void* table);
  Loaded<void> readStrategies(const void* table);

  LibraryInfo info_;
  const std::string label_;
  std::shared_ptr<HostParts> parts_;
  std::shared_ptr<PluginFigures> figures_;
  HostContext context_;
  std::unique_ptr<Mapping> mapping_;
  const pagoda_plugin_entry* entry_ = nullptr;
  const pagoda_provider_api* providers_ = nullptr;
  const pagoda_strategy_api* strategies_ = nullptr;
  bool initialised_ = false;
};

}  // namespace pagoda::plugin_host
