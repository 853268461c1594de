#pragma once

#include <string>

#include "core/base/clock.h"

namespace pagoda::store {

/// An exclusive flock on a file made for it. It belongs to the holder, not to the process: two in
/// one process exclude each other as well. Empty path: nothing is locked.
class FileLock {
 public:
  /// Takes the lock, trying for `patience`. Throws StoreError when the file cannot be made.
  FileLock(const std::string& path, Millis patience);
  FileLock(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();
  /// False: somebody else holds it.
  bool held() const { return held_; }

 private:
  int descriptor_ = -1;
  bool held_ = false;
};

}  // namespace pagoda::store
