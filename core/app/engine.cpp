#include "core/app/engine.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include "core/api/error_table.h"
#include "core/app/config_reader.h"
#include "core/app/discovery.h"
#include "core/services/classifier.h"

namespace pagoda::app {
namespace {

namespace fs = std::filesystem;

constexpr int kStandardError = 2;

fs::path programDirectory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path();
}

plugin_host::PluginHost& loaded(plugin_host::PluginHost& host) {
  host.loadAll();
  return host;
}

plugin_host::ProviderSpec specOf(const ProviderSettings& provider,
                                 const UpstreamSettings& upstream) {
  plugin_host::ProviderSpec spec;
  spec.name = provider.name;
  spec.type = provider.type;
  spec.settingsJson = provider.settingsJson;
  if (!provider.keyless || !provider.baseUrl.empty()) spec.secrets["api_key"] = provider.apiKeys;
  if (spec.secrets["api_key"].empty() && !provider.baseUrl.empty())
    spec.secrets["api_key"].emplace_back();
  if (!provider.keyFrom.empty()) spec.secretHint = "set " + provider.keyFrom;
  if (provider.type == "qwen") spec.missingSecret = missingCredentials(provider.type);
  spec.limits.event = upstream.maxEventBytes;
  return spec;
}

std::string shippedPlugins(const plugin_host::PluginHost& plugins) {
  const auto all = plugins.describe();
  const bool any = std::ranges::any_of(
      all, [](const plugin_host::PluginInfo& plugin) { return plugin.state != "refused"; });
  return any ? "" : "; no plugin was found: set plugins.directories to where the .so files are";
}

/// Makes the instances of one configuration.
class ServingBuilder {
 public:
  ServingBuilder(const Configuration& configuration, plugin_host::PluginHost& host,
                 const plugin_host::PluginChoice& trial, const BuiltServing* former)
      : configuration_(configuration), host_(host), trial_(trial), former_(former) {}

  std::shared_ptr<const ProviderSet> providers() {
    std::vector<std::shared_ptr<Provider>> all;
    for (const ProviderSettings& provider : configuration_.settings.providers)
      if (provider.disabled.empty()) all.push_back(make(provider));
    return std::make_shared<plugin_host::InstanceSet>(std::move(all));
  }

  /// `name` as in BuiltServing::plugins; `old`: the former one, if its settings are the same.
  std::shared_ptr<Strategy> strategy(const std::string& name, const std::string& type,
                                     const std::string& settingsJson,
                                     const std::shared_ptr<Strategy>& old, const Place& place) {
    const auto plugin = host_.resolve(plugin_host::PluginKind::Strategy, type, trial_);
    if (old && keeps(name, plugin.label)) return old;
    plugins[name] = plugin.label;
    auto made = host_.makeStrategy(plugin.type, settingsJson);
    if (made) return *made;
    throw PluginError({place, made.error().message + shippedPlugins(host_), ""});
  }

  std::map<std::string, std::string> plugins;

 private:
  bool keeps(const std::string& name, const std::string& label) {
    if (former_ == nullptr) return false;
    const auto found = former_->plugins.find(name);
    if (found == former_->plugins.end() || found->second != label) return false;
    plugins[name] = label;
    return true;
  }

  std::shared_ptr<Provider> make(const ProviderSettings& provider) {
    const std::string name = "provider " + provider.name;
    const UpstreamSettings& upstream = configuration_.settings.upstream;
    const auto plugin = host_.resolve(plugin_host::PluginKind::Provider, provider.type, trial_);
    if (former_ != nullptr && isUnchanged(provider) && keeps(name, plugin.label))
      if (auto old = former_->serving->providers->find(provider.name)) return old;
    plugins[name] = plugin.label;
    plugin_host::ProviderSpec spec = specOf(provider, upstream);
    spec.type = plugin.type;
    auto made = host_.makeProvider(std::move(spec));
    if (made) return *made;
    const Error& error = made.error();
    if (error.code == ErrorCode::InvalidRequest)
      throw ConfigError({{provider.place, error.message, ""}});
    throw PluginError({provider.place, error.message + shippedPlugins(host_), ""});
  }

