#pragma once
// The plugins of this process, as the application uses them: load folders of libraries, make
// instances of the types that they offer. Needs neither the SDK's headers nor a library to include.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/domain/provider.h"
#include "core/domain/routing.h"

namespace pagoda::plugin_host {

/// `plugins:` of pagoda.yaml.
struct PluginHostOptions {
  std::vector<std::filesystem::path> pluginDirs;
  std::filesystem::path stateDir;  ///< copies that are mapped go to `<stateDir>/plugins`
  std::string policy = "any";      ///< any, listed or signed
  struct Allowed {
    std::string id;      ///< empty: any id
    std::string sha256;  ///< hexadecimal
  };
  std::vector<Allowed> allowList;       ///< for `listed`
  std::vector<std::string> publicKeys;  ///< for `signed`: "ed25519:" and base64 or hexadecimal
  std::string hostVersion = "1.0.0";
  Millis loadTimeout{10'000};  ///< for a library's constructors and init
  /// What the executor carries out.
  std::vector<PlanMode> planModes{PlanMode::Fallback, PlanMode::Cascade, PlanMode::Refine,
                                  PlanMode::Race, PlanMode::Ensemble};
};

/// Limits on what a provider plugin may hand over; behind them stand the limits of the HTTP client.
struct ProviderLimits {
  std::size_t requestBody = 64u << 20;
  std::size_t event = 4u << 20;    ///< text of one event
  std::size_t answer = 64u << 20;  ///< text of all events of one attempt
  std::size_t events = 4'000'000;
  std::size_t nativeQueue = 4u << 20;  ///< events of a native provider that wait for the loop
  std::size_t blockingCalls =
      8;                     ///< threads of an instance whose plugin blocks; others wait for one
  Millis stuckAfter{2'000};  ///< a native call given up for so long counts as stuck
};

/// One instance to make: `providers:` of pagoda.yaml.
struct ProviderSpec {
  std::string name;                 ///< of the instance
  std::string type;                 ///< "openai_compatible", or "openai_compatible@1.2.0"
  std::string settingsJson = "{}";  ///< without name, type and secrets; `base_url` may be in it
  /// By name ("api_key"); several values are used in turn when the upstream rejects one. An empty
  /// Secret says that the upstream wants none.
  std::map<std::string, std::vector<Secret>, std::less<>> secrets;
  std::string secretHint;  ///< how to set a missing key, for the error: "set OPENAI_API_KEY"
  std::string missingSecret = "no api key";  ///< what to call that
  ProviderLimits limits;
};

/// One key of an instance, for /info: never the key itself.
struct KeyState {
  std::string instance;
  std::string secret;      ///< "api_key"
  std::size_t number = 0;  ///< as in the configuration, from 1
  std::uint64_t uses = 0;
  Millis restsFor{0};  ///< 0: fit
  std::string why;     ///< of the rest: auth, quota, permission, rate_limit
};

struct PluginType {
  std::string kind;  ///< "pagoda.provider/1"
  std::string type;
};

enum class PluginKind { Provider, Strategy };

/// Versions by plugin id.
using PluginChoice = std::map<std::string, std::string>;

/// Which plugin a type means.
struct PluginOfType {
  std::string type;   ///< with its version: "acme@1.2.0"
  std::string label;  ///< "com.example.acme@1.2.0"; empty: no plugin offers it
};

/// A line of `plugins list` and /info.
struct PluginInfo {
  std::string id, version, name;
  std::string path, sha256;
  std::string state;   ///< active, ready (newer than the one that serves), superseded or refused
  long instances = 0;  ///< made of it and alive
  std::vector<PluginType> types;
  std::vector<std::string> warnings;
  std::string reason;           ///< of a refusal: "wrong_abi"
  std::string message;          ///< of a refusal
  std::uint64_t errors = 0;     ///< plugin_errors_total of the id
  std::int64_t stuckCalls = 0;  ///< native calls that the host gave up and the plugin does not end
};

/// A figure that a plugin keeps of itself: pagoda_plugin_<name>{plugin=...,instance=...}.
struct PluginFigure {
  std::string plugin, instance, name, help;
  std::string kind;  ///< counter, gauge or histogram
  double value = 0;  ///< of a histogram the sum
  std::uint64_t count = 0;
};

/// Thread-safe. Providers and strategies may outlive it; `log` and `clock` outlive them all.
class PluginHost {
 public:
  /// Throws std::runtime_error with one clear line: unknown policy, bad key, unusable state folder.
  PluginHost(PluginHostOptions options, Log& log, const Clock& clock);
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;
  ~PluginHost();

  /// Loads every `*.so` of the plugin folders; a refused file leaves the others serving. Number of
  /// loaded ones.
  std::size_t loadAll();
  /// Errors: PluginFault, with the reason's name and message.
  Result<void> load(const std::filesystem::path& file);
  /// The same for a file in one of the plugin folders, named with or without its folder; another
  /// version that serves goes on serving. Its label. Errors: NotFound, PluginFault.
  Result<std::string> loadBeside(const std::string& file);

  /// The version that would serve `type`, where `trial` stands in for what serves now.
  PluginOfType resolve(PluginKind kind, const std::string& type,
                       const PluginChoice& trial = {}) const;
  /// Errors: NotFound (with the versions that are loaded).
  Result<void> checkLoaded(const std::string& id, const std::string& version) const;
  /// What instances are made of from now on; those that are alive stay.
  void choose(const std::string& id, const std::string& version);
  /// The version that served before the last choose(). Errors: NotFound.
  Result<std::string> former(const std::string& id) const;
  /// Forgets a version that neither serves nor has instances; runs its deinit, within the time
  /// limit of loading. Errors: NotFound, Conflict, PluginFault.
  Result<void> retire(const std::string& id, const std::string& version);

  /// Checks the settings, creates the instance and runs its self-test, all within the time limit of
  /// loading. Errors: NotFound (unknown type, with near names), InvalidRequest (a setting),
  /// PluginFault.
  Result<std::shared_ptr<Provider>> makeProvider(ProviderSpec spec);
  Result<std::shared_ptr<Provider>> makeProvider(
      std::string name, std::string type, std::string settingsJson,
      std::map<std::string, std::vector<Secret>, std::less<>> secrets);
  Result<std::shared_ptr<Strategy>> makeStrategy(const std::string& type,
                                                 const std::string& settingsJson);

  /// Loaded ones first, then refused ones.
  std::vector<PluginInfo> describe() const;
  /// plugin_errors_total by plugin id.
  std::map<std::string, std::uint64_t> errors() const;
  std::vector<PluginFigure> figures() const;
  /// Of all instances.
  std::vector<KeyState> keys() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// An immutable set of instances by name.
class InstanceSet final : public ProviderSet {
 public:
  explicit InstanceSet(std::vector<std::shared_ptr<Provider>> providers);
  std::shared_ptr<Provider> find(std::string_view name) const override;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::shared_ptr<Provider>, std::less<>> providers_;
};

}  // namespace pagoda::plugin_host
