#include "core/app/live_operations.h"

#include <pagoda/json.hpp>

#include "core/app/info.h"

namespace pagoda::app {

LiveOperations::LiveOperations(LiveConfiguration& live, plugin_host::PluginHost& plugins)
    : live_(live), plugins_(plugins) {}

api::OperationReply LiveOperations::reload(const std::string& actor) {
  const ReloadReport report = live_.reload(actor);
  api::OperationReply reply;
  reply.json = toJson(report);
  if (report.applied()) return reply;
  std::string message = "the configuration was not reloaded: " + toString(report.mistakes.front());
  if (report.mistakes.size() > 1)
    message += " and " + std::to_string(report.mistakes.size() - 1) + " more";
  reply.error = Error{ErrorCode::InvalidRequest, std::move(message), {}, {}, {}};
  return reply;
}

std::string LiveOperations::plugins() {
  return pluginsJson(plugins_, true);
}

api::OperationReply LiveOperations::change(const api::PluginOrder& order,
                                           const std::string& actor) {
  api::OperationReply reply;
  const Result<std::string> plugin = carryOut(order, actor);
  if (!plugin) {
    reply.error = plugin.error();
    return reply;
  }
  json::Writer json(reply.json);
  json.beginObject().member("plugin", std::string_view(*plugin));
  json.member("former_configurations", live_.retire());
  json.rawMember("plugins", pluginsJson(plugins_, true)).endObject();
  return reply;
}

/// The label of the plugin that it was about.
Result<std::string> LiveOperations::carryOut(const api::PluginOrder& order,
                                             const std::string& actor) {
  switch (order.action) {
    case api::PluginAction::Load:
      return plugins_.loadBeside(order.file);
    case api::PluginAction::Swap:
      PAGODA_CHECK(live_.swapPlugin(order.id, order.version, actor));
      return order.id + "@" + order.version;
    case api::PluginAction::Rollback: {
      PAGODA_TRY(const std::string version, plugins_.former(order.id));
      PAGODA_CHECK(live_.swapPlugin(order.id, version, actor));
      return order.id + "@" + version;
    }
    case api::PluginAction::Retire:
      live_.retire();
      PAGODA_CHECK(plugins_.retire(order.id, order.version));
      return order.id + "@" + order.version;
  }
  return fail(ErrorCode::Internal, "an unknown operation");
}

}  // namespace pagoda::app
