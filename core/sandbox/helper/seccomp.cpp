// The filter of system calls, as a program of classic BPF: a list is all it takes, and the kernel
// remembers by number what is always allowed.
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "core/sandbox/helper/call_list.h"
#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
#error "core/sandbox knows the system calls of x86_64 and aarch64"
#endif

constexpr std::uint32_t kNewNamespaces = 0x7E020000;  // CLONE_NEW*
constexpr std::uint32_t kSocketKind = 0xF;            // without SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr std::uint32_t kTerminalInput = 0x5412;      // TIOCSTI
constexpr std::uint32_t kTerminalConsole = 0x541C;    // TIOCLINUX

class Program {
 public:
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  void loadNumber() { load(offsetof(seccomp_data, nr)); }
  /// The low half: what the kernel reads of an int.
  void loadArgument(std::size_t which) {
    load(offsetof(seccomp_data, args) + which * sizeof(std::uint64_t));
  }
  void mask(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void leave(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
  void refuse(int error) { leave(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }
  /// Leaves with `action` if what was loaded is `value`.
  void leaveIf(std::uint32_t value, std::uint32_t action) {
    jumpUnless(value, 1);
    leave(action);
  }
  void leaveUnless(std::uint32_t value, std::uint32_t action) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value});
    leave(action);
  }
  void jumpUnless(std::uint32_t value, std::uint8_t over) {
    code_.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, over, value});
  }
  /// `body` decides about one call, and leaves in every case.
  template <class Body>
  void of(long call, Body body) {
    const std::size_t at = code_.size();
    jumpUnless(static_cast<std::uint32_t>(call), 0);
    body();
    code_[at].jf = static_cast<std::uint8_t>(code_.size() - at - 1);
  }
  void install() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) raise("seccomp");
  }

 private:
  void add(std::uint16_t code, std::uint32_t value) { code_.push_back({code, 0, 0, value}); }
  std::vector<sock_filter> code_;
};

constexpr std::uint32_t refusal(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

/// Neither the sandbox's first process nor "everybody" may be signalled.
void addSignals(Program& program) {
  for (const long call : {SYS_kill, SYS_tkill, SYS_tgkill})
    program.of(call, [&] {
      program.loadArgument(0);
      program.leaveIf(1, refusal(EPERM));
      program.leaveIf(~0u, refusal(EPERM));
      program.leave(SECCOMP_RET_ALLOW);
    });
}

void addSockets(Program& program, bool unixSockets) {
  for (const long call : {SYS_socket, SYS_socketpair})
    program.of(call, [&] {
      program.loadArgument(0);
      program.leaveUnless(AF_UNIX, refusal(EAFNOSUPPORT));
      // A datagram socket sends to any name without connect().
      program.loadArgument(1);
      program.mask(kSocketKind);
      program.leaveIf(SOCK_STREAM, SECCOMP_RET_ALLOW);
      program.leave(unixSockets ? SECCOMP_RET_ALLOW : refusal(EAFNOSUPPORT));
    });
  program.of(SYS_connect, [&] { program.leave(unixSockets ? SECCOMP_RET_ALLOW : refusal(EPERM)); });
}

/// What alters a process may alter the caller alone: a server of the same user has ids as well.
void addOwnOnly(Program& program) {
  const std::pair<long, std::size_t> calls[] = {
      {SYS_prlimit64, 0}, {SYS_sched_setaffinity, 0}, {SYS_setpriority, 1}};
  for (const auto& [call, process] : calls)
    program.of(call, [&program, which = process] {
      program.loadArgument(which);
      program.leaveIf(0, SECCOMP_RET_ALLOW);
      program.refuse(EPERM);
    });
}

void addProcesses(Program& program) {
  program.of(SYS_clone, [&] {
    program.loadArgument(0);
    program.mask(kNewNamespaces);
    program.leaveIf(0, SECCOMP_RET_ALLOW);
    program.refuse(EPERM);
  });
  program.of(SYS_ioctl, [&] {
    program.loadArgument(1);
    program.leaveIf(kTerminalInput, refusal(EPERM));
    program.leaveIf(kTerminalConsole, refusal(EPERM));
    program.leave(SECCOMP_RET_ALLOW);
  });
}

}  // namespace

void restrictCalls(bool unixSockets) {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.leaveUnless(kMachine, SECCOMP_RET_KILL_PROCESS);
  program.loadNumber();
  for (const long call : kAllowedCalls)
    program.leaveIf(static_cast<std::uint32_t>(call), SECCOMP_RET_ALLOW);
  for (const long call : kDeniedCalls)
    program.leaveIf(static_cast<std::uint32_t>(call), refusal(EPERM));
  addSignals(program);
  addSockets(program, unixSockets);
  addProcesses(program);
  addOwnOnly(program);
  // clone3() among them: its flags lie in memory, and the C library then uses clone().
  program.refuse(ENOSYS);
  program.install();
}

}  // namespace pagoda::sandbox
