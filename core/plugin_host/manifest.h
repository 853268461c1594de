#pragma once
// What a plugin says of itself in its ELF note; read from the file before any of its code runs.

#include <string>
#include <string_view>
#include <vector>

#include "core/plugin_host/elf_image.h"
#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

struct Permissions {
  std::vector<std::string> hosts;    ///< "api.example.com", "*.example.com", "host:8080" or "*"
  std::vector<std::string> secrets;  ///< names that secret_header may ask for
  bool prompt = false;
  bool rawSecrets = false;
  bool threads = false;
  bool blocking = false;
};

struct ProvidedType {
  std::string kind;  ///< "pagoda.provider/1"
  std::string type;  ///< name in the configuration
};

struct Manifest {
  std::string id;       ///< reverse domain, [a-z0-9._-]
  std::string version;  ///< semantic version
  int abiMajor = 0;
  int abiMinor = 0;
  std::string name;
  std::string vendor;
  std::string license;
  std::string description;
  std::vector<ProvidedType> provides;
  Permissions permissions;
  std::vector<std::string> requiresExtensions;
  bool unloadable = false;
  std::string isolation;  ///< "in-process", "out-of-process", "any" or empty

  std::string label() const { return id + "@" + version; }
};

/// Reads the JSON of a note. Errors: BadManifest, WrongAbi.
Loaded<Manifest> parseManifest(std::string_view json);

/// The one manifest among the notes of a library. Errors: NoManifest, BadManifest, WrongAbi.
Loaded<Manifest> readManifest(const ElfImage& image);

/// Orders "1.10.0" after "1.9.0" and "1.0.0-rc1" before "1.0.0" (semver 2.0.0, §11).
bool versionLess(std::string_view a, std::string_view b);

}  // namespace pagoda::plugin_host
