#include "core/sandbox/sandbox.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <unistd.h>

#include "core/sandbox/job.h"
#include "core/sandbox/run.h"
#include "core/sandbox/run_folders.h"
#include "core/sandbox/system_view.h"
#include "core/sandbox/turns.h"
#include "core/sandbox/watch.h"

namespace pagoda::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPath[] = {"/usr/local/bin", "/usr/bin", "/bin", "/usr/local/go/bin"};
constexpr const char* kBubblewrap[] = {"/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"};
constexpr std::size_t kMostConcurrent = 16;
constexpr std::size_t kLongestPath = 255;

std::string bubblewrap() {
  for (const char* path : kBubblewrap)
    if (::access(path, X_OK) == 0) return path;
  return {};
}

/// Users that no package makes, between Debian's dynamic ones and nobody; other servers on this
/// machine take others. Only a server of root can give its runs users of their own.
std::uint32_t userFor(std::size_t place) {
  if (::geteuid() != 0) return 0;
  return static_cast<std::uint32_t>(60'600 + static_cast<std::size_t>(::getpid()) % 250 * 16 +
                                    place);
}

/// Who owns the folder of a run.
uid_t ownerOf(const Job& job) {
  return job.user == 0 ? ::geteuid() : job.user;
}

Result<void> checkPath(const std::string& path) {
  const auto bad = [](const std::string& why) {
    return fail(ErrorCode::InvalidRequest, "a file's path " + why, "files");
  };
  if (path.empty() || path.size() > kLongestPath) return bad("must have 1 to 255 bytes");
  if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; }))
    return bad("must not hold control characters or backslashes");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return bad("must be relative, without empty parts, '.' and '..'");
    begin = end + 1;
  }
  return {};
}

Result<void> check(const SandboxRequest& request) {
  if (request.command.empty() || !request.command.front().starts_with('/'))
    return fail(ErrorCode::InvalidRequest, "the command must begin with a program's full path");
  for (const std::string& word : request.command)
    if (word.find('\0') != std::string::npos)
      return fail(ErrorCode::InvalidRequest, "a command's words must not hold NUL");
  std::size_t bytes = 0;
  std::set<std::string> paths;
  for (const SandboxFile& file : request.files) {
    PAGODA_CHECK(checkPath(file.path));
    if (!paths.insert(file.path).second)
      return fail(ErrorCode::InvalidRequest, "a file's path comes twice", "files");
    if (paths.contains(file.path.substr(0, file.path.rfind('/'))) &&
        file.path.find('/') != std::string::npos)
      return fail(ErrorCode::InvalidRequest, "a file's path is another one's folder", "files");
    bytes += file.content.size();
  }
  if (bytes > request.limits.disk ||
      request.files.size() > static_cast<std::size_t>(request.limits.files))
    return fail(ErrorCode::PayloadTooLarge, "the files are too many or too large for a run",
                "files");
  return {};
}

/// Of a run; given back however the run ends.
struct Place {
  Place(Turns& whose, std::size_t which) : turns(whose), number(which) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { turns.giveBack(number); }
  Turns& turns;
  const std::size_t number;
};

/// Without a layer: every run is refused.
class NoSandbox final : public Sandbox {
 public:
  explicit NoSandbox(std::string reason) : state_{"off", std::move(reason)} {}
  const SandboxState& state() const override { return state_; }
  Result<SandboxResult> run(const SandboxRequest&, std::stop_token) override {
    return fail(ErrorCode::Overloaded, "no code is run here: the sandbox is off: " + state_.reason);
  }

 private:
  const SandboxState state_;
};

class LayeredSandbox final : public Sandbox {
 public:
  LayeredSandbox(const SandboxOptions& options, Layer layer, bool namespaces)
      : helper_(options.helper),
        layer_(layer),
        namespaces_(namespaces),
        bubblewrap_(bubblewrap()),
        view_(systemView(options.hidden, layer == Layer::Bubblewrap)),
        turns_(std::clamp<std::size_t>(options.concurrent, 1, kMostConcurrent), options.waiting) {
    if (layer == Layer::Landlock && !namespaces) folders_.emplace(fs::temp_directory_path());
    state_.layer = layer == Layer::Bubblewrap ? "bubblewrap" : "landlock";
  }

  const SandboxState& state() const override { return state_; }
  void say(std::string reason) { state_.reason = std::move(reason); }

  /// Runs `true`: the only proof that a layer works.
  Result<void> prove() {
    SandboxRequest request;
    request.command = {"/bin/true"};
    Result<SandboxResult> result = start(request, 0, {}, {});
    if (!result) return tl::unexpected<Error>(std::move(result).error());
    if (result->end != SandboxEnd::Exited || result->exitCode != 0)
      return fail(ErrorCode::Internal, "a trial run did not succeed");
    return {};
  }

