// pagoda-sandbox: started by the server for one run. It shuts itself in by the layer that its job
// names, starts the run's program, and reports how that ended. It reads no configuration and holds
// no secret.

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

#include <linux/close_range.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/sandbox/helper/steps.h"

namespace {

using namespace pagoda::sandbox;

constexpr int kStepMillis = 10;

Job readJob() {
  struct stat found {};
  if (::fstat(kJobFd, &found) != 0) raise("fstat");
  std::string bytes(static_cast<std::size_t>(found.st_size), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count =
        ::pread(kJobFd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count <= 0) raise("read the job");
    done += static_cast<std::size_t>(count);
  }
  return decode(bytes);
}

void dieWithServer(const Job& job) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) raise("prctl");
  if (static_cast<std::uint32_t>(::getppid()) != job.server) ::_exit(1);
}

void openFolder(const char* path) {
  const int folder = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) raise("open the working directory");
  sendFolder(folder);
  ::close(folder);
}

/// The first process of its namespace: the kernel ends all others with it.
[[noreturn]] void inner(const Job& job, const std::vector<std::string>& writable) {
  // Nobody inside may look into this process, or through its /proc folder out of the sandbox.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) raise("prctl");
  // Only bubblewrap leaves no socket of the host in sight.
  const int payload = startPayload(job, writable, job.layer == Layer::Bubblewrap);
  for (;;) {
    int status = 0;
    const int ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) raise("waitpid");
    if (ended != payload) continue;
    reportStatus(status);
    ::_exit(0);
  }
}

[[noreturn]] void outerBubblewrap(const Job& job) {
  constexpr const char* kStaging = "/mnt";
  const int program = ::open("/proc/self/exe", O_RDONLY);  // bubblewrap inherits it
  if (program < 0) raise("open the helper");
  dropUser(job);
  dieWithServer(job);
  enterNamespaces(0);
  mountTmpfs(kStaging, job);
  const std::string base = kStaging;
  if (::mkdir((base + "/shm").c_str(), 0700) != 0) raise("mkdir");
  layOut(base + "/work", job);
  openFolder(".");
  becomeBubblewrap(job, kStaging, program);
}

void cover(const char* folder) {
  struct stat found {};
  if (::lstat(folder, &found) != 0 || !S_ISDIR(found.st_mode)) return;
  if (::mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=4096,mode=0755") !=
      0)
    raise(std::string("cover ") + folder);
}

[[noreturn]] void outerLandlock(const Job& job) {
  dropUser(job);
  dieWithServer(job);
  enterNamespaces(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
  mountTmpfs("/tmp", job);
  for (const char* folder : {"/var/tmp", "/dev/shm", "/run", "/home", "/root", "/srv", "/mnt"})
    cover(folder);
  layOut(kWork, job);
  openFolder(".");
  const int first = ::fork();
  if (first < 0) raise("fork");
  if (first == 0) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) raise("prctl");
    // A container may forbid a new /proc; then there is none to be seen, the host's least of all.
    const bool own =
        ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
    inner(job, own ? std::vector<std::string>{"/tmp", "/proc"} : std::vector<std::string>{"/tmp"});
  }
  ::close(kControlFd);
  ::close(STDOUT_FILENO);
  ::close(STDERR_FILENO);
  ::waitpid(first, nullptr, 0);
  ::_exit(0);
}

/// Signals whatever may be signalled, which is the run alone: by its user, or by Landlock's scope.
void killEverybody(const Job& job) {
  if (job.user == 0) {
    ::kill(-1, SIGKILL);  // all but this process
    return;
  }
  const int killer = ::fork();
  if (killer == 0) {
    try {
      dropUser(job);
      ::kill(-1, SIGKILL);
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  ::waitpid(killer, nullptr, 0);
}

/// Ends every process that came of this one, which is their reaper, however they fork.
void killRest(const Job& job) {
  for (int round = 0; round < 1'000; ++round) {
    killEverybody(job);
    int ended = 0;
    do {
      ended = ::waitpid(-1, nullptr, WNOHANG);
    } while (ended > 0);
    if (ended < 0 && errno == ECHILD) return;
    ::poll(nullptr, 0, 1);
  }
}

/// Without namespaces: this process is out of the run's reach (another user, or Landlock's scope),
/// reaps whatever the run leaves, and ends it all when the server says so or is gone.
[[noreturn]] void outerPlain(const Job& job) {
  if (job.user == 0) restrictSignals();
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) raise("prctl");
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) raise("prctl");
  const int payload = startPayload(job, {job.folder}, false);
  for (;;) {
    pollfd server{kControlFd, POLLIN | POLLHUP, 0};
    const bool told = ::poll(&server, 1, kStepMillis) > 0;
    int status = 0;
    int ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0 && ended != payload) {
    }
    if (ended != payload && !told) continue;
    killRest(job);
    if (ended == payload) reportStatus(status);
    ::_exit(0);
  }
}

}  // namespace

int main(int count, char** words) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    if (::syscall(SYS_close_range, static_cast<unsigned>(kJobFd) + 1, ~0u, 0) != 0)
      raise("close_range");
    const Job job = readJob();
    if (count > 1 && std::strcmp(words[1], "inner") == 0) inner(job, {"/tmp", "/dev/shm", "/proc"});
    if (job.layer == Layer::Bubblewrap) outerBubblewrap(job);
    if (job.namespaces) outerLandlock(job);
    outerPlain(job);
  } catch (const std::exception& error) {
    report(Report::Error, error.what(), std::strlen(error.what()));
  }
  // Not exit(): what a sanitizer does at the end needs rights that are gone.
  ::_exit(1);
}
