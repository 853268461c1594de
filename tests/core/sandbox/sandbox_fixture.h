#pragma once
// Every layer that this machine can offer, made once: a trial run each is cheap, but not free.

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "core/sandbox/sandbox.h"

namespace pagoda::sandbox {

struct LayerUnderTest {
  const char* name;
  const char* layer;
  bool namespaces;
};
inline constexpr std::array kLayers = {
    LayerUnderTest{"bubblewrap", "bubblewrap", true},
    LayerUnderTest{"landlock with namespaces", "landlock", true},
    LayerUnderTest{"landlock alone", "landlock", false},
};

/// Files that stand for a server's: what a run must never see.
struct ServerFiles {
  ServerFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pagoda-test-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    config = folder + "/pagoda.yaml";
    database = folder + "/pagoda.db";
    std::ofstream(config) << "api_key: sk-planted-secret\n";
    std::ofstream(database) << "SQLite format 3 planted-secret\n";
    // Readable by all, so that what keeps a run from it is the sandbox.
    ::chmod(folder.c_str(), 0755);
  }
  ServerFiles(const ServerFiles&) = delete;
  ServerFiles& operator=(const ServerFiles&) = delete;
  ~ServerFiles() { std::filesystem::remove_all(folder); }

  std::string folder, config, database;
  std::string binary = std::filesystem::read_symlink("/proc/self/exe").string();
};

inline SandboxOptions optionsOf(const LayerUnderTest& which) {
  SandboxOptions options;
  options.layer = which.layer;
  options.namespaces = which.namespaces;
  options.helper = PAGODA_SANDBOX_HELPER;
  return options;
}

/// The sandbox of one layer, or null with a message that says why this machine has none.
inline Sandbox* sandboxOf(const LayerUnderTest& which) {
  static std::array<std::unique_ptr<Sandbox>, kLayers.size()> made;
  auto& sandbox = made[static_cast<std::size_t>(&which - kLayers.data())];
  if (!sandbox) sandbox = makeSandbox(optionsOf(which));
  if (sandbox->state().layer != "off") return sandbox.get();
  WARN("skipped: " << which.name << ": " << sandbox->state().reason);
  return nullptr;
}

/// Limits of the test profile, but for the time: no test waits ten seconds.
inline SandboxRequest python(const std::string& code) {
  SandboxRequest request;
  request.command = {"/usr/bin/python3", "-I", "main.py"};
  request.files = {{"main.py", code}};
  return request;
}

}  // namespace pagoda::sandbox
