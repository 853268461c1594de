#pragma once
// What a run left in its folder, read without trusting a name in it.

#include <vector>

#include "core/domain/sandbox.h"

namespace pagoda::sandbox {

/// Reads the regular files below `folder` that differ from `inputs` into `result`, and names what
/// it leaves out: links, pipes, devices, sockets, files with a user of their own, and whatever
/// passes the limits. Follows nothing and never blocks; `folder` stays the caller's.
void collect(int folder, const std::vector<SandboxFile>& inputs, const SandboxLimits& limits,
             SandboxResult& result);

/// Bytes and number of what lies below `folder`, as far as it can be read; stops counting past the
/// limits.
struct Usage {
  std::size_t bytes = 0;
  std::size_t entries = 0;
};
Usage usageBelow(int folder, const SandboxLimits& limits);

}  // namespace pagoda::sandbox
