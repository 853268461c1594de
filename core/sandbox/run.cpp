#include "core/sandbox/run.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <system_error>

#include <sys/eventfd.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "core/sandbox/collector.h"
#include "core/sandbox/process.h"
#include "core/sandbox/watch.h"

namespace pagoda::sandbox {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kLookMillis = 20;  // between two looks at what the run uses
/// A run that was ended and whose pipes stay open all the same is left to the kernel.
constexpr std::chrono::seconds kPatience{5};

class Run {
 public:
  Run(HelperProcess& helper, const Job& job, const SandboxRequest& request, std::stop_token stop)
      : helper_(helper),
        job_(job),
        limits_(request.limits),
        stop_(stop),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        waker_(stop, [this] { ::eventfd_write(wake_.get(), 1); }) {}

  void follow(SandboxResult& result) {
    bool reports = true;
    while (reports || helper_.output() >= 0 || helper_.errors() >= 0) {
      pollfd ready[] = {{helper_.output(), POLLIN, 0},
                        {helper_.errors(), POLLIN, 0},
                        {reports ? helper_.control() : -1, POLLIN, 0},
                        {end_ ? -1 : wake_.get(), POLLIN, 0}};
      ::poll(ready, std::size(ready), kLookMillis);
      if (ready[0].revents != 0 && !drain(helper_.output(), result.output, result))
        helper_.closeOutput();
      if (ready[1].revents != 0 && !drain(helper_.errors(), result.errors, result))
        helper_.closeErrors();
      if (ready[2].revents != 0) reports = helper_.readReport();
      if (!end_) look(result);
      if (end_ && SteadyClock::now() > endedAt_ + kPatience) {
        helper_.kill();
        break;
      }
    }
    result.wall = elapsed();
  }

  void conclude(SandboxResult& result) const {
    result.end = end_.value_or(SandboxEnd::Exited);
    if (helper_.status()) {
      const StatusReport& status = *helper_.status();
      result.cpu = std::max(result.cpu, Millis(status.cpuMicros / 1000));
      if (WIFEXITED(status.waitStatus)) {
        result.exitCode = WEXITSTATUS(status.waitStatus);
      } else {
        result.signal = WTERMSIG(status.waitStatus);
        if (!end_) result.end = byKernel(result) ? SandboxEnd::CpuLimit : SandboxEnd::Signalled;
      }
    } else {
      result.signal = SIGKILL;
    }
    if (result.signal != 0) result.exitCode = 128 + result.signal;
  }

  bool ended() const { return end_.has_value(); }

 private:
  Millis elapsed() const { return std::chrono::duration_cast<Millis>(SteadyClock::now() - begun_); }

  /// The kernel's own limit on a process's time ends it like any other kill.
  bool byKernel(const SandboxResult& result) const {
    return (result.signal == SIGKILL || result.signal == SIGXCPU) && result.cpu >= limits_.cpu;
  }

  /// False at the end of the stream.
  bool drain(int from, std::string& into, SandboxResult& result) {
    char buffer[65'536];
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const std::size_t room = limits_.output - result.output.size() - result.errors.size();
    into.append(buffer, std::min(static_cast<std::size_t>(count), room));
    if (static_cast<std::size_t>(count) > room) {
      result.outputCut = true;
      end(SandboxEnd::OutputLimit);
    }
    return true;
  }

  void end(SandboxEnd why) {
    if (end_) return;
    end_ = why;
    endedAt_ = SteadyClock::now();
    helper_.end();
  }

  void look(SandboxResult& result) {
    if (stop_.stop_requested()) return end(SandboxEnd::Cancelled);
    if (elapsed() >= limits_.wall) return end(SandboxEnd::WallLimit);
    const auto now = SteadyClock::now();
    if (now - lookedAt_ < Millis(kLookMillis)) return;
    lookedAt_ = now;
    const ProcessUse use = useOf(helper_.id());
    result.cpu = std::max(result.cpu, use.cpu);
    if (use.cpu > limits_.cpu) return end(SandboxEnd::CpuLimit);
    // The helper's own processes come on top of the run's.
    if (use.processes > limits_.processes + 4) return end(SandboxEnd::ProcessLimit);
    const std::size_t files = filesInMemory();
    if (use.memory + files > limits_.memory) {
      // Pages that processes share were counted for each of them.
      const std::size_t exact = exactMemoryOf(helper_.id());
      if (exact == 0 || exact + files > limits_.memory) return end(SandboxEnd::MemoryLimit);
    }
    if (!job_.folder.empty()) lookAtDisk();
  }

  std::size_t filesInMemory() const {
    struct statfs space {};
    if (helper_.folder() < 0 || ::fstatfs(helper_.folder(), &space) != 0) return 0;
    return static_cast<std::size_t>(space.f_blocks - space.f_bfree) *
           static_cast<std::size_t>(space.f_bsize);
  }

  void lookAtDisk() {
    const Descriptor folder(::open(job_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return;
    const Usage usage = usageBelow(folder.get(), limits_);
    if (usage.bytes > limits_.disk || usage.entries > static_cast<std::size_t>(limits_.files))
      end(SandboxEnd::DiskLimit);
  }

  HelperProcess& helper_;
  const Job& job_;
  const SandboxLimits& limits_;
  const std::stop_token stop_;
  const Descriptor wake_;
  const std::stop_callback<std::function<void()>> waker_;
  const SteadyClock::time_point begun_ = SteadyClock::now();
  SteadyClock::time_point lookedAt_ = begun_;
  SteadyClock::time_point endedAt_;
  std::optional<SandboxEnd> end_;
};

void collectFrom(const HelperProcess& helper, const Job& job, const SandboxRequest& request,
                 SandboxResult& result) {
  if (helper.folder() >= 0) return collect(helper.folder(), request.files, request.limits, result);
  const Descriptor folder(
      ::open((job.folder + "/work").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder) collect(folder.get(), request.files, request.limits, result);
}

}  // namespace

Result<SandboxResult> runJob(const std::string& helper, const Job& job,
                             const SandboxRequest& request, std::stop_token stop) {
  try {
    HelperProcess process(helper, job, request.standardInput);
    SandboxResult result;
    Run run(process, job, request, stop);
    run.follow(result);
    if (!process.trouble().empty())
      return fail(ErrorCode::Internal, "the sandbox could not start: " + process.trouble());
    if (!process.status() && !run.ended()) {
      // Before the program began, what was written is the layer's own.
      const bool begun = process.folder() >= 0 || !job.folder.empty();
      return fail(
          ErrorCode::Internal,
          "the sandbox broke off" + (begun && result.errors.starts_with("bwrap:")
                                         ? ": " + result.errors.substr(0, result.errors.find('\n'))
                                         : std::string()));
    }
    run.conclude(result);
    collectFrom(process, job, request, result);
    return result;
  } catch (const std::system_error& error) {
    return fail(ErrorCode::Internal, std::string("the sandbox could not start: ") + error.what());
  }
}

}  // namespace pagoda::sandbox
