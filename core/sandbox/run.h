#pragma once
// One run from start to results.

#include <stop_token>
#include <string>

#include "core/domain/sandbox.h"
#include "core/sandbox/job.h"

namespace pagoda::sandbox {

/// Blocks. Errors: Internal with what the layer could not do; then nothing was run.
Result<SandboxResult> runJob(const std::string& helper, const Job& job,
                             const SandboxRequest& request, std::stop_token stop);

}  // namespace pagoda::sandbox
