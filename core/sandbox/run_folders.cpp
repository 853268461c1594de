#include "core/sandbox/run_folders.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/file.h>
#include <sys/stat.h>

namespace pagoda::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "pagoda-sandbox-";

[[noreturn]] void raise(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The lock is the folder itself: nothing more has to be made or named.
Descriptor lockOf(const std::string& folder) {
  Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) lock.close();
  return lock;
}

bool isOurs(const std::string& folder) {
  struct stat found {};
  return ::lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         found.st_uid == ::geteuid();
}

void removeOrphans(const std::string& parent) {
  std::error_code ignored;
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored))
    if (entry.path().filename().string().starts_with(kPrefix)) found.push_back(entry.path());
  for (const std::string& folder : found) {
    if (!isOurs(folder)) continue;
    const Descriptor lock = lockOf(folder);
    if (lock) RunFolders::remove(folder);
  }
}

}  // namespace

RunFolders::RunFolders(const std::string& parent) {
  removeOrphans(parent);
  folder_ = parent + "/" + std::string(kPrefix) + "XXXXXX";
  if (::mkdtemp(folder_.data()) == nullptr) raise("make a folder below " + parent);
  lock_ = lockOf(folder_);
  // Users of runs pass through to their own folder, and see no other.
  if (!lock_ || ::chmod(folder_.c_str(), 0711) != 0) raise("prepare " + folder_);
}

RunFolders::~RunFolders() {
  remove(folder_);
}

std::string RunFolders::make(const std::string& name, uid_t user) const {
  const std::string folder = folder_ + "/" + name;
  if (::mkdir(folder.c_str(), 0700) != 0) raise("make " + folder);
  if (::lchown(folder.c_str(), user, user) != 0) raise("hand over " + folder);
  return folder;
}

void RunFolders::remove(const std::string& folder) noexcept {
  std::error_code ignored;
  fs::remove_all(folder, ignored);  // follows no link
}

}  // namespace pagoda::sandbox
