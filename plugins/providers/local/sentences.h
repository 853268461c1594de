#pragma once
// Cuts text into sentences, English and Japanese.

#include <string_view>
#include <vector>

namespace pagoda::local {

/// Views into `text`, trimmed, in order. A sentence ends with . ! ? before white space (not after
/// an abbreviation or an initial), with 。！？ and what closes them, or with the line when the next
/// one is empty or a list's item.
std::vector<std::string_view> sentencesOf(std::string_view text);

}  // namespace pagoda::local
