#pragma once
// The JSON of GET /info and of `pagoda info`.

#include <string>

#include "core/app/configuration.h"
#include "core/base/clock.h"
#include "core/domain/sandbox.h"

namespace pagoda::plugin_host {
class PluginHost;
}

namespace pagoda::app {

struct ReloadReport;

struct InfoSources {
  const Configuration& configuration;
  const plugin_host::PluginHost& plugins;
  UnixMillis started;
  UnixMillis now;
  bool authRequired;
  const ReloadReport& lastReload;  ///< its cause is empty: there was none
  const SandboxState& sandbox;
};

/// Versions, plugins, providers and models; for an admin also paths, the reasons of what is left
/// out and where each setting came from.
std::string infoJson(const InfoSources& sources, bool forAdmin);

/// Pieces that commands show as well.
std::string pluginsJson(const plugin_host::PluginHost& plugins, bool withPaths);
std::string settingsJson(const Configuration& configuration);
std::string modelsJson(const Configuration& configuration);

}  // namespace pagoda::app
