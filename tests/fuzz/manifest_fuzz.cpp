// Feeds bytes to the reader of plugin files: as a library, and as the JSON of a manifest.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/plugin_host/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pagoda::plugin_host;
  if (const auto image = readElf(Bytes(data, size))) {
    std::size_t text = 0;
    for (const std::string_view name : image->exports) text += name.size();
    for (const std::string_view name : image->needed) text += name.size();
    if (text > size * (image->exports.size() + image->needed.size())) __builtin_trap();
    (void)readManifest(*image);
  }
  if (const auto manifest = parseManifest({reinterpret_cast<const char*>(data), size})) {
    // What passed goes into a path: it must not be able to leave its folder.
    if (manifest->label().find('/') != std::string_view::npos) __builtin_trap();
    if (versionLess(manifest->version, manifest->version)) __builtin_trap();
  }
  return 0;
}
