#include "sentences.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "text.h"

namespace pagoda::local {
namespace {

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// "Dr." and "e.g." do not end a sentence, nor does an initial: "J. Smith".
bool isAbbreviation(std::string_view text, std::size_t dot) {
  constexpr std::array<std::string_view, 24> kKnown{
      "mr", "mrs",  "ms", "dr",  "prof", "sr",  "jr", "st",     "vs",   "etc", "inc", "ltd",
      "co", "corp", "no", "fig", "e.g",  "i.e", "cf", "approx", "dept", "est", "u.s", "gen"};
  std::size_t begin = dot;
  while (begin > 0 && dot - begin < 8 && (isAsciiWord(text[begin - 1]) || text[begin - 1] == '.'))
    --begin;
  const std::string word = lower(text.substr(begin, dot - begin));
  if (word.size() == 1 && text[begin] >= 'A' && text[begin] <= 'Z' && text[begin] != 'I')
    return true;
  for (const std::string_view known : kKnown)
    if (word == known) return true;
  return false;
}

bool startsItem(std::string_view line) {
  line = trim(line);
  return startsWith(line, "- ") || startsWith(line, "* ") || startsWith(line, "・") ||
         startsWith(line, "#") ||
         (line.size() > 2 && line[0] >= '0' && line[0] <= '9' &&
          (line[1] == '.' || line[1] == ')'));
}

// Past what may follow the full stop and still belongs to the sentence: further marks, what closes.
std::size_t takeClosing(std::string_view text, std::size_t at) {
  constexpr std::string_view kAscii = "\"')]!?.";
  constexpr std::string_view kWide[] = {"”", "’", "」", "』", "）", "】", "。", "！", "？"};
  while (at < text.size()) {
    if (kAscii.find(text[at]) != std::string_view::npos) {
      ++at;
      continue;
    }
    const std::string_view next = text.substr(at, 3);
    if (std::find(std::begin(kWide), std::end(kWide), next) == std::end(kWide)) break;
    at += next.size();
  }
  return at;
}

struct Step {
  std::size_t to;  ///< where to go on
  bool ends;       ///< a sentence ends there
};

Step atLineBreak(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at + 1);
  const std::string_view line = rest.substr(0, rest.find('\n'));
  return {at + 1, trim(line).empty() || startsItem(line)};
}

// 「はい。」と言った goes on after the bracket.
Step atWideMark(std::string_view text, std::size_t at, std::size_t size) {
  const std::size_t end = takeClosing(text, at + size);
  for (const std::string_view goesOn : {"と", "という", "って"})
    if (end > at + size && startsWith(text.substr(end), goesOn)) return {end, false};
  return {end, true};
}

Step stepAt(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '\n') return atLineBreak(text, at);
  if (static_cast<unsigned char>(c) >= 0xE3) {
    for (const std::string_view mark : {"。", "！", "？", "｡"})
      if (startsWith(text.substr(at), mark)) return atWideMark(text, at, mark.size());
  }
  if (c != '.' && c != '!' && c != '?') return {at + 1, false};
  const std::size_t end = takeClosing(text, at + 1);
  if (end < text.size() && !isSpace(text[end])) return {end, false};
  return {end, c != '.' || !isAbbreviation(text, at)};
}

}  // namespace

std::vector<std::string_view> sentencesOf(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) {
    const std::string_view sentence = trim(text.substr(begin, end - begin));
    if (!sentence.empty()) out.push_back(sentence);
    begin = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    const Step step = stepAt(text, at);
    if (step.ends) close(step.to);
    at = step.to;
  }
  close(text.size());
  return out;
}

}  // namespace pagoda::local
