#pragma once
// Extractive summary: the sentences that carry most of a text's words, in their order.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace pagoda::local {

/// Which sentences of a text say most: by the frequency of their words (characters in pairs for
/// Japanese), each word counting less once a chosen sentence has said it. Ascending indexes.
std::vector<std::size_t> centralSentences(const std::vector<std::string_view>& sentences,
                                          std::size_t count);

/// What a summary is asked for.
struct SummaryRequest {
  std::string_view text;
  std::size_t sentences = 0;  ///< 0: not said
  bool bullets = false;
};

/// Whether a prompt asks for a summary and brings the text along ("Summarize in 2 sentences: ...",
/// 「次の文章を3文で要約して。…」). An empty text: it asks and brings none.
bool asksForSummary(std::string_view prompt, SummaryRequest& request);

std::string summarise(const SummaryRequest& request, Tongue tongue);

}  // namespace pagoda::local