  bool isUnchanged(const ProviderSettings& provider) const {
    const Settings& before = former_->configuration->settings;
    if (before.upstream.maxEventBytes != configuration_.settings.upstream.maxEventBytes)
      return false;
    const auto found = std::ranges::find(before.providers, provider.name, &ProviderSettings::name);
    if (found == before.providers.end()) return false;
    ProviderSettings moved = *found;  // a line further down is still the same provider
    moved.place = provider.place;
    return moved == provider;
  }

  const Configuration& configuration_;
  plugin_host::PluginHost& host_;
  const plugin_host::PluginChoice& trial_;
  const BuiltServing* const former_;
};

/// The strategy that a route has, if its settings are still the same.
std::shared_ptr<Strategy> sameStrategyOf(const ModelRoute& route, const BuiltServing* former) {
  if (former == nullptr) return nullptr;
  const ModelRoute* old = former->configuration->catalogue.findRoute(route.name);
  const auto& strategies = former->serving->routeStrategies;
  const auto found = strategies.find(route.name);
  const bool same = old != nullptr && found != strategies.end() &&
                    old->strategy == route.strategy && old->settingsJson == route.settingsJson;
  return same ? found->second : nullptr;
}

/// The same of a named strategy; who may have it does not matter.
std::shared_ptr<Strategy> sameStrategyOf(const NamedStrategySettings& named,
                                         const BuiltServing* former) {
  if (former == nullptr) return nullptr;
  const auto& before = former->configuration->settings.strategies;
  const auto old = std::ranges::find(before, named.name, &NamedStrategySettings::name);
  const auto& serving = former->serving->strategies;
  const auto found = std::ranges::find(serving, named.name, &services::NamedStrategy::name);
  const bool same = old != before.end() && found != serving.end() && old->type == named.type &&
                    old->settingsJson == named.settingsJson;
  return same ? found->strategy : nullptr;
}

/// Where an option was set, as a place.
Place placeOf(const Configuration& configuration, std::string_view path) {
  const auto found = std::ranges::find(configuration.provenance, path, &Provenance::path);
  return {found == configuration.provenance.end() ? "" : found->source, 0, 0};
}

services::AttemptLimits attemptLimits(const UpstreamSettings& upstream) {
  services::AttemptLimits limits;
  limits.connect = upstream.connectTimeout;
  limits.firstByte = upstream.firstByteTimeout;
  limits.firstToken = upstream.firstTokenTimeout;
  limits.idle = upstream.idleTimeout;
  limits.attempt = upstream.attemptTimeout;
  limits.retryAfter = upstream.longestRetryAfter;
  limits.total = upstream.totalTimeout;
  limits.streamTotal = upstream.streamTotalTimeout;
  limits.maxBody = upstream.maxBodyBytes;
  limits.maxHead = upstream.maxHeadBytes;
  limits.maxEvent = upstream.maxEventBytes;
  limits.retryBase = upstream.retryBase;
  return limits;
}

store::Store openStoreOrEnd(const std::string& database, const Settings& settings,
                            const Clock& clock) {
  try {
    return store::openStore(database, storeOptions(settings.storage, settings.cost), clock);
  } catch (const store::StoreError& error) {
    throw StartError(ExitCode::Storage, error.what());
  }
}

plugin_host::PluginHostOptions checkedPluginOptions(const Settings& settings,
                                                    const std::string& stateDirectory) {
  for (const std::string& directory : settings.plugins.directories)
    if (!fs::is_directory(directory))
      throw StartError(ExitCode::Plugin,
                       "plugins.directories: '" + directory + "' is not a directory");
  return pluginOptions(settings, stateDirectory);
}

plugin_host::PluginHost makeHost(const Settings& settings, const std::string& stateDirectory,
                                 Log& log, const Clock& clock) {
  auto options = checkedPluginOptions(settings, stateDirectory);
  try {
    return plugin_host::PluginHost(std::move(options), log, clock);
  } catch (const std::runtime_error& error) {
    throw StartError(ExitCode::Plugin, error.what());
  }
}

std::optional<Money> limitOf(Money amount) {
  return amount > Money{} ? std::optional<Money>(amount) : std::nullopt;
}

}  // namespace

