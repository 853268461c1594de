#include "core/store/key_signal.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>

#include "core/store/store_error.h"

namespace pagoda::store {

KeySignal::KeySignal(const std::string& path) {
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  if (path.empty()) return;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  // Blocks of its own, so that a full disk is an error here and not a SIGBUS later.
  int error = descriptor < 0 ? errno : ::posix_fallocate(descriptor, 0, sizeof own_);
  void* mapped = MAP_FAILED;
  if (error == 0) {
    mapped = ::mmap(nullptr, sizeof own_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) error = errno;
  }
  if (descriptor >= 0) ::close(descriptor);
  if (error != 0)
    throw StoreError(error == ENOSPC ? StoreError::Kind::DiskFull : StoreError::Kind::NotWritable,
                     "key signal " + path + " cannot be opened (" + std::strerror(error) +
                         "); make the file and its disk writable for this user");
  number_ = static_cast<std::atomic<std::uint64_t>*>(mapped);
}

KeySignal::~KeySignal() {
  if (number_ != &own_) ::munmap(number_, sizeof own_);
}

}  // namespace pagoda::store
