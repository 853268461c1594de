#pragma once
// Parts of an answer in the form of chat completions.

#include <cstdint>
#include <string>
#include <string_view>

namespace pagoda::openai {

/// The elements of `annotations` in chat completions' form, comma-separated: citations of pages get
/// an object of their own, `shift` is added to their places in the text; others keep their bytes.
std::string annotationsOf(std::string_view array, std::uint64_t shift);

/// The elements of `logprobs`, comma-separated, with the members that chat completions requires.
std::string logprobsOf(std::string_view array);

/// A usage object with chat completions' names of the counts.
std::string usageOf(std::string_view raw);

/// Characters (code points) of a text.
std::uint64_t charactersIn(std::string_view text) noexcept;

}  // namespace pagoda::openai
