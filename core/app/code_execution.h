#pragma once
// The sandbox and what the routes need of it, as the configuration says.

#include <memory>

#include "core/api/code_json.h"
#include "core/app/configuration.h"
#include "core/net/worker_pool.h"

namespace pagoda::app {

/// The sandbox of a server with this configuration. Tries the layers, which takes a moment.
std::unique_ptr<Sandbox> makeConfiguredSandbox(const Configuration& configuration);

struct CodeExecution {
  CodeExecution(const Configuration& configuration, const Clock& clock);
  /// Ends all runs and waits for them; the loops that wait for one must still be there.
  void stop();

  std::unique_ptr<Sandbox> sandbox;
  net::WorkerPool threads;  ///< of runs: each blocks for as long as its run takes
  api::CodeParts parts;
};

}  // namespace pagoda::app
