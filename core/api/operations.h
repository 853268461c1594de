#pragma once
// What an admin may change while the server serves: the configuration and the versions of plugins.

#include <optional>
#include <string>

#include "core/base/error.h"

namespace pagoda::api {

enum class PluginAction { Load, Swap, Rollback, Retire };

struct PluginOrder {
  PluginAction action = PluginAction::Load;
  std::string file;     ///< load: in a plugin folder
  std::string id;       ///< the others
  std::string version;  ///< swap, retire
};

/// What came of it. With an error nothing has changed.
struct OperationReply {
  std::optional<Error> error;
  std::string json;  ///< the report, an object
};

/// Thread-safe; all of it blocks: call it on a worker. `actor` is who asked, for the log.
class Operations {
 public:
  virtual ~Operations() = default;
  /// Reads the configuration again and serves by it.
  virtual OperationReply reload(const std::string& actor) = 0;
  /// A JSON array of plugins.
  virtual std::string plugins() = 0;
  virtual OperationReply change(const PluginOrder& order, const std::string& actor) = 0;
};

}  // namespace pagoda::api