  Result<SandboxResult> run(const SandboxRequest& request, std::stop_token stop) override {
    PAGODA_CHECK(check(request));
    PAGODA_TRY(const std::size_t number, turns_.take(stop));
    const Place place{turns_, number};
    std::call_once(searched_, [this] {
      if (layer_ == Layer::Bubblewrap) privileged_ = privilegedFiles(view_.readable);
    });
    return start(request, place.number, privileged_, stop);
  }

 private:
  Job jobOf(const SandboxRequest& request, std::size_t place) const {
    Job job;
    job.layer = layer_;
    job.namespaces = namespaces_;
    job.user = userFor(place);
    job.server = static_cast<std::uint32_t>(::getpid());
    job.bubblewrap = bubblewrap_;
    job.memory = request.limits.memory;
    job.disk = request.limits.disk;
    job.cpuSeconds = static_cast<std::uint64_t>((request.limits.cpu.count() + 999) / 1000);
    job.processes = static_cast<std::uint32_t>(request.limits.processes);
    job.files = static_cast<std::uint32_t>(request.limits.files);
    if (folders_ && job.user == 0) job.othersOfUser = static_cast<std::uint32_t>(threadsOfUser());
    job.command = request.command;
    job.readable = view_.readable;
    job.hidden = view_.hidden;
    for (const SandboxFile& file : request.files) job.content.emplace_back(file.path, file.content);
    return job;
  }

  Result<SandboxResult> start(const SandboxRequest& request, std::size_t place,
                              const std::vector<std::string>& privileged, std::stop_token stop) {
    Job job = jobOf(request, place);
    job.hidden.insert(job.hidden.end(), privileged.begin(), privileged.end());
    try {
      if (folders_) job.folder = folders_->make("run-" + std::to_string(runs_++), ownerOf(job));
    } catch (const std::system_error& error) {
      return fail(ErrorCode::Internal, std::string("the sandbox has no folder: ") + error.what());
    }
    const std::string home = folders_ ? job.folder : "/tmp";
    std::string path = "PATH=";
    for (const char* folder : kPath) path += (path.size() > 5 ? ":" : "") + std::string(folder);
    job.environment = {path,
                       "HOME=" + home,
                       "TMPDIR=" + home,
                       "LANG=C.UTF-8",
                       "LC_ALL=C.UTF-8",
                       "PYTHONDONTWRITEBYTECODE=1",
                       "GOCACHE=" + home + "/.go-cache",
                       "GOTOOLCHAIN=local",
                       "GOFLAGS=-mod=mod",
                       "GOPROXY=off"};
    Result<SandboxResult> result = runJob(helper_, job, request, stop);
    if (folders_) RunFolders::remove(job.folder);
    return result;
  }

  const std::string helper_;
  const Layer layer_;
  const bool namespaces_;
  const std::string bubblewrap_;
  const SystemView view_;
  std::optional<RunFolders> folders_;
  std::once_flag searched_;
  std::vector<std::string> privileged_;  // written once, by the first run
  std::atomic<std::uint64_t> runs_{0};
  Turns turns_;
  SandboxState state_;
};

struct Choice {
  const char* name;
  Layer layer;
  bool namespaces;
  const char* what;
};
constexpr Choice kChoices[] = {
    {"bubblewrap", Layer::Bubblewrap, true, "bubblewrap with all namespaces"},
    {"landlock", Layer::Landlock, true, "Landlock, seccomp and namespaces"},
    {"landlock", Layer::Landlock, false, "Landlock and seccomp without namespaces"},
};

}  // namespace

std::unique_ptr<Sandbox> makeSandbox(SandboxOptions options) {
  if (options.layer == "off") return std::make_unique<NoSandbox>("switched off by configuration");
  if (::access(options.helper.c_str(), X_OK) != 0)
    return std::make_unique<NoSandbox>("the program pagoda-sandbox is not beside the server's own");
  std::string failures;
  for (const Choice& choice : kChoices) {
    if (options.layer != "auto" && options.layer != choice.name) continue;
    if (choice.layer == Layer::Landlock && choice.namespaces && !options.namespaces) continue;
    std::string why;
    if (choice.layer == Layer::Bubblewrap && bubblewrap().empty()) {
      why = "bubblewrap is not installed";
    } else {
      try {
        auto sandbox = std::make_unique<LayeredSandbox>(options, choice.layer, choice.namespaces);
        const Result<void> proof = sandbox->prove();
        if (proof) {
          sandbox->say(choice.what + (failures.empty() ? "" : "; not better, since " + failures));
          return sandbox;
        }
        why = std::string(choice.what) + ": " + proof.error().message;
      } catch (const std::exception& error) {
        why = std::string(choice.what) + ": " + error.what();
      }
    }
    failures += (failures.empty() ? "" : "; ") + why;
  }
  return std::make_unique<NoSandbox>(failures);
}

std::string findProgram(const std::string& name) {
  for (const char* folder : kPath) {
    const std::string path = std::string(folder) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

}  // namespace pagoda::sandbox
