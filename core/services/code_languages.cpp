#include "core/services/code_languages.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pagoda::services {
namespace {

// What is built goes to $TMPDIR, so that it is no result of the run.
constexpr CodeLanguage kLanguages[] = {
    {"python", "Python", "main.py", "python3", "exec python3 main.py"},
    {"javascript", "JavaScript", "main.js", "node", "exec node main.js"},
    {"typescript", "TypeScript", "main.ts", "tsc",
     "tsc --outDir \"$TMPDIR/o\" main.ts && exec node \"$TMPDIR/o/main.js\""},
    {"c", "C", "main.c", "gcc",
     "gcc -std=c11 -O1 -o \"$TMPDIR/p\" main.c -lm && exec \"$TMPDIR/p\""},
    {"cpp", "C++", "main.cpp", "g++",
     "g++ -std=c++20 -O1 -o \"$TMPDIR/p\" main.cpp && exec \"$TMPDIR/p\""},
    {"go", "Go", "main.go", "go", "exec go run main.go"},
    {"rust", "Rust", "main.rs", "rustc",
     "rustc --edition 2021 -o \"$TMPDIR/p\" main.rs && exec \"$TMPDIR/p\""},
    {"java", "Java", "Main.java", "javac",
     "javac -d \"$TMPDIR/o\" *.java && exec java -cp \"$TMPDIR/o\" Main"},
    {"shell", "POSIX shell", "main.sh", "sh", "exec sh main.sh"},
    {"sql", "SQL (SQLite)", "main.sql", "sqlite3", "exec sqlite3 -bail :memory: '.read main.sql'"},
};

constexpr std::pair<std::string_view, std::string_view> kShort[] = {
    {"py", "python"},     {"python3", "python"}, {"js", "javascript"}, {"node", "javascript"},
    {"ts", "typescript"}, {"c++", "cpp"},        {"cxx", "cpp"},       {"golang", "go"},
    {"rs", "rust"},       {"sh", "shell"},       {"bash", "shell"},    {"sqlite", "sql"}};

}  // namespace

const CodeLanguage* findLanguage(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [shortForm, full] : kShort)
    if (lower == shortForm) lower = full;
  const auto* found = std::ranges::find(kLanguages, std::string_view(lower), &CodeLanguage::name);
  return found == std::end(kLanguages) ? nullptr : found;
}

std::span<const CodeLanguage> allLanguages() {
  return kLanguages;
}

std::string languageNames() {
  std::string names;
  for (const CodeLanguage& language : kLanguages)
    names += (names.empty() ? "" : ", ") + std::string(language.name);
  return names;
}

}  // namespace pagoda::services
