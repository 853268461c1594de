#include "core/plugin_host/plugin_host.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <pagoda/provider.h>
#include <pagoda/strategy.h>

#include "core/plugin_host/host_context.h"
#include "core/plugin_host/library.h"
#include "core/plugin_host/provider_instance.h"
#include "core/plugin_host/provider_proxy.h"
#include "core/plugin_host/registry.h"
#include "core/plugin_host/settings.h"
#include "core/plugin_host/strategy_proxy.h"
#include "core/plugin_host/within.h"

namespace pagoda::plugin_host {
namespace {

Trust trustOf(const PluginHostOptions& options) {
  std::vector<AllowedPlugin> allowed;
  for (const auto& entry : options.allowList) allowed.push_back({entry.id, entry.sha256});
  return readTrust(options.policy, std::move(allowed), options.publicKeys);
}

std::string_view nameOfKind(pagoda_metric_kind kind) {
  switch (kind) {
    case PAGODA_METRIC_GAUGE:
      return "gauge";
    case PAGODA_METRIC_HISTOGRAM:
      return "histogram";
    default:
      return "counter";
  }
}

const char* idOf(PluginKind kind) {
  return kind == PluginKind::Provider ? PAGODA_KIND_PROVIDER : PAGODA_KIND_STRATEGY;
}

/// An instance whose create or self-test hangs keeps a thread, and never serves.
template <class T, class Make>
Result<T> madeWithin(Millis limit, const std::string& label, Make make) {
  std::optional<Result<T>> made = within(limit, std::move(make));
  if (made) return *std::move(made);
  return fail(ErrorCode::PluginFault, label + ": create and self-test did not return within " +
                                          std::to_string(limit.count()) + " ms");
}

}  // namespace

struct PluginHost::Parts {
  Parts(PluginHostOptions o, Log& log, const Clock& clock)
      : options(std::move(o)),
        shared(std::make_shared<HostParts>(log, clock, options.hostVersion)),
        registry(options.stateDir, trustOf(options), options.loadTimeout, shared) {}

  Result<std::shared_ptr<const Library>> find(std::string_view kind,
                                              const std::string& type) const {
    if (auto library = registry.find(kind, type)) return library;
    std::string message = "no plugin offers the type `" + type + "`";
    const auto known = registry.types(kind);
    const auto near = nearNames(bareType(type), known);
    for (std::size_t i = 0; i < near.size(); ++i)
      message += (i == 0 ? "; did you mean " : " or ") + near[i];
    if (known.empty()) message += "; no plugin of that kind is loaded";
    return fail(ErrorCode::NotFound, std::move(message), "type");
  }

  std::vector<std::shared_ptr<ProviderInstance>> living() const {
    const std::scoped_lock lock(mutex);
    std::vector<std::shared_ptr<ProviderInstance>> found;
    for (const auto& held : instances) {
      if (auto instance = held.lock()) found.push_back(std::move(instance));
    }
    return found;
  }

