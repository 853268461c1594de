#pragma once
// The server without its sockets: plugins, providers, strategy, ledger, budgets, orchestrator. The
// command line uses it alone to explain a decision.

#include <map>
#include <memory>
#include <string>

#include "core/app/configuration.h"
#include "core/app/start_error.h"
#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/domain/keys.h"
#include "core/domain/ledger.h"
#include "core/plugin_host/plugin_host.h"
#include "core/services/authenticator.h"
#include "core/services/budget_ledger.h"
#include "core/services/feedback_desk.h"
#include "core/services/health_board.h"
#include "core/services/metrics.h"
#include "core/services/orchestrator.h"
#include "core/store/store.h"

namespace pagoda::app {

/// Where the state of a process goes.
struct EnginePlace {
  std::string database;     ///< a path, or ":memory:"
  std::string pluginState;  ///< folder for the copies of plugins that are mapped
};
EnginePlace placeOf(const Settings& settings);

/// What serves and what it was made of, so that the next one can keep what did not change.
struct BuiltServing {
  std::shared_ptr<const Configuration> configuration;
  std::shared_ptr<const services::Serving> serving;
  /// Label of the plugin by what was made of it: "provider NAME", "strategy", "route NAME",
  /// "strategies.NAME".
  std::map<std::string, std::string> plugins;
};

/// Makes the instances that `configuration` names, of the versions that serve or are on trial;
/// those of `former` (may be null) whose plugin and settings are the same go on. Throws ConfigError
/// and PluginError; then nothing has changed.
BuiltServing buildServing(Configuration configuration, plugin_host::PluginHost& plugins,
                          const plugin_host::PluginChoice& trial = {},
                          const BuiltServing* former = nullptr);

/// Members are built in this order and destroyed in the reverse one.
struct Engine {
  /// Throws StartError and ConfigError; `place` as the server has it, or a private one.
  Engine(Configuration configuration, const EnginePlace& place);

  Configuration configuration;
  SystemClock clock;
  Log log;
  plugin_host::PluginHost plugins;
  BuiltServing built;
  store::Store store;
  RequestIdSource ids;
  services::BudgetLedger budgets;
  services::HealthBoard health;
  services::Metrics metrics;
  services::FeedbackDesk feedback;
  services::Orchestrator orchestrator;
};

/// With the model servers of this machine, where nothing else would answer. Blocks for as long as
/// `discovery.timeout_ms` says.
Configuration withFoundServers(Configuration configuration);
/// The options of `plugins:`, with the folders beside the program.
plugin_host::PluginHostOptions pluginOptions(const Settings& settings,
                                             const std::string& stateDirectory);
store::StoreOptions storeOptions(const StorageSettings& settings, const CostSettings& cost);
services::BudgetRules budgetRules(const CostSettings& cost);
services::BreakerRules breakerRules(const UpstreamSettings& upstream);
LogLevel logLevelOf(const std::string& name);
std::string databasePath(const Settings& settings);

}  // namespace pagoda::app
