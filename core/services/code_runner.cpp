#include "core/services/code_runner.h"

#include <memory>

namespace pagoda::services {

Task<Result<SandboxResult>> CodeRunner::run(SandboxRequest request, CancelSource* cancel,
                                            Runtime& runtime) {
  if (cancel != nullptr && cancel->cancelled())
    co_return fail(ErrorCode::Cancelled, "cancelled before the run began");
  std::stop_source stop;
  const CancelRegistration gone(cancel, [stop]() mutable { stop.request_stop(); });
  Completion<Result<SandboxResult>> done(runtime);
  const auto shared = std::make_shared<const SandboxRequest>(std::move(request));
  const bool taken = parts_.onOwnThread([&sandbox = parts_.sandbox, all = everything_.get_token(),
                                         shared, stop, slot = done.slot()]() mutable {
    const std::stop_callback ended(all, [&stop] { stop.request_stop(); });
    slot(sandbox.run(*shared, stop.get_token()));
  });
  if (!taken)
    co_return fail(ErrorCode::Overloaded, "too many runs are waiting; try again in a moment");
  Result<SandboxResult> result = co_await done.wait();
  co_return result;
}

}  // namespace pagoda::services
