#pragma once
// Code that is run and seen: the caller's own, or a model's, which sees what came of it and goes
// on.

#include <optional>
#include <string>
#include <vector>

#include "core/services/code_dialogue.h"
#include "core/services/code_runner.h"

namespace pagoda::services {

struct InterpreterRequest {
  const CodeLanguage* language = nullptr;
  std::string prompt;  ///< either this
  std::string code;    ///< or this
  std::string standardInput;
  std::vector<SandboxFile> files;
  SandboxLimits limits;
  int mostRuns = 4;  ///< of code that a model writes
};

struct InterpreterRun {
  std::string code;
  SandboxResult result;
};

struct InterpreterAnswer {
  std::string text;  ///< the model's; empty where none was asked
  std::vector<InterpreterRun> runs;
  std::vector<SandboxFile> files;  ///< as they were after the last run, without unchanged inputs
  std::string model;               ///< that answered last, or empty
  int tier = -1;
  /// Why it ended before the model was done: "max_runs", "max_cost", "error"; empty: it was done.
  std::string stopped;
  std::optional<Error> error;  ///< with "max_cost" and "error"
};

/// Runs the code, or lets a model write it; the frame tells what its calls used. Errors: those of
/// the first run or call; what fails later leaves an answer that says so.
Task<Result<InterpreterAnswer>> interpret(InterpreterRequest request, CodeRunner& runner,
                                          DialogueFrame& frame, CancelSource* cancel);

}  // namespace pagoda::services
