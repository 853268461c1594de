#pragma once
// Folders of runs where the kernel gives no mounts of their own. They live below one folder of this
// process, which it keeps locked: a folder without a living owner is removed at the next start.

#include <string>

#include <sys/types.h>

#include "core/sandbox/descriptor.h"

namespace pagoda::sandbox {

class RunFolders {
 public:
  /// Removes what killed servers left below `parent` and makes the folder of this process there.
  /// Throws std::system_error.
  explicit RunFolders(const std::string& parent);
  RunFolders(const RunFolders&) = delete;
  RunFolders& operator=(const RunFolders&) = delete;
  ~RunFolders();

  /// An empty folder of `user`'s own. Throws std::system_error.
  std::string make(const std::string& name, uid_t user) const;
  static void remove(const std::string& folder) noexcept;

 private:
  std::string folder_;
  Descriptor lock_;
};

}  // namespace pagoda::sandbox
