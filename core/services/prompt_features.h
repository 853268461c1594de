#pragma once
// What a prompt looks like to the learned router: hashed words and character n-grams, and a few
// dozen plain figures (length, script, options of an exam question, words of a task).

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pagoda::services {

/// Hashed features fall into this many buckets.
inline constexpr std::uint32_t kPromptBuckets = 1u << 16;
inline constexpr std::size_t kPromptFigures = 48;

struct PromptFeatures {
  std::vector<std::uint32_t> grams;             ///< buckets, ascending, each once
  std::array<float, kPromptFigures> figures{};  ///< each 0 to 1; the first: log of the length / 9
};

/// Reads at most the first and the last 4 KiB of a longer text. Thread-safe; the same text always
/// gives the same features, in every process. `into` keeps its memory from call to call.
void readPromptFeatures(std::string_view prompt, PromptFeatures& into);

}  // namespace pagoda::services
