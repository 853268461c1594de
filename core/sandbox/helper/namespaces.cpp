#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <system_error>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "core/sandbox/helper/steps.h"

namespace pagoda::sandbox {
namespace {

void writeFile(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) raise(std::string("open ") + path);
  if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    raise(std::string("write ") + path);
  ::close(file);
}

void makeFoldersOf(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    if (::mkdir(path.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST)
      raise("mkdir for an input file");
  }
}

void writeInput(const std::string& path, const std::string& bytes) {
  makeFoldersOf(path);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) raise("create an input file");
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count <= 0) raise("write an input file");
    done += static_cast<std::size_t>(count);
  }
  ::close(file);
}

}  // namespace

void raise(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void dropUser(const Job& job) {
  if (job.user == 0) return;
  if (::setgroups(0, nullptr) != 0) raise("setgroups");
  if (::setresgid(job.user, job.user, job.user) != 0) raise("setresgid");
  if (::setresuid(job.user, job.user, job.user) != 0) raise("setresuid");
  // A process that changed its user may not write its own maps of users until it says so.
  if (::prctl(PR_SET_DUMPABLE, 1) != 0) raise("prctl");
}

void enterNamespaces(int flags) {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | flags) != 0) raise("unshare");
  writeFile("/proc/self/setgroups", "deny");
  writeFile("/proc/self/uid_map", user + " " + user + " 1");
  writeFile("/proc/self/gid_map", group + " " + group + " 1");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) raise("mount /");
}

void mountTmpfs(const char* where, const Job& job) {
  // The kernel keeps the quota: the size in bytes, and one inode a file and a folder.
  const std::string options =
      "mode=0700,size=" + std::to_string(job.disk) + ",nr_inodes=" + std::to_string(job.files + 8);
  if (::mount("tmpfs", where, "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
    raise(std::string("mount ") + where);
}

void layOut(const std::string& folder, const Job& job) {
  if (::mkdir(folder.c_str(), 0700) != 0) raise("mkdir of the working directory");
  if (::chdir(folder.c_str()) != 0) raise("chdir");
  for (const auto& [path, bytes] : job.content) writeInput(path, bytes);
}

}  // namespace pagoda::sandbox
