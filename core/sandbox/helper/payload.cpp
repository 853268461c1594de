#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {
namespace {

void resetSignals() {
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Becomes the caller's program. What the layer refuses is thrown, so that nothing runs.
[[noreturn]] void becomePayload(const Job& job, const std::vector<std::string>& writable,
                                bool unixSockets) {
  resetSignals();
  if (::setsid() < 0) raise("setsid");
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) raise("prctl");
  ::umask(077);
  // Marked first, closed by execve(): the error pipe has to live as long as something can fail.
  if (::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) raise("close_range");
  setLimits(job);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) raise("no_new_privs");
  // Behind bubblewrap Landlock is a second wall, where the kernel has it.
  if (job.layer == Layer::Landlock || landlockVersion() > 0) restrictFiles(job.readable, writable);
  std::vector<char*> command, environment;
  for (const std::string& word : job.command) command.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& word : job.environment)
    environment.push_back(const_cast<char*>(word.c_str()));
  command.push_back(nullptr);
  environment.push_back(nullptr);
  restrictCalls(unixSockets);
  ::execve(command[0], command.data(), environment.data());
  raise("start the program");
}

}  // namespace

void report(Report kind, const void* bytes, std::size_t size) {
  char tag = static_cast<char>(kind);
  iovec parts[] = {{&tag, 1}, {const_cast<void*>(bytes), size}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  // A server that is gone needs no report.
  [[maybe_unused]] const ssize_t sent = ::sendmsg(kControlFd, &message, MSG_NOSIGNAL);
}

void sendFolder(int descriptor) {
  char tag = static_cast<char>(Report::Folder);
  iovec part{&tag, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof descriptor)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  if (::sendmsg(kControlFd, &message, MSG_NOSIGNAL) < 0) raise("send the folder");
}

void reportStatus(int waitStatus) {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  StatusReport status{};
  status.waitStatus = waitStatus;
  status.cpuMicros = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000LL +
                     used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  report(Report::Status, &status, sizeof status);
}

int startPayload(const Job& job, const std::vector<std::string>& writable, bool unixSockets) {
  int trouble[2];
  if (::pipe2(trouble, O_CLOEXEC) != 0) raise("pipe");
  const int child = ::fork();
  if (child < 0) raise("fork");
  if (child == 0) {
    try {
      if (!job.folder.empty()) {
        dropUser(job);
        layOut(job.folder + "/work", job);
      }
      becomePayload(job, writable, unixSockets);
    } catch (const std::exception& error) {
      [[maybe_unused]] const ssize_t sent =
          ::write(trouble[1], error.what(), std::strlen(error.what()));
    }
    ::_exit(127);
  }
  ::close(trouble[1]);
  char text[512];
  const ssize_t size = ::read(trouble[0], text, sizeof text);
  ::close(trouble[0]);
  if (size > 0) {
    ::waitpid(child, nullptr, 0);
    throw std::runtime_error(std::string(text, static_cast<std::size_t>(size)));
  }
  return child;
}

}  // namespace pagoda::sandbox
