#pragma once
// A strategy plugin as the domain's Strategy.

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/domain/routing.h"
#include "core/plugin_host/library.h"

namespace pagoda::plugin_host {

/// Checks the settings, creates the plugin's instance and runs its self-test. `planModes`: the
/// modes that the executor carries out; the plugin hears that others are unsupported. Errors:
/// InvalidRequest (a setting), PluginFault.
Result<std::shared_ptr<Strategy>> makeStrategyProxy(std::shared_ptr<const Library> library,
                                                    const std::string& type,
                                                    const std::string& settingsJson,
                                                    const std::vector<PlanMode>& planModes);

}  // namespace pagoda::plugin_host
