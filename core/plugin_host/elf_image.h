#pragma once
// Reads what the host wants to know of a shared library from its bytes, before any of its code is
// mapped. The bytes are untrusted: every offset and count is checked, and nothing is trusted to be
// aligned. Source: ELF-64 object file format (System V gABI), GNU hash section, elf(5).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin_host/refusal.h"

namespace pagoda::plugin_host {

using Bytes = std::span<const std::uint8_t>;

/// Views point into the bytes that were read.
struct ElfImage {
  std::vector<std::string_view> manifests;  ///< descriptors of the notes that hold a manifest
  std::vector<std::string_view> exports;    ///< defined dynamic symbols that others can bind to
  std::vector<std::string_view> needed;     ///< DT_NEEDED
  bool uniqueSymbols = false;               ///< STB_GNU_UNIQUE: can never be unmapped
  bool noDelete = false;                    ///< DF_1_NODELETE
  bool searchPath = false;                  ///< DT_RPATH or DT_RUNPATH
  bool executableStack = false;
};

/// Errors: NotElf, WrongArchitecture, Truncated.
Loaded<ElfImage> readElf(Bytes bytes);

}  // namespace pagoda::plugin_host
