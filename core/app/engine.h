#pragma once
// The server without its sockets: plugins, providers, strategy, ledger, budgets, orchestrator. The
// command line uses it alone to explain a decision.

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

/// Members are built in this order and destroyed in the reverse one.
struct Engine {
  /// Throws StartError and ConfigError; `place` as the server has it, or a private one.
  Engine(Configuration configuration, const EnginePlace& place);

  Configuration configuration;
  SystemClock clock;
  Log log;
  plugin_host::PluginHost plugins;
  std::shared_ptr<services::Serving> serving;
  store::Store store;
  RequestIdSource ids;
  services::BudgetLedger budgets;
  services::HealthBoard health;
  services::Metrics metrics;
  services::FeedbackDesk feedback;
  services::Orchestrator orchestrator;
};

/// The options of `plugins:`, with the folders beside the program.
plugin_host::PluginHostOptions pluginOptions(const Settings& settings,
                                             const std::string& stateDirectory);
store::StoreOptions storeOptions(const StorageSettings& settings, const CostSettings& cost);
services::BudgetRules budgetRules(const CostSettings& cost);
LogLevel logLevelOf(const std::string& name);
std::string databasePath(const Settings& settings);

}  // namespace pagoda::app
