#pragma once
// The configuration that serves, and how the next one takes its place: read, validate, build
// beside, self-test, swap one pointer, let the old one end with its requests.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/app/engine.h"
#include "core/app/reload_report.h"
#include "core/base/snapshot.h"

namespace pagoda::app {

/// Thread-safe; changes happen one after the other.
class LiveConfiguration {
 public:
  /// `engine` outlives it.
  explicit LiveConfiguration(Engine& engine);

  /// Reads the files that the server was started with and serves by them; blocks for as long as
  /// plugins take to make instances. What is wrong goes to the log and into the report, and the
  /// server goes on as it was.
  ReloadReport reload(const std::string& cause);
  /// Makes the instances of plugin `id` anew from `version`, which serves from then on. Errors:
  /// NotFound, PluginFault, InvalidRequest; then the former version goes on.
  Result<void> swapPlugin(const std::string& id, const std::string& version,
                          const std::string& cause);

  std::shared_ptr<const Configuration> configuration() const { return current_.load(); }
  /// Of the last reload; its cause is empty if there was none.
  ReloadReport last() const;
  /// Lets go of what no request uses any more; how many former configurations are still in use.
  /// Instances end here and not on the loop of the request that was their last.
  std::size_t retire();

 private:
  void publish(BuiltServing next);
  void note(ReloadReport report);

  Engine& engine_;
  std::mutex changing_;  ///< held while plugins make instances
  BuiltServing built_;   // guarded by changing_
  Snapshot<const Configuration> current_;
  mutable std::mutex mutex_;
  ReloadReport last_;  // guarded by mutex_, as all below
  std::vector<std::shared_ptr<const services::Serving>> former_;
};

}  // namespace pagoda::app
