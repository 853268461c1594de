#pragma once
// What a run sees of the system: its programs and libraries, read-only.

#include <string>
#include <vector>

namespace pagoda::sandbox {

struct SystemView {
  std::vector<std::string> readable;
  std::vector<std::string> hidden;  ///< below `readable`, and to be covered
};

/// `own` are files and folders of the server. For Landlock, which can only add, folders that hold
/// one of those are taken apart into what lies beside it.
SystemView systemView(const std::vector<std::string>& own, bool covers);

/// Files with a setuid or setgid bit below `readable`; takes a moment, so once a process.
std::vector<std::string> privilegedFiles(const std::vector<std::string>& readable);

}  // namespace pagoda::sandbox
