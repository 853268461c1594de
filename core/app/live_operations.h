#pragma once
// The admin's operations on a server that serves.

#include "core/api/operations.h"
#include "core/app/live_configuration.h"

namespace pagoda::app {

class LiveOperations final : public api::Operations {
 public:
  /// Both outlive it.
  LiveOperations(LiveConfiguration& live, plugin_host::PluginHost& plugins);
  api::OperationReply reload(const std::string& actor) override;
  std::string plugins() override;
  api::OperationReply change(const api::PluginOrder& order, const std::string& actor) override;

 private:
  Result<std::string> carryOut(const api::PluginOrder& order, const std::string& actor);

  LiveConfiguration& live_;
  plugin_host::PluginHost& plugins_;
};

}  // namespace pagoda::app