  const PluginHostOptions options;
  const std::shared_ptr<HostParts> shared;
  Registry registry;
  mutable std::mutex mutex;
  std::vector<std::weak_ptr<ProviderInstance>> instances;  ///< for figures()
};

PluginHost::PluginHost(PluginHostOptions options, Log& log, const Clock& clock)
    : parts_(std::make_unique<Parts>(std::move(options), log, clock)) {}

PluginHost::~PluginHost() = default;

std::size_t PluginHost::loadAll() {
  for (const auto& folder : parts_->options.pluginDirs) parts_->registry.loadFolder(folder);
  return parts_->registry.libraries().size();
}

Result<void> PluginHost::load(const std::filesystem::path& file) {
  const auto loaded = parts_->registry.load(file);
  if (loaded) return {};
  return fail(ErrorCode::PluginFault, file.string() + ": " +
                                          std::string(nameOf(loaded.error().reason)) + ": " +
                                          loaded.error().message);
}

Result<std::string> PluginHost::loadBeside(const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path wanted(file);
  std::error_code ignored;
  for (const fs::path& folder : parts_->options.pluginDirs) {
    const fs::path path = wanted.has_parent_path() ? wanted : folder / wanted;
    if (!fs::equivalent(path.parent_path(), folder, ignored)) continue;
    if (!fs::exists(path, ignored)) continue;
    const auto loaded = parts_->registry.load(path, true);
    if (loaded) return (*loaded)->label();
    return fail(ErrorCode::PluginFault, path.string() + ": " +
                                            std::string(nameOf(loaded.error().reason)) + ": " +
                                            loaded.error().message);
  }
  return fail(ErrorCode::NotFound,
              "no plugin folder has that file; put it into one of plugins.directories", "file");
}

PluginOfType PluginHost::resolve(PluginKind kind, const std::string& type,
                                 const PluginChoice& trial) const {
  const auto library = parts_->registry.find(idOf(kind), type, trial);
  if (!library) return {type, {}};
  return {bareType(type) + "@" + library->manifest().version, library->label()};
}

Result<void> PluginHost::checkLoaded(const std::string& id, const std::string& version) const {
  std::string versions;
  for (const auto& library : parts_->registry.libraries()) {
    if (library->manifest().id != id) continue;
    if (library->manifest().version == version) return {};
    versions += (versions.empty() ? "" : ", ") + library->manifest().version;
  }
  if (versions.empty())
    return fail(ErrorCode::NotFound,
                "no plugin with that id is loaded; GET /admin/plugins lists "
                "them",
                "id");
  return fail(ErrorCode::NotFound,
              id + " is loaded as " + versions +
                  "; load the other version "
                  "first",
              "version");
}

void PluginHost::choose(const std::string& id, const std::string& version) {
  parts_->registry.choose(id, version);
}

Result<std::string> PluginHost::former(const std::string& id) const {
  std::string version = parts_->registry.former(id);
  if (version.empty())
    return fail(ErrorCode::NotFound, "no other version of that plugin has served before", "id");
  PAGODA_CHECK(checkLoaded(id, version));
  return version;
}

Result<void> PluginHost::retire(const std::string& id, const std::string& version) {
  PAGODA_TRY(std::shared_ptr<const Library> library, parts_->registry.take(id, version));
  const std::string label = library->label();
  const auto ended = within(parts_->options.loadTimeout, [library = std::move(library)]() mutable {
    library.reset();
    return true;
  });
  parts_->shared->log.info("plugin_retired", {{"plugin", label}});
  if (ended) return {};
  return fail(ErrorCode::PluginFault, label + " serves no more, but its deinit does not return");
}

Result<std::shared_ptr<Provider>> PluginHost::makeProvider(ProviderSpec spec) {
  PAGODA_TRY(std::shared_ptr<const Library> library, parts_->find(PAGODA_KIND_PROVIDER, spec.type));
  using Instance = std::shared_ptr<ProviderInstance>;
  const std::string label = library->label();
  PAGODA_TRY(Instance instance,
             madeWithin<Instance>(parts_->options.loadTimeout, label,
                                  [library = std::move(library), spec = std::move(spec)] {
                                    return ProviderInstance::create(library, spec);
                                  }));
  {
    const std::scoped_lock lock(parts_->mutex);
    std::erase_if(parts_->instances, [](const auto& held) { return held.expired(); });
    parts_->instances.push_back(instance);
  }
  return std::make_shared<ProviderProxy>(std::move(instance));
}

Result<std::shared_ptr<Provider>> PluginHost::makeProvider(
    std::string name, std::string type, std::string settingsJson,
    std::map<std::string, std::vector<Secret>, std::less<>> secrets) {
  ProviderSpec spec;
  spec.name = std::move(name);
  spec.type = std::move(type);
  spec.settingsJson = std::move(settingsJson);
  spec.secrets = std::move(secrets);
  return makeProvider(std::move(spec));
}

Result<std::shared_ptr<Strategy>> PluginHost::makeStrategy(const std::string& type,
                                                           const std::string& settingsJson) {
  PAGODA_TRY(std::shared_ptr<const Library> library, parts_->find(PAGODA_KIND_STRATEGY, type));
  const std::string label = library->label();
  return madeWithin<std::shared_ptr<Strategy>>(parts_->options.loadTimeout, label,
                                               [library = std::move(library), type = bareType(type),
                                                settingsJson, modes = parts_->options.planModes] {
                                                 return makeStrategyProxy(library, type,
                                                                          settingsJson, modes);
                                               });
}

std::vector<PluginInfo> PluginHost::describe() const {
  std::vector<PluginInfo> all;
  for (const auto& library : parts_->registry.libraries()) {
    const Manifest& manifest = library->manifest();
    PluginInfo info;
    info.id = manifest.id;
    info.version = manifest.version;
    info.name = manifest.name;
    info.path = library->info().source.string();
    info.sha256 = library->info().sha256;
    // The registry's pointer and the one in hand are no instances.
    info.instances = std::max(0L, library.use_count() - 2);
    const bool newer = versionLess(parts_->registry.serving(manifest.id), manifest.version);
    info.state = newer ? "ready" : "superseded";
    for (const ProvidedType& provided : manifest.provides) {
      info.types.push_back({provided.kind, provided.type});
      if (parts_->registry.serving(manifest.id) == manifest.version) info.state = "active";
    }
    info.warnings = library->info().warnings;
    info.errors = library->figures().errors.load(std::memory_order_relaxed);
    info.stuckCalls = library->figures().stuckCalls.load(std::memory_order_acquire);
    all.push_back(std::move(info));
  }
  for (const RefusedPlugin& refused : parts_->registry.refused()) {
    PluginInfo info;
    info.path = refused.path.string();
    info.state = "refused";
    info.reason = nameOf(refused.why.reason);
    info.message = refused.why.message;
    all.push_back(std::move(info));
  }
  return all;
}

std::map<std::string, std::uint64_t> PluginHost::errors() const {
  std::map<std::string, std::uint64_t> all;
  for (const auto& [id, figures] : parts_->shared->figures.all())
    all[id] = figures->errors.load(std::memory_order_relaxed);
  return all;
}

std::vector<KeyState> PluginHost::keys() const {
  std::vector<KeyState> all;
  for (const auto& instance : parts_->living()) {
    for (KeyState& key : instance->secrets().states()) {
      key.instance = instance->name();
      all.push_back(std::move(key));
    }
  }
  return all;
}

std::vector<PluginFigure> PluginHost::figures() const {
  std::vector<PluginFigure> all;
  for (const auto& instance : parts_->living()) {
    for (PluginMetric& metric : instance->metrics())
      all.push_back({std::move(metric.plugin), std::move(metric.instance), std::move(metric.name),
                     std::move(metric.help), std::string(nameOfKind(metric.kind)), metric.value,
                     metric.count});
  }
  return all;
}

InstanceSet::InstanceSet(std::vector<std::shared_ptr<Provider>> providers) {
  for (auto& provider : providers) {
    std::string name = provider->name();
    providers_.insert_or_assign(std::move(name), std::move(provider));
  }
}

std::shared_ptr<Provider> InstanceSet::find(std::string_view name) const {
  const auto found = providers_.find(name);
  return found == providers_.end() ? nullptr : found->second;
}

std::vector<std::string> InstanceSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, provider] : providers_) names.push_back(name);
  return names;
}

}  // namespace pagoda::plugin_host
