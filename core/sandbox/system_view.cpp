#include "core/sandbox/system_view.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <sys/stat.h>

namespace pagoda::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrees[] = {"/usr/bin",    "/usr/lib",     "/usr/lib32",   "/usr/lib64",
                                  "/usr/libx32", "/usr/libexec", "/usr/include", "/usr/share",
                                  "/usr/local",  "/bin",         "/lib",         "/lib32",
                                  "/lib64",      "/libx32"};
/// What programs look for in /etc: the linker's cache, links between alternatives, Java's settings.
constexpr const char* kSettings[] = {"/etc/ld.so.cache", "/etc/alternatives",
                                     "/etc/java-17-openjdk", "/etc/java-21-openjdk"};

bool within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

/// `path` without what is in `own`.
void addAround(const std::string& path, const std::vector<std::string>& own,
               std::vector<std::string>& readable) {
  bool holds = false;
  for (const std::string& hidden : own) {
    if (within(path, hidden)) return;
    holds |= within(hidden, path);
  }
  if (!holds) {
    readable.push_back(path);
    return;
  }
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored))
    addAround(entry.path().string(), own, readable);
}

}  // namespace

SystemView systemView(const std::vector<std::string>& own, bool covers) {
  SystemView view;
  std::vector<std::string> real;
  for (const std::string& path : own) {
    std::error_code failed;
    const fs::path resolved = fs::weakly_canonical(path, failed);
    if (!failed && !path.empty()) real.push_back(resolved.string());
  }
  for (const auto& list : {std::vector<std::string>(std::begin(kTrees), std::end(kTrees)),
                           std::vector<std::string>(std::begin(kSettings), std::end(kSettings))}) {
    for (const std::string& tree : list) {
      std::error_code ignored;
      if (!fs::exists(tree, ignored)) continue;
      if (covers) {
        view.readable.push_back(tree);
      } else {
        addAround(tree, real, view.readable);
      }
    }
  }
  if (!covers) return view;
  for (const std::string& path : real)
    if (std::ranges::any_of(view.readable,
                            [&](const std::string& tree) { return within(path, tree); }))
      view.hidden.push_back(path);
  return view;
}

std::vector<std::string> privilegedFiles(const std::vector<std::string>& readable) {
  std::vector<std::string> found;
  for (const std::string& tree : readable) {
    // Headers and documents are many, and no package puts a program there.
    if (tree == "/usr/include" || tree == "/usr/share" || fs::is_symlink(tree)) continue;
    std::error_code ignored;
    for (fs::recursive_directory_iterator
             entry(tree, fs::directory_options::skip_permission_denied, ignored),
         end;
         entry != end; entry.increment(ignored)) {
      struct stat is {};
      if (::lstat(entry->path().c_str(), &is) == 0 && S_ISREG(is.st_mode) &&
          (is.st_mode & (S_ISUID | S_ISGID)) != 0)
        found.push_back(entry->path().string());
    }
  }
  return found;
}

}  // namespace pagoda::sandbox
