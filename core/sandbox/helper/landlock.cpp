// Landlock by its system calls: glibc has no functions for them, and Debian 12's header knows
// version 1 only. Source: Linux, include/uapi/linux/landlock.h, versions 1 to 7.
#include <cstdint>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {
namespace {

enum : std::uint64_t {
  kExecute = 1u << 0,
  kWriteFile = 1u << 1,
  kReadFile = 1u << 2,
  kReadFolder = 1u << 3,
  kMakeDevices = 1u << 6 | 1u << 11,  // character and block
  kAllOfVersion1 = (1u << 13) - 1,
  kRefer = 1u << 13,
  kTruncate = 1u << 14,
  kIoctlDevice = 1u << 15,
  kNet = 3,
  kScope = 3,  // abstract sockets and signals
};
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDevice;

struct Ruleset {
  std::uint64_t files = 0, net = 0, scoped = 0;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t parent;
};
constexpr int kPathRule = 1;
constexpr int kVersionFlag = 1;

Ruleset handledBy(int version) {
  Ruleset set;
  set.files = kAllOfVersion1;
  if (version >= 2) set.files |= kRefer;
  if (version >= 3) set.files |= kTruncate;
  if (version >= 4) set.net = kNet;
  if (version >= 5) set.files |= kIoctlDevice;
  if (version >= 6) set.scoped = kScope;
  return set;
}

std::size_t sizeFor(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

void allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (descriptor < 0) return;  // what is not there need not be allowed
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) raise("fstat " + path);
  if (!S_ISDIR(found.st_mode)) rights &= kOfFiles;
  const PathRule rule{rights, descriptor};
  if (::syscall(SYS_landlock_add_rule, ruleset, kPathRule, &rule, 0) != 0)
    raise("landlock_add_rule " + path);
  ::close(descriptor);
}

}  // namespace

int landlockVersion() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  return version < 0 ? 0 : static_cast<int>(version);
}

void restrictSignals() {
  constexpr int kScopesSince = 6;
  if (landlockVersion() < kScopesSince)
    throw std::runtime_error(
        "neither namespaces nor users of their own are to be had here, and "
        "this kernel's Landlock does not hold signals back");
  Ruleset set;
  set.scoped = kScope;
  const int ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &set, sizeof set, 0));
  if (ruleset < 0) raise("landlock_create_ruleset");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) raise("no_new_privs");
  if (::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) raise("landlock_restrict_self");
  ::close(ruleset);
}

void restrictFiles(const std::vector<std::string>& readable,
                   const std::vector<std::string>& writable) {
  const int version = landlockVersion();
  if (version == 0) throw std::runtime_error("this kernel has no Landlock");
  const Ruleset set = handledBy(version);
  const int ruleset =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &set, sizeFor(version), 0));
  if (ruleset < 0) raise("landlock_create_ruleset");
  for (const std::string& path : readable) allow(ruleset, path, kExecute | kReadFile | kReadFolder);
  for (const std::string& path : writable) allow(ruleset, path, set.files & ~kMakeDevices);
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    allow(ruleset, device, kReadFile | (set.files & (kWriteFile | kTruncate)));
  if (::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) raise("landlock_restrict_self");
  ::close(ruleset);
}

}  // namespace pagoda::sandbox
