#include "core/sandbox/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <system_error>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace pagoda::sandbox {
namespace {

constexpr int kAboveTheirs = 10;  // descriptors are put in place from above kJobFd

[[noreturn]] void raise(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Descriptor lifted(Descriptor low) {
  Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, kAboveTheirs));
  if (!high) raise("fcntl");
  return high;
}

Descriptor fileOf(const std::string& bytes) {
  Descriptor file(::memfd_create("pagoda-sandbox", MFD_CLOEXEC));
  if (!file) raise("memfd_create");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0) raise("write");
    done += static_cast<std::size_t>(count);
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) raise("lseek");
  return lifted(std::move(file));
}

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) raise("pipe");
    reader = Descriptor(ends[0]);
    writer = lifted(Descriptor(ends[1]));
    if (::fcntl(reader.get(), F_SETFL, O_NONBLOCK) != 0) raise("fcntl");
  }
  Descriptor reader, writer;
};

/// posix_spawn's two structures, which want to be destroyed.
struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

/// The descriptor that came with a message, if one did.
Descriptor descriptorIn(msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return Descriptor();
  int number = -1;
  std::memcpy(&number, CMSG_DATA(header), sizeof number);
  return Descriptor(number);
}

}  // namespace

HelperProcess::HelperProcess(const std::string& helper, const Job& job,
                             const std::string& standardInput)
    : asks_(job.layer == Layer::Landlock && !job.namespaces) {
  const Descriptor input = fileOf(standardInput);
  const Descriptor jobFile = fileOf(encode(job));
  Pipe out, err;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) raise("socketpair");
  control_ = Descriptor(ends[0]);
  const Descriptor theirs = lifted(Descriptor(ends[1]));

  SpawnPlan plan;
  const std::pair<int, int> places[] = {{input.get(), 0},
                                        {out.writer.get(), 1},
                                        {err.writer.get(), 2},
                                        {theirs.get(), kControlFd},
                                        {jobFile.get(), kJobFd}};
  for (const auto& [from, to] : places) ::posix_spawn_file_actions_adddup2(&plan.actions, from, to);
  std::string name = "pagoda-sandbox";
  char* words[] = {name.data(), nullptr};
  char* environment[] = {nullptr};
  const int failed =
      ::posix_spawn(&id_, helper.c_str(), &plan.actions, &plan.attributes, words, environment);
  if (failed != 0)
    throw std::system_error(failed, std::generic_category(), "start the sandbox's helper");
  output_ = std::move(out.reader);
  errors_ = std::move(err.reader);
}

HelperProcess::~HelperProcess() {
  if (id_ < 0) return;
  kill();
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool HelperProcess::readReport() {
  char text[1024];
  iovec part{text, sizeof text};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t size = ::recvmsg(control_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  Descriptor sent = descriptorIn(message);
  const auto rest = static_cast<std::size_t>(size - 1);
  switch (static_cast<Report>(text[0])) {
    case Report::Folder:
      folder_ = std::move(sent);
      break;
    case Report::Status:
      if (rest == sizeof(StatusReport)) std::memcpy(&status_.emplace(), text + 1, rest);
      break;
    case Report::Error:
      trouble_.assign(text + 1, rest);
      break;
  }
  return true;
}

void HelperProcess::end() {
  if (asks_) {
    ::shutdown(control_.get(), SHUT_WR);
  } else {
    kill();
  }
}

void HelperProcess::kill() {
  // Not reaped yet, so the number is still this process's.
  ::kill(id_, SIGKILL);
}

}  // namespace pagoda::sandbox
