#pragma once
// A sandbox that plays a script: one entry per run, and a record of what was asked for.

#include <deque>
#include <functional>
#include <vector>

#include "core/api/code_json.h"
#include "core/domain/sandbox.h"
#include "tests/support/fake_runtime.h"

namespace pagoda::testing {

class FakeSandbox final : public Sandbox {
 public:
  using Run = std::function<Result<SandboxResult>(const SandboxRequest&)>;

  const SandboxState& state() const override { return shown; }
  Result<SandboxResult> run(const SandboxRequest& request, std::stop_token) override {
    requests.push_back(request);
    if (script.empty()) return fail(ErrorCode::Internal, "the script is over");
    const Run next = std::move(script.front());
    script.pop_front();
    return next(request);
  }

  static Run exits(int code, std::string output, std::string errors = {},
                   std::vector<SandboxFile> files = {}) {
    return [=](const SandboxRequest&) -> Result<SandboxResult> {
      SandboxResult result;
      result.exitCode = code;
      result.output = output;
      result.errors = errors;
      result.files = files;
      return result;
    };
  }

  SandboxState shown{"fake", "a script"};
  std::deque<Run> script;
  std::vector<SandboxRequest> requests;
};

/// What the routes need to run code, over a FakeSandbox; the test's thread runs it.
struct CodeHouse {
  FakeClock clock;
  FakeSandbox sandbox;
  std::vector<std::string> absent;  ///< programs that are not installed
  api::CodeParts parts{.runner = services::CodeRunner({sandbox,
                                                       [](std::function<void()> run) {
                                                         run();
                                                         return true;
                                                       },
                                                       [this](const std::string& name) {
                                                         for (const std::string& each : absent)
                                                           if (each == name) return std::string();
                                                         return "/usr/bin/" + name;
                                                       },
                                                       {}}),
                       .shelf = services::RunShelf(clock, {})};
};

}  // namespace pagoda::testing
