#pragma once
// The languages that code is run in: what is needed for it, and the command that runs it.

#include <span>
#include <string>
#include <string_view>

namespace pagoda::services {

struct CodeLanguage {
  std::string_view name;     ///< "python"
  std::string_view shown;    ///< "Python"
  std::string_view file;     ///< of the main program: "main.py"
  std::string_view program;  ///< that has to be installed
  /// Shell, in the folder that holds the files: runs the main program with standard input.
  std::string_view run;
};

/// By name or a usual short form ("py", "js", "c++", "golang"); null: none of ours.
const CodeLanguage* findLanguage(std::string_view name);
std::span<const CodeLanguage> allLanguages();
/// "python, javascript, ..."
std::string languageNames();

}  // namespace pagoda::services
