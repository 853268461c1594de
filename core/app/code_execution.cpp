#include "core/app/code_execution.h"

#include <filesystem>

#include "core/sandbox/sandbox.h"

namespace pagoda::app {
namespace {

namespace fs = std::filesystem;

/// What a run must not see even where it lies among the system's programs.
std::vector<std::string> ownPaths(const Configuration& configuration, const fs::path& program) {
  const Settings& settings = configuration.settings;
  std::vector<std::string> paths = settings.plugins.directories;
  paths.push_back(program.string());
  paths.push_back((program.parent_path() / ".." / "lib" / "pagoda").string());
  for (const std::string& path :
       {settings.storage.dataDir, settings.plugins.state, settings.server.tlsCert,
        settings.server.tlsKey, configuration.source})
    if (!path.empty()) paths.push_back(path);
  return paths;
}

SandboxLimits limitsOf(const SandboxSettings& settings) {
  SandboxLimits limits;
  limits.wall = settings.wallTimeout;
  limits.cpu = settings.cpuTimeout;
  limits.memory = settings.memoryBytes;
  limits.disk = settings.diskBytes;
  limits.files = static_cast<int>(settings.files);
  limits.processes = static_cast<int>(settings.processes);
  limits.output = settings.outputBytes;
  return limits;
}

std::size_t placesOf(const SandboxSettings& settings) {
  return static_cast<std::size_t>(settings.concurrent);
}

}  // namespace

std::unique_ptr<Sandbox> makeConfiguredSandbox(const Configuration& configuration) {
  const SandboxSettings& settings = configuration.settings.sandbox;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  sandbox::SandboxOptions options;
  options.layer = settings.layer;
  options.helper = (program.parent_path() / "pagoda-sandbox").string();
  options.hidden = ownPaths(configuration, program);
  options.concurrent = placesOf(settings);
  options.waiting = static_cast<std::size_t>(settings.queue);
  return sandbox::makeSandbox(std::move(options));
}

CodeExecution::CodeExecution(const Configuration& configuration, const Clock& clock)
    : sandbox(makeConfiguredSandbox(configuration)),
      threads(placesOf(configuration.settings.sandbox),
              static_cast<std::size_t>(configuration.settings.sandbox.queue) + 1),
      parts{.runner = services::CodeRunner(
                {*sandbox,
                 [this](std::function<void()> run) { return threads.submit(std::move(run)); },
                 sandbox::findProgram, limitsOf(configuration.settings.sandbox)}),
            .shelf = services::RunShelf(clock, {configuration.settings.sandbox.keepFiles})} {}

void CodeExecution::stop() {
  parts.runner.stopAll();
  threads.close();
}

}  // namespace pagoda::app
