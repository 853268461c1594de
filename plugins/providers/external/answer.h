#pragma once
// The answer's text, and where it is from.

#include <string>
#include <vector>

#include "run.h"

namespace pagoda::external {

struct Source {
  std::string title;
  std::string url;
  std::size_t start = 0;  ///< characters of the text where it is named
  std::size_t end = 0;
};

struct Answer {
  std::string text;  ///< sources included
  std::vector<Source> sources;
};

/// Once all steps are answered. Throws Failure(PAGODA_E_PROTOCOL) when nothing of the answer's
/// template has a value.
Answer render(const Run& run);

/// [{"type":"url_citation","url_citation":{...}}] in an object, as OpenAI's messages have it.
std::string annotationsJson(const Answer& answer);
/// {"citations":["https://…"]}, as Perplexity has it.
std::string citationsJson(const Answer& answer);
/// {"answer":"…","sources":[{"title","url"}]}: the text where JSON was asked for.
std::string answerJson(const Answer& answer);

}  // namespace pagoda::external
