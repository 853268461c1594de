#include "core/sandbox/collector.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/sandbox/descriptor.h"

namespace pagoda::sandbox {
namespace {

constexpr int kDeepest = 16;
constexpr std::size_t kMostLeftOut = 100;

/// Opens one name below `folder`: no link on the way, no other file system, nothing above.
Descriptor openBelow(int folder, const std::string& name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return Descriptor(
      static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how)));
}

std::vector<std::string> namesIn(int folder, std::size_t most) {
  std::vector<std::string> names;
  // A descriptor of its own: reading the entries moves the descriptor's place.
  Descriptor own = openBelow(folder, ".", O_RDONLY | O_DIRECTORY);
  if (!own) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(own.get()), ::closedir);
  if (!entries) return names;
  own.release();  // closedir() closes it
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == most) break;
    names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

const char* nameOfKind(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

class Collection {
 public:
  Collection(const std::vector<SandboxFile>& inputs, const SandboxLimits& limits,
             SandboxResult& result)
      : inputs_(inputs), limits_(limits), result_(result) {}

  void walk(int folder, const std::string& prefix, int depth) {
    for (const std::string& name : namesIn(folder, static_cast<std::size_t>(limits_.files))) {
      const std::string path = prefix + name;
      struct stat found {};
      if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(found.st_mode)) {
        const Descriptor below = openBelow(folder, name, O_RDONLY | O_DIRECTORY);
        if (depth == kDeepest || !below) {
          leaveOut(path, below ? "folders too deep" : "a folder that cannot be read");
        } else {
          walk(below.get(), path + "/", depth + 1);
        }
      } else if (S_ISREG(found.st_mode)) {
        take(folder, name, path);
      } else {
        leaveOut(path, nameOfKind(found.st_mode));
      }
    }
  }

 private:
  void take(int folder, const std::string& name, const std::string& path) {
    const Descriptor file = openBelow(folder, name, O_RDONLY);
    // Asked again of what was opened: a name may have changed hands.
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
      leaveOut(path, "cannot be read");
    } else if ((found.st_mode & (S_ISUID | S_ISGID)) != 0) {
      leaveOut(path, "has a setuid or setgid bit");
    } else if (found.st_nlink > 1) {
      leaveOut(path, "has a second name (hard link)");
    } else if (static_cast<std::size_t>(found.st_size) > limits_.resultBytes - taken_) {
      leaveOut(path, "larger than what is left of " + std::to_string(limits_.resultBytes) +
                         " bytes for all results");
    } else {
      read(file.get(), static_cast<std::size_t>(found.st_size), path);
    }
  }

  void read(int file, std::size_t size, const std::string& path) {
    std::string content(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count = ::read(file, content.data() + done, size - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    content.resize(done);
    const auto input = std::ranges::find(inputs_, path, &SandboxFile::path);
    if (input != inputs_.end() && input->content == content) return;
    if (result_.files.size() == static_cast<std::size_t>(limits_.resultFiles))
      return leaveOut(path, "more than " + std::to_string(limits_.resultFiles) + " files");
    taken_ += done;
    result_.files.push_back({path, std::move(content)});
  }

  void leaveOut(const std::string& path, const std::string& reason) {
    if (result_.leftOut.size() < kMostLeftOut) result_.leftOut.push_back({path, reason});
  }

  const std::vector<SandboxFile>& inputs_;
  const SandboxLimits& limits_;
  SandboxResult& result_;
  std::size_t taken_ = 0;
};

void add(int folder, const SandboxLimits& limits, int depth, Usage& usage) {
  constexpr std::size_t kBlock = 512;
  for (const std::string& name : namesIn(folder, static_cast<std::size_t>(limits.files) + 1)) {
    struct stat found {};
    if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    ++usage.entries;
    usage.bytes += static_cast<std::size_t>(found.st_blocks) * kBlock;
    if (usage.entries > static_cast<std::size_t>(limits.files) || usage.bytes > limits.disk) return;
    if (!S_ISDIR(found.st_mode) || depth == kDeepest) continue;
    const Descriptor below = openBelow(folder, name, O_RDONLY | O_DIRECTORY);
    if (below) add(below.get(), limits, depth + 1, usage);
  }
}

}  // namespace

void collect(int folder, const std::vector<SandboxFile>& inputs, const SandboxLimits& limits,
             SandboxResult& result) {
  Collection(inputs, limits, result).walk(folder, "", 0);
}

Usage usageBelow(int folder, const SandboxLimits& limits) {
  Usage usage;
  add(folder, limits, 0, usage);
  return usage;
}

}  // namespace pagoda::sandbox
