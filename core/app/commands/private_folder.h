#pragma once
// A folder of this process's own, gone when it ends.

#include <filesystem>
#include <stdlib.h>
#include <string>

#include "core/app/start_error.h"

namespace pagoda::app {

class PrivateFolder {
 public:
  PrivateFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pagoda-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw StartError(ExitCode::Failure, "no temporary folder can be made in " +
                                              std::filesystem::temp_directory_path().string());
    path_ = pattern;
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace pagoda::app
