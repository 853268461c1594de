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

Configuration withFoundServers(Configuration configuration) {
  if (wantsDiscovery(configuration))
    addFoundServers(findModelServers(usualModelServers(), configuration.settings.discovery.timeout),
                    configuration);
  return configuration;
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

std::shared_ptr<const ProviderSet> makeProviders(Configuration& configuration,
                                                 plugin_host::PluginHost& plugins) {
  std::vector<std::shared_ptr<Provider>> providers;
  for (const ProviderSettings& provider : configuration.settings.providers) {
    if (!provider.disabled.empty()) continue;
    auto made = plugins.makeProvider(specOf(provider, configuration.settings.upstream));
    if (made) {
      providers.push_back(*made);
      continue;
    }
    const Error& error = made.error();
    if (error.code == ErrorCode::InvalidRequest)
      throw ConfigError({{provider.place, error.message, ""}});
    throw StartError(ExitCode::Plugin,
                     toString({provider.place, error.message + shippedPlugins(plugins), ""}));
  }
  return std::make_shared<plugin_host::InstanceSet>(std::move(providers));
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

std::shared_ptr<services::Serving> makeServing(Configuration& configuration,
                                               plugin_host::PluginHost& plugins) {
  const Settings& settings = configuration.settings;
  auto serving = std::make_shared<services::Serving>();
  configuration.catalogue.epoch = 1;
  serving->catalogue = std::make_shared<const Catalogue>(configuration.catalogue);
  serving->providers = makeProviders(configuration, plugins);
  auto strategy = plugins.makeStrategy(settings.strategy.type, settings.strategy.settingsJson);
  if (!strategy)
    throw StartError(ExitCode::Plugin,
                     "strategy: " + strategy.error().message + shippedPlugins(plugins));
  serving->strategy = *strategy;
  for (const ModelRoute& route : configuration.catalogue.routes) {
    if (route.strategy == "fallback" || route.strategy == "race") continue;
    auto own = plugins.makeStrategy(route.strategy, route.settingsJson);
    if (!own)
      throw StartError(ExitCode::Plugin, "models.yaml: routes." + route.name + ".strategy: " +
                                             own.error().message + shippedPlugins(plugins));
    serving->routeStrategies.emplace(route.name, *own);
  }
  serving->classifier = std::make_shared<const services::Classifier>(
      *serving->catalogue, settings.router.learned ? configuration.router : nullptr,
      static_cast<double>(settings.router.abstainPercent) / 100);
  serving->limits = attemptLimits(settings.upstream);
  serving->maxRequestCost = settings.cost.maxRequestCost;
  serving->defaultMaxTokens = settings.upstream.defaultMaxTokens;
  serving->maxAttempts = static_cast<int>(settings.upstream.maxAttempts);
  serving->triesPerCandidate = static_cast<int>(settings.upstream.triesPerCandidate);
  return serving;
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
      serving(makeServing(configuration, loaded(plugins))),
      store(openStoreOrEnd(place.database, configuration.settings, clock)),
      ids(clock),
      budgets(clock, budgetRules(configuration.settings.cost), store.ledger().totals(),
              TimeZone::find(configuration.settings.cost.timeZone)),
      health(clock, breakerRules(configuration.settings.upstream)),
      metrics(store.ledger().counters()),
      feedback(store.memory(), clock, log),
      orchestrator({clock, store.ledger(), budgets, health, metrics, api::httpStatusOf, &feedback},
                   serving) {}

}  // namespace pagoda::app
