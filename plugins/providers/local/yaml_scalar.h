#pragma once
// Quoted and block scalars of YAML, for the reader in yaml_text.cpp.

#include <cstddef>
#include <string>
#include <string_view>

namespace pagoda::local {

/// Takes the quoted scalar at `at`, which is on its quote, and moves past it. Throws DocumentError.
std::string takeYamlQuoted(std::string_view text, std::size_t& at);

/// Takes the block scalar whose header (| or >) is at `at`, inside a node indented by
/// `parentIndent` (-1 at the top), and moves to the start of the line after it.
std::string takeYamlBlock(std::string_view text, std::size_t& at, int parentIndent);

}  // namespace pagoda::local
