#pragma once
// Parts of an answer in the form of chat completions.

#include <cstdint>
#include <string>
#include <string_view>

namespace pagoda::openai {

/// Appends the elements of `annotations`, comma-separated: citations of pages to `pages` in chat
/// completions' form, with `shift` added to their places in the text; those of files and the like,
/// which chat completions lacks, to `others` with their bytes.
void annotationsOf(std::string_view array, std::uint64_t shift, std::string& pages,
                   std::string& others);

/// The elements of `logprobs`, comma-separated, with the members that chat completions requires.
std::string logprobsOf(std::string_view array);

/// A usage object with chat completions' names of the counts.
std::string usageOf(std::string_view raw);

/// Characters (code points) of a text.
std::uint64_t charactersIn(std::string_view text) noexcept;

}  // namespace pagoda::openai
