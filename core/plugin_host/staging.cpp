#include "core/plugin_host/staging.h"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <system_error>

#include <sys/file.h>
#include <sys/stat.h>

namespace pagoda::plugin_host {
namespace {

constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0500;
constexpr int kMostNames = 100'000;

std::string reasonOf(int error) {
  return std::error_code(error, std::generic_category()).message();
}

[[noreturn]] void unusable(const std::filesystem::path& folder, const std::string& why) {
  throw std::runtime_error("cannot use " + folder.string() + " for plugins: " + why);
}

bool writeAll(int descriptor, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Staging::Staging(const std::filesystem::path& stateDir)
    : folder_(std::filesystem::absolute(stateDir) / "plugins") {
  std::error_code error;
  std::filesystem::create_directories(folder_.parent_path(), error);
  if (::mkdir(folder_.c_str(), kFolderMode) != 0 && errno != EEXIST)
    unusable(folder_, reasonOf(errno));
  const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!folder || ::fstat(folder.get(), &status) != 0) unusable(folder_, reasonOf(errno));
  if (status.st_uid != ::geteuid() && ::geteuid() != 0)
    unusable(folder_, "it belongs to another user");
  if ((status.st_mode & 0777) != kFolderMode && ::fchmod(folder.get(), kFolderMode) != 0)
    unusable(folder_, "its mode is not 0700: " + reasonOf(errno));

  lock_ = Descriptor(
      ::open((folder_ / ".lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock_) unusable(folder_, reasonOf(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) removeLeftovers();
  // Waits only while another process, which is starting as well, removes leftovers.
  while (::flock(lock_.get(), LOCK_SH) != 0) {
    if (errno != EINTR) unusable(folder_, reasonOf(errno));
  }
}

void Staging::removeLeftovers() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (entry.path().extension() != ".so") continue;
    std::error_code ignored;
    std::filesystem::remove(entry.path(), ignored);
  }
}

Loaded<std::filesystem::path> Staging::stage(Bytes bytes, const std::string& id,
                                             const std::string& version,
                                             const std::string& sha256) {
  const std::string stem = id + "-" + version + "-" + sha256.substr(0, 12) + "-";
  for (int attempt = 0; attempt < kMostNames; ++attempt) {
    const std::filesystem::path path =
        folder_ / (stem + std::to_string(next_.fetch_add(1)) + ".so");
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (!file && errno == EEXIST) continue;
    if (!file)
      return refuse(PluginRefusal::LoadFailed,
                    "cannot be copied to " + path.string() + ": " + reasonOf(errno));
    // fchmod, because the umask may have taken bits away.
    if (writeAll(file.get(), bytes) && ::fchmod(file.get(), kFileMode) == 0) return path;
    const std::string why = reasonOf(errno);
    ::unlink(path.c_str());
    return refuse(PluginRefusal::LoadFailed, "cannot be copied to " + path.string() + ": " + why);
  }
  return refuse(PluginRefusal::LoadFailed, "no free name in " + folder_.string());
}

}  // namespace pagoda::plugin_host
