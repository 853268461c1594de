#pragma once
// Words by which people recognise a task, English and Japanese; in lower case, without digits.

#include <span>
#include <string_view>

namespace pagoda::services {

struct PromptWords {
  std::string_view topic;
  std::span<const std::string_view> words;
};

/// The lists in a fixed order: a figure of PromptFeatures for each.
std::span<const PromptWords> promptWords();

}  // namespace pagoda::services
