#include "core/store/file_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <sys/file.h>

#include "core/store/store_error.h"

namespace pagoda::store {

FileLock::FileLock(const std::string& path, Millis patience) {
  if (path.empty()) {
    held_ = true;
    return;
  }
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) {
    throw StoreError(StoreError::Kind::NotWritable,
                     "lock file " + path + " cannot be opened (" + std::strerror(errno) +
                         "); make its directory writable for this user");
  }
  constexpr Millis kPause{5};
  for (Millis waited{0};; waited += kPause) {
    held_ = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
    if (held_ || waited >= patience) return;
    std::this_thread::sleep_for(kPause);
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), held_(std::exchange(other.held_, false)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace pagoda::store