Configuration withFoundServers(Configuration configuration) {
  if (wantsDiscovery(configuration))
    addFoundServers(findModelServers(usualModelServers(), configuration.settings.discovery.timeout),
                    configuration);
  return configuration;
}

services::BreakerRules breakerRules(const UpstreamSettings& upstream) {
  services::BreakerRules rules;
  rules.failures = static_cast<int>(upstream.breakerFailures);
  rules.coolDown = upstream.breakerCoolDown;
  rules.maxCoolDown = upstream.breakerMaxCoolDown;
  rules.trials = static_cast<int>(upstream.breakerTrials);
  rules.retryBudget = static_cast<double>(upstream.retryBudgetPercent) / 100;
  rules.retryReserve = static_cast<double>(upstream.retryReserve);
  return rules;
}

BuiltServing buildServing(Configuration given, plugin_host::PluginHost& plugins,
                          const plugin_host::PluginChoice& trial, const BuiltServing* former) {
  given.catalogue.epoch = former == nullptr ? 1 : former->configuration->catalogue.epoch + 1;
  const auto configuration = std::make_shared<const Configuration>(std::move(given));
  const Settings& settings = configuration->settings;
  const Settings* before = former == nullptr ? nullptr : &former->configuration->settings;
  auto serving = std::make_shared<services::Serving>();
  serving->catalogue = std::make_shared<const Catalogue>(configuration->catalogue);
  ServingBuilder builder(*configuration, plugins, trial, former);
  serving->providers = builder.providers();
  const bool sameStrategy = before != nullptr && before->strategy == settings.strategy;
  serving->strategy = builder.strategy(
      "strategy", settings.strategy.type, settings.strategy.settingsJson,
      sameStrategy ? former->serving->strategy : nullptr, placeOf(*configuration, "strategy.type"));
  for (const ModelRoute& route : configuration->catalogue.routes) {
    if (route.strategy == "fallback" || route.strategy == "race") continue;
    serving->routeStrategies.emplace(
        route.name, builder.strategy("route " + route.name, route.strategy, route.settingsJson,
                                     sameStrategyOf(route, former),
                                     {"models.yaml: routes." + route.name, 0, 0}));
  }
  for (const NamedStrategySettings& one : settings.strategies)
    serving->strategies.push_back(
        {one.name,
         builder.strategy("strategies." + one.name, one.type, one.settingsJson,
                          sameStrategyOf(one, former), one.place),
         one.byHeader, one.keys, one.tasks});
  serving->classifier = std::make_shared<const services::Classifier>(
      *serving->catalogue, settings.router.learned ? configuration->router : nullptr,
      static_cast<double>(settings.router.abstainPercent) / 100);
  serving->limits = attemptLimits(settings.upstream);
  serving->maxRequestCost = settings.cost.maxRequestCost;
  serving->defaultMaxTokens = settings.upstream.defaultMaxTokens;
  serving->maxAttempts = static_cast<int>(settings.upstream.maxAttempts);
  serving->triesPerCandidate = static_cast<int>(settings.upstream.triesPerCandidate);
  return {configuration, std::move(serving), std::move(builder.plugins)};
}

