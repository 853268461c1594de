#include "core/services/code_interpreter.h"

#include <algorithm>

namespace pagoda::services {
namespace {

constexpr std::size_t kShownOutput = 8'000;  // bytes of a run that a model is shown

std::string systemText(const InterpreterRequest& request) {
  std::string text =
      "You solve tasks by running code. To have " + std::string(request.language->shown) +
      " code run, reply with exactly one fenced code block and nothing after it; the next message "
      "shows its output. It runs offline, as " +
      std::string(request.language->file) +
      " in a folder of its own; files that it writes there stay for the next run and are handed "
      "to the user. When nothing more has to be run, reply with the answer, without a code block.";
  if (!request.files.empty()) text += "\nFiles in the folder:";
  for (const SandboxFile& file : request.files)
    text += "\n" + file.path + " (" + std::to_string(file.content.size()) + " bytes)";
  return text;
}

std::string shown(const std::string& text) {
  if (text.size() <= kShownOutput) return text;
  return text.substr(0, kShownOutput / 2) + "\n[... cut ...]\n" +
         text.substr(text.size() - kShownOutput / 2);
}

std::string reportOf(const SandboxResult& result) {
  std::string text = "status: " + std::string(nameOf(result.end)) + ", exit code " +
                     std::to_string(result.exitCode) + "\nstdout:\n" + shown(result.output);
  if (!result.errors.empty()) text += "\nstderr:\n" + shown(result.errors);
  for (const SandboxFile& file : result.files)
    text += "\nfile written: " + file.path + " (" + std::to_string(file.content.size()) + " bytes)";
  return text;
}

void put(std::vector<SandboxFile>& files, const SandboxFile& file) {
  const auto same = std::ranges::find(files, file.path, &SandboxFile::path);
  if (same == files.end()) {
    files.push_back(file);
  } else {
    same->content = file.content;
  }
}

SandboxRequest runOf(const InterpreterRequest& request, const std::string& code) {
  SandboxRequest run;
  run.command = CodeRunner::shell(request.language->run);
  run.files = request.files;
  put(run.files, {std::string(request.language->file), code});
  run.standardInput = request.standardInput;
  run.limits = request.limits;
  return run;
}

/// Runs `code`, and keeps what it left for the next run and for the answer.
Task<Result<void>> runOnce(InterpreterRequest& request, std::string code, CodeRunner& runner,
                           Runtime& runtime, CancelSource* cancel, InterpreterAnswer& answer) {
  SandboxRequest run = runOf(request, code);
  Result<SandboxResult> result = co_await runner.run(std::move(run), cancel, runtime);
  if (!result) co_return tl::unexpected<Error>(std::move(result).error());
  if (result->end == SandboxEnd::Cancelled)
    co_return fail(ErrorCode::Cancelled, "the run was cancelled");
  for (const SandboxFile& file : result->files) {
    put(answer.files, file);
    put(request.files, file);
  }
  answer.runs.push_back({std::move(code), *std::move(result)});
  co_return Result<void>{};
}

void stop(InterpreterAnswer& answer, const Error& error) {
  answer.stopped = error.code == ErrorCode::BudgetExceeded ? "max_cost" : "error";
  answer.error = error;
}

}  // namespace

Task<Result<InterpreterAnswer>> interpret(InterpreterRequest request, CodeRunner& runner,
                                          DialogueFrame& frame, CancelSource* cancel) {
  InterpreterAnswer answer;
  if (request.prompt.empty()) {
    std::string code = std::move(request.code);
    const Result<void> ran =
        co_await runOnce(request, std::move(code), runner, frame.runtime, cancel, answer);
    if (!ran) co_return tl::unexpected<Error>(ran.error());
    co_return answer;
  }
  std::string system = systemText(request);
  CodeDialogue dialogue(frame, std::move(system));
  dialogue.user(request.prompt);
  for (;;) {
    const Result<std::string> text = co_await dialogue.ask();
    if (!text) {
      if (answer.runs.empty()) co_return tl::unexpected<Error>(text.error());
      stop(answer, text.error());
      break;
    }
    answer.model = dialogue.last().model;
    answer.tier = dialogue.last().tier;
    answer.text = *text;
    std::optional<std::string> code = firstCodeBlock(*text);
    if (!code) break;
    if (answer.runs.size() == static_cast<std::size_t>(request.mostRuns)) {
      answer.stopped = "max_runs";
      break;
    }
    const Result<void> ran =
        co_await runOnce(request, *std::move(code), runner, frame.runtime, cancel, answer);
    if (!ran) {
      if (answer.runs.empty()) co_return tl::unexpected<Error>(ran.error());
      stop(answer, ran.error());
      break;
    }
    const bool lastRun = answer.runs.size() == static_cast<std::size_t>(request.mostRuns);
    dialogue.user(reportOf(answer.runs.back().result) +
                  (lastRun ? "\nNo more code can be run: answer now, without a code block." : ""));
  }
  co_return answer;
}

}  // namespace pagoda::services
