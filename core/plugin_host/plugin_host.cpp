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

Result<std::shared_ptr<Provider>> PluginHost::makeProvider(ProviderSpec spec) {
  PAGODA_TRY(std::shared_ptr<const Library> library, parts_->find(PAGODA_KIND_PROVIDER, spec.type));
  PAGODA_TRY(std::shared_ptr<ProviderInstance> instance,
             ProviderInstance::create(std::move(library), std::move(spec)));
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
  return makeStrategyProxy(std::move(library), bareType(type), settingsJson,
                           parts_->options.planModes);
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
    info.state = "superseded";
    for (const ProvidedType& provided : manifest.provides) {
      info.types.push_back({provided.kind, provided.type});
      if (parts_->registry.find(provided.kind, provided.type) == library) info.state = "active";
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