services::BudgetRules budgetRules(const CostSettings& cost) {
  services::BudgetRules rules;
  rules.all = {limitOf(cost.dailyBudget), cost.monthlyBudget, limitOf(cost.totalBudget)};
  rules.shares = cost.tierAllocation;
  rules.borrowing = cost.borrowing == "none"  ? services::Borrowing::None
                    : cost.borrowing == "any" ? services::Borrowing::Any
                                              : services::Borrowing::Lower;
  for (const auto& [name, team] : cost.teams)
    rules.teams[name] = {limitOf(team.daily), limitOf(team.monthly), limitOf(team.total)};
  return rules;
}

std::string databasePath(const Settings& settings) {
  return (fs::path(settings.storage.dataDir) / "pagoda.db").string();
}

EnginePlace placeOf(const Settings& settings) {
  return {databasePath(settings), settings.plugins.state.empty()
                                      ? (fs::path(settings.storage.dataDir) / "state").string()
                                      : settings.plugins.state};
}

plugin_host::PluginHostOptions pluginOptions(const Settings& settings,
                                             const std::string& stateDirectory) {
  plugin_host::PluginHostOptions options;
  const fs::path program = programDirectory();
  std::error_code ignored;
  for (const fs::path& folder :
       {program / ".." / "plugins", program / ".." / "lib" / "pagoda" / "plugins"}) {
    if (program.empty() || !fs::is_directory(folder, ignored)) continue;
    options.pluginDirs.push_back(fs::weakly_canonical(folder, ignored));
  }
  for (const std::string& folder : settings.plugins.directories)
    options.pluginDirs.emplace_back(folder);
  options.stateDir = stateDirectory;
  options.policy = settings.plugins.policy;
  for (const std::string& allowed : settings.plugins.allow) {
    const std::size_t equals = allowed.find('=');
    if (equals == std::string::npos) {
      options.allowList.push_back({{}, allowed});
    } else {
      options.allowList.push_back({allowed.substr(0, equals), allowed.substr(equals + 1)});
    }
  }
  options.publicKeys = settings.plugins.publicKeys;
  options.hostVersion = PAGODA_VERSION;
  return options;
}

store::StoreOptions storeOptions(const StorageSettings& settings, const CostSettings& cost) {
  store::StoreOptions options;
  options.durability =
      settings.durability == "process" ? store::Durability::Process : store::Durability::Group;
  options.busyTimeout = settings.busyTimeout;
  if (auto zone = TimeZone::find(cost.timeZone)) options.zone = std::move(zone);
  options.queueLimit = static_cast<std::size_t>(settings.queue);
  options.keepAnswers = settings.keepAnswers;
  options.answerBytes = static_cast<std::int64_t>(settings.answerBytes);
  return options;
}

LogLevel logLevelOf(const std::string& name) {
  constexpr std::pair<const char*, LogLevel> kLevels[] = {
      {"trace", LogLevel::Trace}, {"debug", LogLevel::Debug}, {"info", LogLevel::Info},
      {"warn", LogLevel::Warn},   {"error", LogLevel::Error}, {"off", LogLevel::Off}};
  for (const auto& [text, level] : kLevels)
    if (name == text) return level;
  return LogLevel::Info;
}

Engine::Engine(Configuration given, const EnginePlace& place)
    : configuration(withFoundServers(std::move(given))),
      log(kStandardError, logLevelOf(configuration.settings.logging.level),
          configuration.settings.logging.format == "json" ? LogFormat::Json : LogFormat::Text),
      plugins(makeHost(configuration.settings, place.pluginState, log, clock)),
      built(buildServing(configuration, loaded(plugins))),
      store(openStoreOrEnd(place.database, configuration.settings, clock)),
      ids(clock),
      budgets(clock, budgetRules(configuration.settings.cost), store.ledger().totals(),
              TimeZone::find(configuration.settings.cost.timeZone)),
      health(clock, breakerRules(configuration.settings.upstream)),
      metrics(store.ledger().counters()),
      feedback(store.memory(), clock, log),
      orchestrator({clock, store.ledger(), budgets, health, metrics, api::httpStatusOf, &feedback},
                   built.serving) {}

}  // namespace pagoda::app
