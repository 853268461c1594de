#pragma once
// Chooses how runs are held, once and by trying: a layer that cannot run `true` here is none.

#include <memory>
#include <string>
#include <vector>

#include "core/domain/sandbox.h"

namespace pagoda::sandbox {

struct SandboxOptions {
  /// "auto" (the best that works), "bubblewrap", "landlock" or "off".
  std::string layer = "auto";
  /// Landlock: use namespaces of its own where they are allowed. Off in tests of the other case.
  bool namespaces = true;
  std::string helper;               ///< path of pagoda-sandbox
  std::vector<std::string> hidden;  ///< files and folders of the server: never shown to a run
  std::size_t concurrent = 4;       ///< runs at once, at most 16
  std::size_t waiting = 64;         ///< runs that may wait for their turn
};

/// Never fails: where no layer works the sandbox is off, says why, and refuses every run.
std::unique_ptr<Sandbox> makeSandbox(SandboxOptions options);

/// The programs that a run sees, by name, in the order of the sandbox's PATH; empty: not installed.
std::string findProgram(const std::string& name);

}  // namespace pagoda::sandbox
