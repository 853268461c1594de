#pragma once
// Runs code for requests: from their loop, on threads of its own, in the sandbox.

#include <functional>
#include <stop_token>
#include <string>

#include "core/base/cancel.h"
#include "core/domain/runtime.h"
#include "core/domain/sandbox.h"
#include "core/services/code_languages.h"

namespace pagoda::services {

/// Thread-safe; one for the process.
class CodeRunner {
 public:
  struct Parts {
    Sandbox& sandbox;
    /// Runs its argument on a thread that may block; false: there is no room. Thread-safe.
    std::function<bool(std::function<void()>)> onOwnThread;
    /// Where the sandbox sees a program, or empty.
    std::function<std::string(const std::string&)> findProgram;
    SandboxLimits limits;
  };
  explicit CodeRunner(Parts parts) : parts_(std::move(parts)) {}
  CodeRunner(const CodeRunner&) = delete;
  CodeRunner& operator=(const CodeRunner&) = delete;
  /// Ends the runs that are under way.
  ~CodeRunner() { everything_.request_stop(); }
  void stopAll() { everything_.request_stop(); }

  const SandboxState& state() const { return parts_.sandbox.state(); }
  const SandboxLimits& limits() const { return parts_.limits; }
  bool isInstalled(const CodeLanguage& language) const {
    return !parts_.findProgram(std::string(language.program)).empty();
  }
  /// Shell text as a command of the sandbox.
  static std::vector<std::string> shell(std::string_view text) {
    return {"/bin/sh", "-c", std::string(text)};
  }

  /// The run ends within moments of `cancel`, which may be null. Errors: those of Sandbox::run.
  Task<Result<SandboxResult>> run(SandboxRequest request, CancelSource* cancel, Runtime& runtime);

 private:
  Parts parts_;
  std::stop_source everything_;
};

}  // namespace pagoda::services
