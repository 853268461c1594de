#include <unistd.h>

#include <sys/stat.h>

#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {
namespace {

bool isFolder(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

/// "/lib" is a link into /usr on one system and a folder on another.
void addTree(std::vector<std::string>& words, const std::string& path) {
  char target[256];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size > 0 && path.find('/', 1) == std::string::npos) {
    words.insert(words.end(),
                 {"--symlink", std::string(target, static_cast<std::size_t>(size)), path});
  } else {
    words.insert(words.end(), {"--ro-bind-try", path, path});
  }
}

}  // namespace

void becomeBubblewrap(const Job& job, const char* staging, int program) {
  constexpr const char* kInner = "/.sandbox";
  const std::string base = staging;
  std::vector<std::string> words = {job.bubblewrap,
                                    "--unshare-user",
                                    "--unshare-ipc",
                                    "--unshare-pid",
                                    "--unshare-net",
                                    "--unshare-uts",
                                    "--unshare-cgroup-try",
                                    "--die-with-parent",
                                    "--new-session",
                                    "--as-pid-1",
                                    "--cap-drop",
                                    "ALL",
                                    "--hostname",
                                    "sandbox",
                                    "--clearenv",
                                    "--uid",
                                    "1000",
                                    "--gid",
                                    "1000"};
  for (const std::string& path : job.readable) addTree(words, path);
  for (const std::string& path : job.hidden) {
    if (isFolder(path)) {
      words.insert(words.end(), {"--size", "4096", "--tmpfs", path, "--remount-ro", path});
    } else {
      words.insert(words.end(), {"--ro-bind", "/dev/null", path});
    }
  }
  words.insert(words.end(), {"--proc",
                             "/proc",
                             "--dev",
                             "/dev",
                             "--bind",
                             base + "/shm",
                             "/dev/shm",
                             "--bind",
                             base,
                             "/tmp",
                             "--perms",
                             "0555",
                             "--ro-bind-data",
                             std::to_string(program),
                             kInner,
                             "--remount-ro",
                             "/dev",
                             "--remount-ro",
                             "/",
                             "--chdir",
                             kWork,
                             "--",
                             kInner,
                             "inner"});
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  char* environment[] = {nullptr};
  ::execve(job.bubblewrap.c_str(), pointers.data(), environment);
  raise("start bubblewrap");
}

}  // namespace pagoda::sandbox
